"""The procedure in a bucket's account: default first, then every object, a proof, and much later what is old."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from console.datakeys.proving import PROOF, RECORD, proven, retiring
from console.datakeys.s3 import batch, copying, looking, proving
from console.datakeys.s3.retiring import remove, take_back, take_twins_back
from console.workflow.model import Field, Kind, Lane, Step

if TYPE_CHECKING:
    from console.workflow.context import Context
    from console.workflow.model import Known


def _old_ones(known: Known) -> bool:
    """Without versioning nothing old is left that could be removed."""
    return proven(known) and bool(known.outputs["s3_look"]["versioned"])


def _still(quiet: bool, known: Known) -> str | None:  # noqa: ARG001 - the shape of a check
    return None if quiet else "s3.not_quiet"


def _by_batch(known: Known) -> bool:
    return bool(known.outputs["s3_look"]["engine"] == "batch")


def _handed_back(ctx: Context) -> None:
    """No job any more, and then no trace of it where versions tell which one."""
    batch.cancel(ctx)
    take_twins_back(ctx)


LOOK = Step("s3_look", looking.look, lane=Lane.TENANT)
DEFAULT = Step("s3_default", looking.default, lane=Lane.TENANT, undo=looking.default_back)
QUIET = Step("s3_quiet", ask=(Field("quiet", Kind.YES_NO, check=_still),), lane=Lane.TENANT)
STILL = Step("s3_still", when=_by_batch, ask=(Field("quiet", Kind.YES_NO, check=_still),), lane=Lane.TENANT)
BATCH = Step("s3_batch", batch.hand_over, when=_by_batch, lane=Lane.TENANT, undo=_handed_back)
COPY = Step("s3_copy", copying.copy, lane=Lane.TENANT, undo=take_back)
PROVE = Step(PROOF, proving.prove, lane=Lane.TENANT)
RETIRE = replace(
    retiring(remove), when=_old_ones,
    ask=(Field("what", Kind.CHOICE, default="copied", choices=("copied", "all")),),
)  # fmt: skip

STEPS: dict[str, tuple[Step, ...]] = {
    "rewrite": (LOOK, STILL, DEFAULT, BATCH, COPY, PROVE, RECORD, RETIRE),
    "batch": (LOOK, STILL, DEFAULT, BATCH, COPY, PROVE, RECORD, RETIRE),
    "rewrite_versions": (LOOK, QUIET, DEFAULT, COPY, PROVE, RECORD, RETIRE),
}
"""By route; the routes that rotate nothing have none."""
