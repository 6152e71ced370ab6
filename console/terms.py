"""What an organisation sets its own terms for: how old a data key may be, when nothing may change, what a key costs."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class WrongTermError(ValueError):
    """A table of the settings has another shape than it should; `name` says which line."""

    def __init__(self, *steps: str) -> None:
        self.name = ".".join(steps)
        super().__init__(self.name)


@dataclass(frozen=True, slots=True)
class AgePolicy:
    """How many days a data key may be in use. Pairs of a name (folded) and days; 0 days is *no limit*."""

    default_days: int = 0
    environments: tuple[tuple[str, int], ...] = ()
    classes: tuple[tuple[str, int], ...] = ()

    def days_for(self, environment: str, data_class: str) -> int | None:
        """The limit for data of this class in this environment; None where there is none.

        The class of the data decides, without one the environment, without either the default.
        """
        by_class, by_place = dict(self.classes), dict(self.environments)
        days = by_class.get(data_class.casefold(), by_place.get(environment.casefold(), self.default_days))
        return days or None

    @property
    def any(self) -> bool:
        """Whether there is a limit for anything at all."""
        return bool(self.default_days or any(days for _, days in (*self.environments, *self.classes)))


@dataclass(frozen=True, slots=True)
class Freeze:
    """A window in which nothing may change, of one tenant or ('') of all; both ends belong to it.

    `first` and `last` are (year, month, day); year 0 comes back every year, and may run over New Year.
    """

    first: tuple[int, int, int]
    last: tuple[int, int, int]
    reason: str
    tenant: str = ""

    def covers(self, day: date, tenant: str) -> bool:
        if self.tenant and self.tenant.casefold() != tenant.casefold():
            return False
        if self.first[0]:
            return self.first <= (day.year, day.month, day.day) <= self.last
        at, first, last = (day.month, day.day), self.first[1:], self.last[1:]
        return first <= at <= last if first <= last else at >= first or at <= last


@dataclass(frozen=True, slots=True)
class Prices:
    """What AWS asks, in `currency`: a month of a key, of each of its first rotations, and 10,000 requests."""

    currency: str = "USD"
    key_month: Decimal = Decimal("1.00")
    rotation_month: Decimal = Decimal("1.00")
    rotations_billed: int = 2
    requests_10000: Decimal = Decimal("0.03")


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What is no finding yet: so many days after a rotation's date, and one data key for fewer volumes than this
    (or, where it is one volume's, for fewer holders with its snapshots).
    """

    grace_days: int = 2
    shared_volumes: int = 2
    shared_holders: int = 60


@dataclass(frozen=True, slots=True)
class Rotating:
    """How data keys are rotated: `transit` is the ARN of the CMK that data passes under on its way to a new data key
    of the same CMK ('' : none; a tenant's own goes before it), what is old is kept `keep_days` after the proof, and
    a campaign works on `parallel` at a time. A bucket with more objects than `batch_objects` (0: none) is handed to S3
    Batch Operations, which acts as `batch_role` (`{account}` is the tenant's) and reports into the bucket
    `batch_report`.
    """

    transit: str = ""
    keep_days: int = 7
    parallel: int = 4
    batch_objects: int = 0
    batch_role: str = ""
    batch_report: str = ""


@dataclass(frozen=True, slots=True)
class Requesting:
    """How CMKs are asked for: `alias` is the template of a CMK's alias, `short` pairs of a name (folded) and how it
    is written there; `policy` is a file with the template of a key policy ('' : the one that ships);
    `administrators` are ARNs of roles that manage CMKs beside the central account's own IAM; `keys_quota` is how many
    CMKs AWS lets the central account have in a Region; `services` stand in a new request beforehand.
    """

    alias: str = "{tenant}/{application}/{environment}"
    short: tuple[tuple[str, str], ...] = ()
    policy: str = ""
    administrators: tuple[str, ...] = ()
    rotation_days: int = 365
    keys_quota: int = 100_000
    services: tuple[str, ...] = ("ebs", "s3")


@dataclass(frozen=True, slots=True)
class Terms:
    """All of them. More HBK rotations than `clash_*` on one day in one application or tenant is a clash; 0: never.

    `own_prices`: the settings name them, else they are AWS's list prices as others quote them.
    """

    age: AgePolicy = AgePolicy()
    freezes: tuple[Freeze, ...] = ()
    prices: Prices = Prices()
    own_prices: bool = False
    findings: Tolerance = Tolerance()
    rotating: Rotating = Rotating()
    requesting: Requesting = Requesting()
    clash_application: int = 3
    clash_tenant: int = 10


TABLES = ("age", "calendar", "findings", "freeze", "prices", "request", "rotation")
"""The tables of the settings file that are read here."""


def terms_of(table: Mapping[str, Any]) -> Terms:
    """The terms that a settings file names, the default ones where it is silent.

    Raises:
        WrongTermError: a line that does not exist, or a value of another kind.
    """
    calendar = plain("calendar", table.get("calendar", {}), ("clash_application", "clash_tenant"))
    freezes = table.get("freeze", [])
    if not isinstance(freezes, list):
        raise WrongTermError("freeze")
    return Terms(
        age_of(table.get("age", {})),
        tuple(freeze_of(each) for each in freezes),
        prices_of(table.get("prices", {})),
        bool(table.get("prices")),
        tolerance_of(table.get("findings", {})),
        rotating_of(table.get("rotation", {})),
        requesting_of(table.get("request", {})),
        **{name: _count(f"calendar.{name}", value) for name, value in calendar.items()},
    )


def age_of(table: Any) -> AgePolicy:
    """`[age]`: default_days, and days per environment and per class of data."""
    told = plain("age", table, ("default_days", "environments", "classes"))
    return AgePolicy(
        _count("age.default_days", told.get("default_days", 0)),
        _days("age.environments", told.get("environments", {})),
        _days("age.classes", told.get("classes", {})),
    )


def freeze_of(table: Any) -> Freeze:
    """`[[freeze]]`: from, until, reason, perhaps tenant; days as `2026-12-15`, or `12-15` for every year."""
    told = plain("freeze", table, ("from", "until", "reason", "tenant"))
    first, last = _day("freeze.from", told.get("from")), _day("freeze.until", told.get("until"))
    if bool(first[0]) != bool(last[0]) or (first[0] and last < first):
        raise WrongTermError("freeze", "until")
    for name in ("reason", "tenant"):
        if not isinstance(told.get(name, ""), str):
            raise WrongTermError("freeze", name)
    return Freeze(first, last, told.get("reason", ""), told.get("tenant", ""))


def prices_of(table: Any) -> Prices:
    """`[prices]`: amounts are text, so that they stay exact."""
    money = ("key_month", "rotation_month", "requests_10000")
    told = plain("prices", table, ("currency", "rotations_billed", *money))
    if not isinstance(told.get("currency", ""), str):
        raise WrongTermError("prices", "currency")
    values: dict[str, Any] = {name: amount(f"prices.{name}", told[name]) for name in money if name in told}
    if "rotations_billed" in told:
        values["rotations_billed"] = _count("prices.rotations_billed", told["rotations_billed"])
    return Prices(currency=told.get("currency", "USD"), **values)


def tolerance_of(table: Any) -> Tolerance:
    """`[findings]`: days and numbers."""
    told = plain("findings", table, ("grace_days", "shared_volumes", "shared_holders"))
    return Tolerance(**{name: _count(f"findings.{name}", value) for name, value in told.items()})


def rotating_of(table: Any) -> Rotating:
    """`[rotation]`: a key ARN, a role's ARN, a bucket, and numbers."""
    words = {"transit": ":key/", "batch_role": ":role/", "batch_report": ""}
    told = plain("rotation", table, (*words, "keep_days", "parallel", "batch_objects"))
    named: dict[str, Any] = {name: told[name] for name in words if name in told}
    for name, value in named.items():
        if not isinstance(value, str) or (value and words[name] not in value):
            raise WrongTermError("rotation", name)
    named |= {name: _count(f"rotation.{name}", value) for name, value in told.items() if name not in words}
    return Rotating(**named)


def requesting_of(table: Any) -> Requesting:
    """`[request]`: a template with tenant, application and environment in it, names, days between 90 and 2560."""
    told = plain("request", table, tuple(each.name for each in fields(Requesting)))
    for name in ("alias", "policy"):
        if not isinstance(told.get(name, ""), str):
            raise WrongTermError("request", name)
    values: dict[str, Any] = {name: told[name] for name in ("alias", "policy") if name in told}
    values |= {name: _words(f"request.{name}", told[name]) for name in ("administrators", "services") if name in told}
    counts = [name for name in ("rotation_days", "keys_quota") if name in told]
    values |= {name: _count(f"request.{name}", told[name]) for name in counts}
    short = told.get("short", {})
    if not isinstance(short, dict) or not all(isinstance(each, str) for each in short.values()):
        raise WrongTermError("request", "short")
    asked = Requesting(**values, short=tuple((name.casefold(), each) for name, each in short.items()))
    if any(f"{{{part}}}" not in asked.alias for part in ("tenant", "application", "environment")):
        raise WrongTermError("request", "alias")
    if not 90 <= asked.rotation_days <= 2560:
        raise WrongTermError("request", "rotation_days")
    return asked


def _words(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise WrongTermError(name)
    return tuple(value)


def plain(where: str, table: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """A table that has no other lines than these. Raises WrongTermError."""
    if not isinstance(table, dict):
        raise WrongTermError(where)
    if unknown := sorted(set(table) - set(names)):
        raise WrongTermError(where, unknown[0])
    return table


def _count(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise WrongTermError(name)
    return value


def _days(name: str, table: Any) -> tuple[tuple[str, int], ...]:
    if not isinstance(table, dict):
        raise WrongTermError(name)
    return tuple((key.casefold(), _count(f"{name}.{key}", days)) for key, days in table.items())


def amount(name: str, value: Any) -> Decimal:
    """Money written as text, so that it stays exact. Raises WrongTermError."""
    try:
        told = Decimal(value) if isinstance(value, str) else Decimal(-1)
    except InvalidOperation as error:
        raise WrongTermError(name) from error
    if not told.is_finite() or told < 0:
        raise WrongTermError(name)
    return told


def _day(name: str, value: Any) -> tuple[int, int, int]:
    """The three numbers of a TOML date, of `2026-12-15`, or of `12-15` with year 0."""
    text = str(value)
    yearly = len(text) == len("12-15")
    try:
        day = datetime.strptime(f"2000-{text}" if yearly else text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise WrongTermError(name) from error
    return (0 if yearly else day.year), day.month, day.day
