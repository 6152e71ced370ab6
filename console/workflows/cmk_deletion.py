"""The deletion of a CMK that was replaced: proposed, judged by another, and to be cancelled until its day has come.

AWS deletes a CMK with every data key under it and with everything those encrypted, for good. So it is a run of its
own, whose giving up cancels the deletion and touches nothing else.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from console.aws import cmk_ending
from console.aws.refusals import AwsRefusal
from console.errors import ConsoleError
from console.workflow.model import Field, Kind, Step, Workflow
from console.workflows.cmk_use import Hearing, told

if TYPE_CHECKING:
    from console.workflow.context import Context
    from console.workflow.model import Known
    from store.run_records import Json

NAME = "cmk_deletion"
LEAST, MOST = 7, 30
"""Days that AWS lets pass before a CMK is gone."""


def day_of(moment: int) -> str:
    """A date in UTC."""
    return time.strftime("%Y-%m-%d", time.gmtime(moment))


def _kms(ctx: Context) -> Any:
    return ctx.client("kms", ctx.facts["region"])


def _approved(known: Known) -> bool:
    return bool(known.answers["judge"]["verdict"] == "approve")


def hear(ctx: Context) -> Json:
    """Every witness once more, now of a CMK that is disabled.

    Raises:
        ConsoleError: it is not disabled, or something still needs it.
    """
    state = cmk_ending.state(_kms(ctx), ctx.facts["old_id"])[0]
    if state not in ("Disabled", cmk_ending.PENDING):
        raise ConsoleError("replacement.not_disabled", cmk=ctx.facts["old_id"], state=state)
    found = Hearing(
        ctx.house.store, ctx.house.settings, _kms(ctx), ctx.facts["old"], ctx.facts["since"], int(ctx.now())
    ).all()
    if blocking := [one for one in found if one.blocks]:
        what = "; ".join(f"{one.name}: {', '.join(one.what) or one.number or '–'}" for one in blocking)
        raise ConsoleError("replacement.in_use", cmk=ctx.facts["old_id"], number=len(blocking), what=what)
    return {"checks": told(found), "at": int(ctx.now())}


def schedule(ctx: Context) -> Json:
    """ScheduleKeyDeletion, after one more hearing."""
    hear(ctx)
    gone = cmk_ending.schedule(_kms(ctx), ctx.facts["old_id"], int(ctx.answers["judge"]["days"]))
    return {"gone_at": gone, "date": day_of(gone or 0)}


def keep(ctx: Context) -> None:
    """CancelKeyDeletion; it stays disabled."""
    cmk_ending.keep(_kms(ctx), ctx.facts["old_id"])


def gone(ctx: Context) -> Json:
    """Until its day, giving up this run cancels the deletion.

    Raises:
        ConsoleError: it is still there; when it goes is told.
    """
    try:
        state, at = cmk_ending.state(_kms(ctx), ctx.facts["old_id"])
    except AwsRefusal as refusal:
        if refusal.code == "NotFoundException":
            return {"gone": ctx.facts["old_id"]}
        raise
    if state != cmk_ending.PENDING:
        raise ConsoleError("replacement.kept", cmk=ctx.facts["old_id"], state=state)
    raise ConsoleError("replacement.pending", cmk=ctx.facts["old_id"], date=day_of(at or 0))


def _days(value: Any, known: Known) -> str | None:  # noqa: ARG001 - the checks' common shape
    return None if isinstance(value, int) and LEAST <= value <= MOST else "replacement.window"


JUDGE = Step(
    "judge", four_eyes=True,
    ask=(
        Field("verdict", Kind.CHOICE, choices=("approve", "reject")),
        Field("days", Kind.NUMBER, default=MOST, check=_days),
    ),
)  # fmt: skip

WORKFLOW = Workflow(
    NAME,
    (
        JUDGE,
        Step("unused", hear, when=_approved),
        Step("delete", schedule, final=True, undo=keep, when=_approved),
        Step("gone", gone, when=_approved),
    ),
)
