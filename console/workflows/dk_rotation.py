"""One data key gets a new one: the procedure of its kind, a proof, and much later the end of what is old."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.datakeys import KINDS
from console.workflow.model import Workflow

if TYPE_CHECKING:
    from console.workflow.model import Known, Step


def steps(known: Known) -> tuple[Step, ...]:
    """Those of the kind and route that the facts name; none where they name none."""
    kind = next((kind for kind in KINDS if kind.name == known.facts.get("kind")), None)
    return kind.rotation.steps(known) if kind is not None and kind.rotation is not None else ()


WORKFLOW = Workflow("dk_rotation", steps)
