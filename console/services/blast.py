"""What breaks if: everything under one CMK, with the moment at which each fails."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from console.errors import NotFound, UsageError
from console.services.blast_rules import effects, undo
from console.services.redaction import Redactor
from store.blast import Blasts
from store.cmks import Cmks
from store.effects import URGENCY, Blast, Contact, EffectRow, Moment, PlaceEffects, Scenario
from store.records import COPIES, GROUPS, Counts, Kind, NodeRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from console.settings import Settings
    from store.answers import Cmk
    from store.database import Store
    from store.effects import Effect, Form, Tally

WINDOW = 500


@dataclass(frozen=True, slots=True)
class EffectRows:
    """Every holder under the CMK with its effect, as windows: the first to fail first, then in the tree's order.

    `ids` fills with the first window; the scenarios of one answer share it.
    """

    blasts: Blasts
    cmk_id: int
    cmk_path: tuple[str, ...]
    forms: tuple[tuple[Form, Effect, int], ...]
    ids: dict[Form, list[int]] = field(default_factory=dict, compare=False, repr=False)

    def count(self) -> int:
        return sum(count for _, _, count in self.forms)

    def window(self, start: int, stop: int) -> list[EffectRow]:
        found: list[EffectRow] = []
        for form, effect, count in self.forms:
            if start < count and stop > 0:
                ids = self._ids(form)[max(start, 0) : stop]
                holders = self.blasts.holders(self.cmk_id, ids)
                found += [EffectRow(h, effect, _away(h.path, self.cmk_path, hidden=h.hidden)) for h in holders]
            start, stop = start - count, stop - count
        return found

    def _ids(self, form: Form) -> list[int]:
        if not self.ids:
            self.ids.update(self.blasts.ids(self.cmk_id))
        return self.ids.get(form, [])

    def all(self) -> Iterator[EffectRow]:
        for start in range(0, self.count(), WINDOW):
            yield from self.window(start, start + WINDOW)


@dataclass(frozen=True, slots=True)
class BlastAnswer:
    """One scenario: the numbers, the rows, and whom to call."""

    blast: Blast
    rows: EffectRows
    contacts: tuple[Contact, ...]


class BlastRadius:
    """Answers what breaks if. Raises StoreError."""

    def __init__(self, store: Store, settings: Settings) -> None:
        # Its own view of the scope, not the catalog's: a screen asks this from a thread beside its own.
        self._cmks = Cmks(store, settings.scope)
        self._blasts = Blasts(store, settings.scope)
        self._settings = settings
        self._redactor = Redactor(settings)

    def of(self, ref: NodeRef, scenarios: Iterable[Scenario]) -> list[BlastAnswer]:
        """The answers for the CMK that `ref` is or stands under, one per scenario.

        Raises:
            NotFound: it is gone, or its CMK is none of ours or out of sight.
            UsageError: a place is no CMK.
        """
        cmk = self._cmk(ref)
        tallies = self._blasts.tallies(cmk.id)
        contacts = self._contacts(cmk, tallies)
        rows = EffectRows(self._blasts, cmk.id, cmk.path, ())
        return [self._answer(cmk, tallies, scenario, rows, contacts) for scenario in scenarios]

    def _cmk(self, ref: NodeRef) -> Cmk:
        if ref.kind not in (Kind.CMK, Kind.DATA_KEY):
            raise UsageError("blast.no_place")
        cmk_id = ref.id
        if ref.kind is Kind.DATA_KEY:
            data_key = self._cmks.data_key(ref.id)
            cmk_id = data_key.cmk_id if data_key else 0
        cmk = self._cmks.get(cmk_id)
        if cmk is None:
            raise NotFound("blast.no_cmk")
        return cmk

    def _answer(
        self, cmk: Cmk, tallies: list[Tally], scenario: Scenario, rows: EffectRows, contacts: tuple[Contact, ...]
    ) -> BlastAnswer:
        told = {tally.form: effects(scenario, tally.form, cmk.status) for tally in tallies}
        sizes: Counter[Form] = Counter()
        for tally in tallies:
            sizes[tally.form] += tally.count
        ordered = sorted(told, key=lambda form: (told[form].urgency, form))
        forms = tuple((form, told[form], sizes[form]) for form in ordered)
        alias = cmk.aliases[0].name.removeprefix("alias/") if cmk.aliases else ""
        name = alias or cmk.facts.description or cmk.facts.key_id
        blast = Blast(
            cmk.id, cmk.facts.key_id, cmk.facts.arn, name, cmk.path, cmk.status, scenario, cmk.facts.deletion_at,
            _counts(tallies), _moments(tallies, told), _groups(tallies, told, cmk.path), undo(scenario, cmk.status),
            sum(count for _, effect, count in forms if not effect.confirmed), sum(t.stale for t in tallies),
        )  # fmt: skip
        return BlastAnswer(blast, replace(rows, forms=forms), contacts)

    def _contacts(self, cmk: Cmk, tallies: list[Tally]) -> tuple[Contact, ...]:
        """The tenants whose data is touched, the CMK's own first, and then the service desk."""
        tenants = dict.fromkeys(path[0] for path in (cmk.path, *(tally.path for tally in tallies)) if path)
        desk = f"{self._settings.support_phone} · {self._settings.support_mail}"
        told = {tenant.name: self._redactor.contact(tenant.contact) for tenant in self._settings.tenants}
        return (*(Contact(tenant, told.get(tenant, "")) for tenant in tenants), Contact("", desk))


def _away(path: tuple[str, ...], cmk_path: tuple[str, ...], *, hidden: bool) -> bool:
    """Whether what a holder's own tags say contradicts its CMK's place; saying less is no contradiction."""
    return hidden or path != cmk_path[: len(path)]


def _counts(tallies: Iterable[Tally]) -> Counts:
    keys = groups = copies = 0
    for tally in tallies:
        granularity = tally.form.granularity
        groups += tally.count * (granularity in GROUPS)
        copies += tally.count * (granularity in COPIES)
        keys += tally.count * (granularity not in GROUPS | COPIES)
    return Counts(0, keys, groups, copies)


def _moments(tallies: Iterable[Tally], told: dict[Form, Effect]) -> tuple[Moment, ...]:
    """How many fail when, the first first."""
    sums: Counter[tuple[object, int | None]] = Counter()
    for tally in tallies:
        effect = told[tally.form]
        sums[effect.when, effect.seconds] += tally.count
    moments = [Moment(when, seconds, count) for (when, seconds), count in sums.items()]  # type: ignore[arg-type]
    return tuple(sorted(moments, key=lambda moment: (URGENCY[moment.when], moment.seconds or 0)))


def _groups(tallies: list[Tally], told: dict[Form, Effect], cmk_path: tuple[str, ...]) -> tuple[PlaceEffects, ...]:
    """By own place, the CMK's first, those out of sight last as one."""
    places: dict[tuple[bool, tuple[str, ...]], list[Tally]] = {}
    for tally in tallies:
        path = () if tally.hidden else tally.path
        places.setdefault((tally.hidden, path), []).append(tally)
    ordered = sorted(places, key=lambda place: (place[0], place[1] != cmk_path, place[1]))
    return tuple(
        PlaceEffects(path, hidden, _away(path, cmk_path, hidden=hidden), _counts(places[hidden, path]),
                     _moments(places[hidden, path], told))
        for hidden, path in ordered
    )  # fmt: skip
