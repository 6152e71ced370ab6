"""What a way by hand is made of: when it applies, what a person does, and what is read afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.datakeys.manual.services import Told
    from console.datakeys.routes import Effect


class Goes(StrEnum):
    """When a route applies: to another CMK, back under the same one by way of the transit CMK, both, or never."""

    MOVE = "move"
    TRANSIT = "transit"
    ANY = "any"
    NEVER = "never"


class Proof(StrEnum):
    """What is read afterwards: another resource, the same one, or a queue that gets data keys by itself."""

    OTHER = "other"
    SAME = "same"
    QUEUE = "queue"


@dataclass(frozen=True, slots=True)
class Act:
    """One act of a person: the step's name, the commands to run (braces are filled, quoted), and which names they give
    to what they made (`new` is the resource that takes the old one's place).
    """

    step: str
    commands: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """One route. `copy` reads what `gives` as `copy`: under which CMK it is, and of what it was made.

    `imported`: AWS must tell of an import into it that is complete. `away` are the commands that remove the old,
    where a new data key is proven: elsewhere nothing asks for that. `needs` are the IAM actions of whoever runs it.
    """

    name: str
    effect: Effect
    goes: Goes
    acts: tuple[Act, ...] = ()
    proof: Proof = Proof.OTHER
    proves: bool = False
    imported: bool = False
    confirmed: bool = False
    copy: Told | None = None
    switch: tuple[str, ...] = ()
    away: tuple[str, ...] = ()
    needs: tuple[str, ...] = field(default=())


QUIET = Act("manual_quiet")
