"""How a volume gets another data key: by a snapshot under another CMK, because under the same one AWS keeps it, or
as an empty volume that a person copies the data to.

Routes are those of *How EBS encryption works* (EBS guide): a volume from a snapshot under the same CMK has the
snapshot's data key; under another CMK it gets a new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.datakeys.ebs.beside import RESERVED
from console.datakeys.ebs.held import holding
from console.datakeys.ebs.rights import permissions
from console.datakeys.ebs.steps import STEPS
from console.datakeys.ebs.work import work
from console.datakeys.routes import Effect, Route

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from console.aws.session import Account
    from console.datakeys.estimates import Basis, Size, Work
    from console.datakeys.holders import Holding
    from console.datakeys.preflight import Permission
    from console.datakeys.routes import Subject
    from console.workflow.model import Known, Step

NEEDS = (
    "ec2:CreateSnapshot", "ec2:CreateVolume", "ec2:CreateTags", "ec2:AttachVolume", "ec2:DetachVolume",
    "ec2:DeleteVolume", "ec2:DeleteSnapshot", "ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances",
    "kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)  # fmt: skip


COPIED = (
    "ec2:CreateSnapshot", "ec2:CreateVolume", "ec2:CreateTags", "ec2:AttachVolume", "ec2:DetachVolume",
    "ec2:DeleteVolume", "ec2:DeleteSnapshot", "ec2:ModifyInstanceAttribute", "kms:CreateGrant", "kms:Decrypt",
    "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext",
)  # fmt: skip
"""What a copy by a person needs: the machine stays on, and no data key is wrapped anew."""

FRESH = "fresh"

JOINED = frozenset({"move", "transit", FRESH})
"""Routes that several volumes of an instance take in one run."""


class EbsRotation:
    """Volumes. A snapshot has no data key of its own: it goes with its volume's."""

    def routes(self, subject: Subject) -> tuple[Route, ...]:
        if subject.granularity != "volume":
            return ()
        values = {"cmk": subject.cmk, "intended": subject.intended, "transit": subject.transit}
        moving = Route("ebs", "move", Effect.NEW_DK, "" if subject.moves else "route.ebs.move.same", values, NEEDS)
        transit = Route("ebs", "transit", Effect.NEW_DK, _no_transit(subject), values, (*NEEDS, "ec2:CopySnapshot",
                        "kms:GenerateDataKey"))  # fmt: skip
        fresh = Route("ebs", FRESH, Effect.NEW_DK, _no_copy(subject), values, COPIED)
        naive = Route("ebs", "naive", Effect.UNCHANGED, "route.unchanged", values)
        copied = Route("ebs", "same_copy", Effect.UNCHANGED, "route.unchanged", values, confirmed=False)
        first = (moving, transit, fresh) if subject.moves else (transit, fresh, moving)
        return (*first, naive, copied)

    def facts(self, subject: Subject, route: Route) -> dict[str, Any]:
        transit = subject.transit if route.name == "transit" else ""
        disk = {"volume": subject.resource_id, "cmk": subject.cmk, "intended": subject.intended, "transit": transit}
        detail = dict(subject.detail)
        machine = detail.get("instance_name") or detail.get("instance", "")
        return {"before": subject.data_key_id, "disks": [disk], "machine": machine}

    def permissions(self, account: Account, facts: Mapping[str, Any]) -> Iterator[Permission]:
        return permissions(account, facts)

    def together(self, subject: Subject, route: Route) -> str:
        instance = dict(subject.detail).get("instance", "") if route.name in JOINED else ""
        return f"{instance} {FRESH}" if instance and route.name == FRESH else instance

    def join(self, facts: Sequence[dict[str, Any]]) -> tuple[str, dict[str, Any]]:
        """The volumes of one instance; all of them go by way of the transit CMK where one must."""
        held = [disk for each in facts for disk in each["disks"]]
        volumes = [disk["volume"] for disk in held]
        route = "transit" if any(disk["transit"] for disk in held) else "move"
        route = FRESH if facts[0]["route"] == FRESH else route
        still = [each for one in facts for each in one["still"] if each[1] not in volumes]
        named = facts[0]["machine"]
        return named, facts[0] | {"resource": ", ".join(volumes), "route": route, "disks": held, "still": still}

    def work(self, subject: Subject, route: Route, size: Size | None, basis: Basis) -> Work:  # noqa: ARG002 - a volume tells its own
        return work(subject, route.name, basis)

    def holding(self, account: Account, subject: Subject, size: Size | None) -> Holding:  # noqa: ARG002 - EC2 tells each
        return holding(account, subject)

    def steps(self, known: Known) -> tuple[Step, ...]:
        return STEPS[known.facts["route"]]


def _no_copy(subject: Subject) -> str:
    detail = dict(subject.detail)
    if not subject.intended:
        return "route.ebs.no_cmk"
    if not detail.get("instance"):
        return "route.ebs.fresh.loose"
    return "route.ebs.fresh.root" if detail.get("device") in RESERVED else ""


def _no_transit(subject: Subject) -> str:
    if subject.moves:
        return "route.ebs.transit.moves"
    if not subject.intended:
        return "route.ebs.no_cmk"
    if not subject.transit:
        return "route.ebs.transit.none"
    return "route.ebs.transit.same" if subject.transit == subject.cmk else ""
