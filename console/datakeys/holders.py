"""What still holds an old data key after a rotation: asked for a plan, kept as evidence, looked at before removal."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from console.datakeys.routes import Rotation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.aws.session import Account
    from console.datakeys.estimates import Size
    from console.datakeys.routes import Subject

MOST = 200
"""How many are named; the number tells of the rest."""

REMOVABLE = frozenset({"snapshot", "policy"})
"""Kinds that a person may choose to go with what is old; whoever owns the others must let them go first."""


@dataclass(frozen=True, slots=True)
class Holder:
    """One: `kind` is the end of the text key `held.KIND` of why it holds and what can be done, `at` the ISO date of
    its making ('' unknown), `detail` what that sentence names (an image's id, the end of a lock, a number).
    """

    kind: str
    id: str
    at: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Holding:
    """The first of them, oldest first, and how many there are. `unread`: ends of text keys of what AWS did not show, so
    that there may be more. `known` false: nobody can say which data key it is, so none could be looked for.
    """

    number: int = 0
    holders: tuple[Holder, ...] = ()
    unread: tuple[str, ...] = ()
    known: bool = True

    def told(self) -> dict[str, Any]:
        """As evidence keeps it; `read` is the way back."""
        return asdict(self) | {"holders": [asdict(each) for each in self.holders], "unread": list(self.unread)}


def read(told: Mapping[str, Any] | None) -> Holding:
    """What `told` wrote, today or by an older console, which kept less of it."""
    told = told or {}
    holders = (Holder(one["kind"], one["id"], one["at"], one.get("detail", "")) for one in told.get("holders", ()))
    return Holding(told.get("number", 0), tuple(holders), tuple(told.get("unread", ())), told.get("known", True))


def of_proof(output: Mapping[str, Any]) -> list[tuple[Holder, str]]:
    """Each holder that the output of a proof names, once, with the data key that it held then."""
    found: dict[str, tuple[Holder, str]] = {}
    for each in (output.get("each") or {"": output}).values():
        facts = each.get("evidence", {})
        for holder in read(facts.get("still_held")).holders:
            found.setdefault(holder.id, (holder, str(facts.get("data_key_before", ""))))
    return list(found.values())


@runtime_checkable
class Held(Rotation, Protocol):
    """A rotation after which something still holds the old data key."""

    def holding(self, account: Account, subject: Subject, size: Size | None) -> Holding:
        """As AWS has it now, read without changing anything. `size` is what was counted.

        Raises:
            AwsRefusal: it cannot be read.
        """
