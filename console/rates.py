"""What estimates of a rotation rest on beside the prices of KMS: how fast AWS goes, and what it asks for the rest."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from console.terms import WrongTermError, amount, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

Speed = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rates:
    """Speeds are (at worst, at best), amounts in the currency of the prices. None of them is AWS's promise.

    `used_percent` is how much of a volume is in use (at least, at most): AWS never says. `own` names what the
    settings told; all else is unconfirmed: list prices of a large Region as others quote them, speeds as others saw
    them (AWS names 500 MiB/s as the most that one copy of a snapshot reaches: EBS guide, *Time-based copies*).
    """

    used_percent: Speed = (10, 100)
    copy_mib_s: Speed = (20, 500)
    objects_s: Speed = (50, 500)
    files_mib_s: Speed = (10, 200)
    calls_s: Speed = (2, 20)
    waits_minute: Speed = (1, 12)
    volume_gib_month: Decimal = Decimal("0.08")
    snapshot_gib_month: Decimal = Decimal("0.05")
    object_gib_month: Decimal = Decimal("0.023")
    database_gib_month: Decimal = Decimal("0.115")
    filesystem_gib_month: Decimal = Decimal("0.145")
    writes_1000: Decimal = Decimal("0.005")
    reads_1000: Decimal = Decimal("0.0004")
    batch_jobs: Decimal = Decimal("0.25")
    batch_objects_million: Decimal = Decimal("1.00")
    secret_calls_10000: Decimal = Decimal("0.05")
    own: frozenset[str] = frozenset()


SPEEDS = tuple(each.name for each in fields(Rates) if isinstance(each.default, tuple))


def rates_of(table: Any) -> Rates:
    """`[estimates]`: speeds as `[20, 500]`, amounts as text, so that they stay exact.

    Raises:
        WrongTermError: a line that does not exist, or a value of another kind.
    """
    names = tuple(each.name for each in fields(Rates) if each.name != "own")
    told: Mapping[str, Any] = plain("estimates", table, names)
    values: dict[str, Any] = {
        name: (_speed if name in SPEEDS else amount)(f"estimates.{name}", value) for name, value in told.items()
    }
    return Rates(**values, own=frozenset(values))


def _speed(name: str, value: Any) -> Speed:
    whole = isinstance(value, list) and [type(each) for each in value] == [int, int]
    if not whole or not 0 < value[0] <= value[1]:
        raise WrongTermError(name)
    return value[0], value[1]
