"""The procedure, step by step, in the tenant's account: nothing is swapped before the proof, nothing removed after."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from console.datakeys.ebs import beside, comparing, copying, looking, making, others, proof, rights, swapping
from console.datakeys.proving import PROOF, RECORD, SAID_DONE, proven, retiring
from console.workflow.model import Field, Kind, Lane, Step

if TYPE_CHECKING:
    from console.workflow.model import Known


def _swapped(known: Known) -> bool:
    return proven(known) and looking.attached(known)


def _unproven(known: Known) -> bool:
    return not proven(known)


def _twice(known: Known) -> bool:
    """Files are copied once while all goes on, and what changed since once more; blocks only when nobody writes."""
    return bool(known.outputs["ebs_beside"]["how"] != "blocks")


ALLOWED = Step("ebs_allowed", rights.allowed, lane=Lane.TENANT)
LOOK = Step("ebs_look", looking.look, lane=Lane.TENANT)
QUIET = Step(
    "ebs_quiet", looking.quiet, lane=Lane.TENANT, when=looking.running, undo=looking.started_again,
    ask=(Field("how", Kind.CHOICE, default="stop", choices=looking.ways_to_be_quiet),),
)  # fmt: skip
SNAPSHOT = Step("ebs_snapshot", making.snapshot, lane=Lane.TENANT, undo=making.drop_snapshots)
TRANSIT = Step("ebs_transit", making.transit, lane=Lane.TENANT, undo=making.drop_snapshots)
VOLUME = Step("ebs_volume", making.volume, lane=Lane.TENANT, undo=making.drop_volumes)
PROVE = Step(PROOF, proof.proof, lane=Lane.TENANT, undo=making.drop_snapshots)
SWAP = Step("ebs_swap", swapping.swap, lane=Lane.TENANT, undo=swapping.swap_back, when=_swapped)
CLEAR = Step("ebs_clear", proof.clear, lane=Lane.TENANT, when=_unproven)
START = Step("ebs_start", looking.loud, lane=Lane.TENANT, when=looking.stopped_here, undo=looking.silent_again)
RETIRE = replace(retiring(swapping.remove), ask=others.fields)
ENDS = (PROVE, SWAP, CLEAR, START, RECORD, RETIRE)

BESIDE = Step(
    "ebs_beside", beside.attach, lane=Lane.TENANT, undo=beside.take_away,
    ask=(Field("how", Kind.CHOICE, default=beside.likely, choices=beside.WAYS),),
)  # fmt: skip
COPY = Step("ebs_copy", lane=Lane.TENANT, when=_twice, commands=copying.copying, evidence=(SAID_DONE,))
HOLD = Step("ebs_hold", lane=Lane.TENANT, commands=copying.holding, evidence=(SAID_DONE,), accept=looking.held)
COMPARE = Step(
    "ebs_compare", lane=Lane.TENANT, commands=copying.comparing, evidence=(Field("output", Kind.PASTED),),
    accept=comparing.accept,
)  # fmt: skip
AGAIN = Step("ebs_again", lane=Lane.TENANT, commands=copying.again, evidence=(SAID_DONE,))
"""Those of a copy by a person, on the machine itself."""


STEPS: dict[str, tuple[Step, ...]] = {
    "move": (ALLOWED, LOOK, QUIET, SNAPSHOT, VOLUME, *ENDS),
    "transit": (ALLOWED, LOOK, QUIET, SNAPSHOT, TRANSIT, VOLUME, *ENDS),
    "fresh": (
        ALLOWED, LOOK, SNAPSHOT, VOLUME, BESIDE, COPY, HOLD, COMPARE, PROVE, SWAP, replace(CLEAR, do=beside.clear),
        RECORD, AGAIN, RETIRE,
    ),
}  # fmt: skip
"""By route; the routes that rotate nothing have none. Several volumes go as `transit` where one of them must."""
