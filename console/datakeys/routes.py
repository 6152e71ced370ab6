"""What can be said of a data key's rotation before anything is done: what it is about, and the routes there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.workflow.model import Known, Step


class Effect(StrEnum):
    """What a route does to the data key. Only NEW_DK rotates it; the verdict comes from evidence all the same."""

    NEW_DK = "new_dk"
    REWRAP = "rewrap"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Subject:
    """A holder of a data key whose rotation is asked for, as the store knows it.

    `cmk` is the ARN it stands under now ('' where unencrypted or not ours), `intended` the one it should stand under
    afterwards, `transit` that of the CMK to pass under on the way ('' where the settings name none). `still` are the
    other known holders of the same data key (granularity, resource id): they keep it after a rotation of this one.
    """

    kind: str
    granularity: str
    resource_id: str
    account_id: str
    region: str
    name: str = ""
    cmk: str = ""
    intended: str = ""
    transit: str = ""
    data_key_id: str = ""
    created_at: int | None = None
    detail: tuple[tuple[str, str], ...] = ()
    still: tuple[tuple[str, str], ...] = ()
    tenant: str = ""
    application: str = ""

    @property
    def moves(self) -> bool:
        """Whether it comes under another CMK than now."""
        return bool(self.intended) and self.intended != self.cmk


@dataclass(frozen=True, slots=True)
class Route:
    """One way, also one that does not rotate: it is shown and says so.

    Its texts are `route.KIND.NAME` and below that `.why`, `.downtime`, `.duration`, `.cost`, filled with `values`.
    `refused` is the text key of why it cannot be taken ('' : it can). `needs` are the IAM actions it takes, as
    `tenant` or `cmk NAME` would list them. `confirmed`: the effect is documented, not inferred.
    """

    kind: str
    name: str
    effect: Effect
    refused: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    confirmed: bool = True

    @property
    def key(self) -> str:
        return f"route.{self.kind}.{self.name}"


class Rotation(Protocol):
    """How the data keys of one kind are rotated."""

    def routes(self, subject: Subject) -> tuple[Route, ...]:
        """Every route, the recommended one first. Pure: asks nothing of AWS."""

    def facts(self, subject: Subject, route: Route) -> dict[str, Any]:
        """What the steps need to know besides the subject's own fields; JSON."""

    def steps(self, known: Known) -> tuple[Step, ...]:
        """The procedure of the route in `known.facts`; `console.datakeys.proving` has the steps that all share."""


@runtime_checkable
class Joining(Rotation, Protocol):
    """A rotation that does some data keys better in one run: volumes of an instance, which then stops only once."""

    def together(self, subject: Subject, route: Route) -> str:
        """What those share that go into one run, within an account and Region; '' for alone."""

    def join(self, facts: Sequence[dict[str, Any]]) -> tuple[str, dict[str, Any]]:
        """The name that is typed to confirm, and the facts, of the one run."""
