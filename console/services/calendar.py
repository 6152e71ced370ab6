"""The calendar of a branch: dates with their rules, sums by day, clashes and windows in which nothing may change."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from store.calendar import Ages, Calendar
from store.dates import Day, Due
from store.records import UNASSIGNED, Kind

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator

    from console.services.catalog import Catalog
    from console.settings import Settings
    from console.terms import AgePolicy, Freeze, Terms
    from store.database import Store
    from store.dates import Entry
    from store.records import NodeRef

DAY = 86_400
WINDOW = 500

Reason = tuple[str, tuple[tuple[str, str | int], ...]]
"""A sentence: its text key and its values; `date` and `oldest` are epoch seconds."""

_HAPPENS = frozenset({Due.SCHEDULED, Due.OVERDUE, Due.IN_PROGRESS})
_FIXED = frozenset({Due.NOT_APPLICABLE, Due.NONE, Due.DONE, Due.AGING, Due.AGED})
"""States of which rotation on demand is no answer."""


def day_of(moment: float) -> int:
    """Days from 1970-01-01, UTC, as AWS counts them."""
    return int(moment) // DAY


def date_of(day: int) -> date:
    return datetime.fromtimestamp(day * DAY, UTC).date()


@dataclass(frozen=True, slots=True)
class DateRows:
    """Entries of a window in their order: what is late first; `count()` in all."""

    calendar: Calendar
    codes: array[int]
    agenda: Agenda

    def count(self) -> int:
        return len(self.codes)

    def window(self, start: int, stop: int) -> list[Entry]:
        return self.calendar.entries(self.codes[start:stop])

    def all(self) -> Iterator[Entry]:
        for start in range(0, self.count(), WINDOW):
            yield from self.window(start, start + WINDOW)


@dataclass(frozen=True, slots=True)
class Agenda:
    """The dates of one branch (`path`, () for all in sight) as seen from `now`; every answer comes from the cache."""

    ref: NodeRef | None
    path: tuple[str, ...]
    now: int
    terms: Terms
    on_demand_limit: int
    freezes: tuple[Freeze, ...]
    calendar: Calendar = field(repr=False)
    tenants: tuple[tuple[str, NodeRef], ...] = ()  # those with a window of their own

    @property
    def today(self) -> int:
        return day_of(self.now)

    def days(self, first: int, end: int) -> dict[int, Day]:
        """The days from `first` to before `end` on which something falls or nothing may change."""
        clashes = (self.terms.clash_application, self.terms.clash_tenant)
        found = self.calendar.days(self.ref, first, end, clashes)
        for day in range(first, end):
            if self.closed(day):
                there = found.get(day, Day(day))
                found[day] = replace(there, frozen=there.open)
        for name, ref in self.tenants:
            self._freeze(found, name, ref, first, end)
        return found

    def _freeze(self, found: dict[int, Day], name: str, ref: NodeRef, first: int, end: int) -> None:
        """Count the dates of one tenant among many, in the windows of its own."""
        own = [f for f in self.freezes if f.tenant.casefold() == name.casefold()]
        for day, there in self.calendar.days(ref, first, end, (0, 0)).items():
            if there.open and not self.closed(day) and any(f.covers(date_of(day), name) for f in own):
                found[day] = replace(found[day], frozen=found[day].frozen + there.open)

    def closed(self, day: int) -> Freeze | None:
        """The window that closes this day for the whole branch."""
        tenant = self.path[0] if self.path and self.ref != UNASSIGNED else ""
        return next((f for f in self.freezes if f.covers(date_of(day), tenant)), None)

    def rows(self, first: int | None = None, end: int | None = None, *, past: bool = False) -> DateRows:
        """The entries of a window; without an end also the CMKs that have no date."""
        codes = self.calendar.codes(self.ref, first, end, past=past, undated=end is None)
        return DateRows(self.calendar, codes, self)

    def late(self) -> tuple[int, int]:
        """HBK rotations overdue, and CMKs with data keys beyond their age."""
        return self.calendar.late(self.ref)

    def on_demand_left(self, entry: Entry) -> int:
        return max(0, self.on_demand_limit - entry.on_demand_used)

    def clash(self, entry: Entry) -> str:
        """Where too many rotations fall on one day with this one: `application`, `tenant` or ''."""
        if entry.state not in _HAPPENS:
            return ""
        if 0 < self.terms.clash_application < entry.on_application:
            return "application"
        return "tenant" if 0 < self.terms.clash_tenant < entry.on_tenant else ""

    def freeze(self, entry: Entry) -> Freeze | None:
        """The window, in which nothing may change, that a date falls in."""
        if entry.date is None or entry.state is Due.DONE:
            return None
        tenant = entry.path[0] if entry.path else ""
        return next((f for f in self.freezes if f.covers(date_of(day_of(entry.date)), tenant)), None)

    def why(self, entry: Entry) -> list[Reason]:
        """The rule behind a date, and what else there is to know about it."""
        values = (
            ("date", entry.date or 0), ("oldest", entry.oldest or 0), ("limit", entry.limit), ("number", entry.number),
        )  # fmt: skip
        reasons: list[Reason] = [(f"calendar.why.{entry.state}", values)]
        where = self.clash(entry)
        if where:
            number = entry.on_application if where == "application" else entry.on_tenant
            most = self.terms.clash_application if where == "application" else self.terms.clash_tenant
            reasons.append((f"calendar.why.clash_{where}", (("number", number), ("most", most))))
        if (freeze := self.freeze(entry)) is not None:
            reasons.append(("calendar.why.freeze", (("reason", freeze.reason), *_ends(freeze))))
        if entry.state not in _FIXED:
            left = (("left", self.on_demand_left(entry)), ("limit", self.on_demand_limit))
            reasons.append(("calendar.why.on_demand", left))
        return reasons


def _ends(freeze: Freeze) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("first", _end(freeze.first)), ("last", _end(freeze.last))


def _end(day: tuple[int, int, int]) -> str:
    return f"{day[0]}-{day[1]:02}-{day[2]:02}" if day[0] else f"{day[1]:02}-{day[2]:02}"


@dataclass(frozen=True, slots=True)
class YearSheet:
    """The days of one year on which something falls or nothing may change."""

    agenda: Agenda
    year: int
    days: dict[int, Day]

    def day(self, day: int) -> Day:
        return self.days.get(day, Day(day))


def year_sheet(agenda: Agenda, year: int) -> YearSheet:
    """The sums of a year, 0 being this one."""
    year = year or date_of(agenda.today).year
    first, end = (date(each, 1, 1).toordinal() - EPOCH for each in (year, year + 1))
    return YearSheet(agenda, year, agenda.days(first, end))


EPOCH = date(1970, 1, 1).toordinal()


def agenda(store: Store, settings: Settings, catalog: Catalog, within: NodeRef | None, now: int = 0) -> Agenda:
    """The calendar of `within`, of all in sight without it; the CMK above stands for a data key."""
    moment = now or settings.now()
    if within is not None and within.kind is Kind.DATA_KEY:
        above = catalog.ancestors(within)
        within = above[-1] if above else within
    path = () if within is None else catalog.typed(within)
    scope = settings.scope
    freezes = settings.terms.freezes
    if scope is not None:
        freezes = tuple(f for f in freezes if f.tenant.casefold() in ("", scope.tenant.casefold()))
    names = {f.tenant for f in freezes if f.tenant} if not path else set()
    tenants = tuple((name, ref) for name in sorted(names) if (ref := catalog.resolve((name,))) is not None)
    calendar = Calendar(store, scope, ages_of(settings), moment)
    return Agenda(within, path, moment, settings.terms, settings.on_demand_limit, freezes, calendar, tenants)


def ages_of(settings: Settings) -> Ages | None:
    """The age policy as the store asks it; None where data keys may have any age."""
    policy = settings.age
    if not policy.any:
        return None
    limits = _limits(policy)
    return Ages(policy.days_for, min(limits), max(limits), settings.tags.data_class if policy.classes else "")


def _limits(policy: AgePolicy) -> list[int]:
    told = (policy.default_days, *(days for _, days in (*policy.environments, *policy.classes)))
    return [days for days in told if days]
