"""How a volume gets another data key: by a snapshot under another CMK, because under the same one AWS keeps it.

Routes are those of *How EBS encryption works* (EBS guide): a volume from a snapshot under the same CMK has the
snapshot's data key; under another CMK it gets a new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.datakeys.ebs.steps import STEPS
from console.datakeys.routes import Effect, Route

if TYPE_CHECKING:
    from console.datakeys.routes import Subject
    from console.workflow.model import Known, Step

NEEDS = (
    "ec2:CreateSnapshot", "ec2:CreateVolume", "ec2:CreateTags", "ec2:AttachVolume", "ec2:DetachVolume",
    "ec2:DeleteVolume", "ec2:DeleteSnapshot", "ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances",
    "kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)  # fmt: skip


class EbsRotation:
    """Volumes. A snapshot has no data key of its own: it goes with its volume's."""

    def routes(self, subject: Subject) -> tuple[Route, ...]:
        if subject.granularity != "volume":
            return ()
        values = {"cmk": subject.cmk, "intended": subject.intended, "transit": subject.transit}
        moving = Route("ebs", "move", Effect.NEW_DK, "" if subject.moves else "route.ebs.move.same", values, NEEDS)
        transit = Route("ebs", "transit", Effect.NEW_DK, _no_transit(subject), values, (*NEEDS, "ec2:CopySnapshot",
                        "kms:GenerateDataKey"))  # fmt: skip
        naive = Route("ebs", "naive", Effect.UNCHANGED, "route.unchanged", values)
        copied = Route("ebs", "same_copy", Effect.UNCHANGED, "route.unchanged", values, confirmed=False)
        return (moving, transit, naive, copied) if subject.moves else (transit, moving, naive, copied)

    def facts(self, subject: Subject, route: Route) -> dict[str, Any]:  # noqa: ARG002 - the same for every route
        return {"before": subject.data_key_id}

    def steps(self, known: Known) -> tuple[Step, ...]:
        return STEPS[known.facts["route"]]


def _no_transit(subject: Subject) -> str:
    if subject.moves:
        return "route.ebs.transit.moves"
    if not subject.transit:
        return "route.ebs.transit.none"
    return "route.ebs.transit.same" if subject.transit == subject.cmk else ""
