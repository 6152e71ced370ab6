"""EBS: each volume is under one data key; its snapshots hold copies of it, and tell which one it is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from console.aws import ec2
from console.aws.moment import epoch
from console.aws.refusals import AwsRefusal
from console.aws.session import ask
from console.datakeys.ebs.lineage import Lineage
from console.datakeys.ebs.rotation import EbsRotation
from console.datakeys.keys import Keyring
from store.harvest import DataKeyFacts
from store.records import Granularity, Source, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from console.aws.session import Account
    from console.datakeys.routes import Rotation
    from store.harvest import Placement


class Scan:
    """One reading of one account and Region."""

    def __init__(self, account: Account, region: str, place: Callable[[Mapping[str, str]], Placement]) -> None:
        self._client = account.client("ec2", region)
        self._account = account.account_id
        self._region = region
        self._place = place
        self._keyring = Keyring(account, region)

    def facts(self) -> Iterator[DataKeyFacts | AwsRefusal]:
        """Snapshots first, since they tell what the volumes are under.

        Raises:
            AwsRefusal: the snapshots could not be read for a reason that may pass; reading on would forget
                which data key each volume is under.
        """
        snapshots: list[Mapping[str, Any]] = []
        try:
            snapshots.extend(ec2.snapshots(self._client))
        except AwsRefusal as refusal:
            if not refusal.denied:
                raise
            yield refusal
        yield from map(self._snapshot, snapshots)
        try:
            yield from self._volumes(Lineage(snapshots))
        except AwsRefusal as refusal:
            yield refusal

    def _volumes(self, lineage: Lineage) -> Iterator[DataKeyFacts]:
        names: Mapping[str, str] | None = None
        for entry in ec2.volumes(self._client):
            if names is None and entry.get("Attachments"):
                names = self._instance_names()
            yield self._volume(entry, lineage, names or {})

    def _instance_names(self) -> Mapping[str, str]:
        try:
            return ec2.instance_names(self._client)
        except AwsRefusal:  # a name beside an instance id is a nicety, not worth a gap
            return {}

    def _volume(self, entry: Mapping[str, Any], lineage: Lineage, names: Mapping[str, str]) -> DataKeyFacts:
        data_key, source = lineage.tell(entry)
        detail = [
            ("state", entry.get("State", "")),
            ("size_gib", str(entry.get("Size", ""))),
            ("type", entry.get("VolumeType", "")),
            ("zone", entry.get("AvailabilityZone", "")),
            ("snapshot", entry.get("SnapshotId", "")),
        ]
        for attachment in entry.get("Attachments", ())[:1]:
            instance = attachment.get("InstanceId", "")
            detail += [("instance", instance), ("instance_name", names.get(instance, ""))]
            detail.append(("device", attachment.get("Device", "")))
        return self._holder(
            entry,
            Granularity.VOLUME,
            entry["VolumeId"],
            arn=f"{self._prefix}{self._account}:volume/{entry['VolumeId']}",
            created_at=epoch(entry.get("CreateTime")),
            data_key_id=data_key,
            source=source,
            detail=_told(detail),
        )

    def _snapshot(self, entry: Mapping[str, Any]) -> DataKeyFacts:
        detail = [
            ("state", entry.get("State", "")),
            ("state_message", entry.get("StateMessage", "")),
            ("size_gib", str(entry.get("VolumeSize", ""))),
            ("volume", entry.get("VolumeId", "")),
            ("description", entry.get("Description", "")),
        ]
        return self._holder(
            entry,
            Granularity.SNAPSHOT,
            entry["SnapshotId"],
            arn=f"{self._prefix}:snapshot/{entry['SnapshotId']}",  # snapshot ARNs name no account
            created_at=epoch(entry.get("StartTime")),
            data_key_id=entry.get("DataEncryptionKeyId", ""),
            source=Source.SCAN,
            detail=_told(detail),
        )

    @property
    def _prefix(self) -> str:
        return f"arn:{self._client.meta.partition}:ec2:{self._region}:"

    def _holder(self, entry: Mapping[str, Any], granularity: Granularity, resource: str, **rest: Any) -> DataKeyFacts:
        tags = ec2.tags(entry)
        encrypted = entry.get("Encrypted", False)
        key = self._keyring.arn(entry.get("KmsKeyId", "")) if encrypted else ""
        return DataKeyFacts(
            EbsKind.name,
            granularity,
            resource,
            self._account,
            self._region,
            self._place(tags),
            name=tags.get("Name", ""),
            key_ref=key,
            status=self._keyring.status(key) if encrypted else Status.UNENCRYPTED,
            **rest,
        )


def _told(detail: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in detail if value)


def _probe(method: str, account: Account, region: str, **parameters: Any) -> object:
    return ask(account.client("ec2", region), method, **parameters)


class EbsKind:
    """Volumes and snapshots; EC2's instance names beside them."""

    name: ClassVar[str] = "ebs"
    labels: ClassVar[tuple[str, str]] = ("kind.ebs.one", "kind.ebs.many")
    granularity: ClassVar[Granularity] = Granularity.VOLUME
    probes: ClassVar[Mapping[str, Callable[[Account, str], object]]] = {
        "ec2:DescribeVolumes": partial(_probe, "describe_volumes", MaxResults=5),
        "ec2:DescribeSnapshots": partial(_probe, "describe_snapshots", MaxResults=5, OwnerIds=["self"]),
        "ec2:DescribeInstances": partial(_probe, "describe_instances", MaxResults=5),
    }
    spare: ClassVar[frozenset[str]] = frozenset({"ec2:DescribeInstances"})
    rotation: ClassVar[Rotation | None] = EbsRotation()

    def discover(
        self, account: Account, region: str, place: Callable[[Mapping[str, str]], Placement]
    ) -> Iterator[DataKeyFacts | AwsRefusal]:
        return Scan(account, region, place).facts()
