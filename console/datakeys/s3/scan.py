"""S3: a bucket is a *group* of data keys, one per object; its default encryption names the CMK."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ClassVar

from console.aws import s3, tagging
from console.aws.moment import epoch
from console.aws.refusals import AwsRefusal
from console.aws.session import ask
from console.datakeys.keys import Keyring
from console.datakeys.s3.rotation import S3Rotation
from store.harvest import DataKeyFacts
from store.records import Granularity, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from console.aws.session import Account
    from console.datakeys.routes import Rotation
    from store.harvest import Placement

AT_ONCE = 8
"""Buckets asked at the same time: S3 has no bulk reading of settings."""


class Scan:
    """One reading of one account and Region."""

    def __init__(self, account: Account, region: str, place: Callable[[Mapping[str, str]], Placement]) -> None:
        self._client = account.client("s3", region)
        self._account = account
        self._region = region
        self._place = place
        self._keyring = Keyring(account, region)

    def facts(self) -> Iterator[DataKeyFacts | AwsRefusal]:
        """One bucket that refuses does not stop the others."""
        buckets = s3.buckets(self._client, self._region)
        if not buckets:
            return
        tags = self._bulk_tags()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            read = pool.map(lambda bucket: self._read(bucket["Name"], tags), buckets)
            for bucket, told in zip(buckets, read, strict=True):
                yield told if isinstance(told, AwsRefusal) else self._bucket(bucket, *told)

    def _bulk_tags(self) -> Mapping[str, Mapping[str, str]] | None:
        try:
            return tagging.tags_of(self._account.client("resourcegroupstaggingapi", self._region), "s3")
        except AwsRefusal:  # bucket by bucket then
            return None

    def _read(
        self, name: str, tags: Mapping[str, Mapping[str, str]] | None
    ) -> tuple[s3.Encryption, Mapping[str, str]] | AwsRefusal:
        try:
            own = s3.bucket_tags(self._client, name) if tags is None else tags.get(self._arn(name), {})
            return s3.encryption(self._client, name), own
        except AwsRefusal as refusal:
            return AwsRefusal(refusal.code, f"{name}: {refusal.message}", refusal.operation)

    def _arn(self, name: str) -> str:
        return f"arn:{self._client.meta.partition}:s3:::{name}"

    def _bucket(self, entry: Mapping[str, Any], encryption: s3.Encryption, tags: Mapping[str, str]) -> DataKeyFacts:
        key = self._keyring.arn(encryption.key)
        return DataKeyFacts(
            S3Kind.name,
            Granularity.BUCKET,
            entry["Name"],
            self._account.account_id,
            self._region,
            self._place(tags),
            name=entry["Name"],
            arn=self._arn(entry["Name"]),
            key_ref=key,
            # SSE-S3, and SSE-KMS without a key of its own (aws/s3), are both AWS's keys, not ours.
            status=self._keyring.status(key) if key else Status.AWS_MANAGED,
            created_at=epoch(entry.get("CreationDate")),
            detail=(
                ("encryption", encryption.algorithm),
                ("bucket_key", "true" if encryption.bucket_key else "false"),
            ),
        )


def _list(account: Account, region: str) -> object:
    return ask(account.client("s3", region), "list_buckets", MaxBuckets=1)


def _encryption(account: Account, region: str) -> object:
    client = account.client("s3", region)
    buckets = s3.buckets(client, region)
    return s3.encryption(client, buckets[0]["Name"]) if buckets else None


def _tags(account: Account, region: str) -> object:
    client = account.client("resourcegroupstaggingapi", region)
    return ask(client, "get_resources", ResourceTypeFilters=["s3"], ResourcesPerPage=1)


class S3Kind:
    """Buckets with their default encryption, Bucket Key and tags."""

    name: ClassVar[str] = "s3"
    labels: ClassVar[tuple[str, str]] = ("kind.s3.one", "kind.s3.many")
    granularity: ClassVar[Granularity] = Granularity.BUCKET
    probes: ClassVar[Mapping[str, Callable[[Account, str], object]]] = {
        "s3:ListAllMyBuckets": _list,
        "s3:GetEncryptionConfiguration": _encryption,
        "tag:GetResources": _tags,
    }
    rotation: ClassVar[Rotation | None] = S3Rotation()
    spare: ClassVar[frozenset[str]] = frozenset({"tag:GetResources"})

    def discover(
        self, account: Account, region: str, place: Callable[[Mapping[str, str]], Placement]
    ) -> Iterator[DataKeyFacts | AwsRefusal]:
        return Scan(account, region, place).facts()
