"""The folders of the settings as a scan tells them: headers are read, nothing is decrypted; of a bucket S3 is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from console.aws.refusals import AwsRefusal
from console.datakeys.envelope import prefix
from console.datakeys.envelope.census import Census, census, census_of
from console.datakeys.envelope.rotation import FileRotation
from console.datakeys.keys import Keyring
from console.errors import ConsoleError
from store.harvest import DataKeyFacts, Placement, PrefixRead
from store.records import Granularity, Source, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from console.aws.session import Account
    from console.datakeys.routes import Rotation
    from console.files import FilesSettings


class Scan:
    """One reading of the folders whose CMK is of this Region."""

    def __init__(self, account: Account, region: str) -> None:
        self._account = account
        self._region = region
        self._keyring = Keyring(account, region)

    def facts(self) -> Iterator[DataKeyFacts | PrefixRead | AwsRefusal]:
        """A folder that cannot be opened is a gap, the others follow."""
        for told in self._account.files:
            if told.at == self._region:
                try:
                    yield from self._told(told)
                except AwsRefusal as refusal:
                    yield AwsRefusal(refusal.code, f"{told.path}: {refusal.message}", refusal.operation)
                except ConsoleError as error:
                    yield AwsRefusal("Unreadable", f"{told.path}: {error.values.get('detail', '')}", "files")

    def _told(self, told: FilesSettings) -> Iterator[DataKeyFacts | PrefixRead]:
        if not prefix.named(told.path):
            yield from self._folder(told, census(told.path))
            return
        place = prefix.of(self._account.client("s3", self._region), told.path, self._account.account_id)
        found, read = census_of(place, told.path, self._account.read_before(told.path))
        yield read
        yield from self._folder(told, found)

    def _folder(self, told: FilesSettings, found: Census) -> Iterator[DataKeyFacts]:
        if found.plain and len(found.messages) <= told.rows and not found.more:
            for path, message in found.messages.items():
                name = path.decode()
                size, algorithm = f"{found.sizes[path]}", f"{message.algorithm:#06x}"
                detail = (("bytes", size), ("algorithm", algorithm), ("message_id", message.message_id[:32]))
                yield self._row(
                    told, f"{told.path.rstrip('/')}/{name}", name, {one.key for one in message.keys}, detail
                )
            return
        counts = tuple((f"skipped_{reason}", str(number)) for reason, number in sorted(found.skipped.items()))
        size = f"{sum(found.sizes.values())}"
        files = f"{len(found.messages)}{'+' if found.more else ''}"
        yield self._row(told, told.path, told.path, found.keys, (("files", files), ("bytes", size), *counts))

    def _row(
        self, told: FilesSettings, path: str, name: str, keys: set[str], detail: tuple[tuple[str, str], ...]
    ) -> DataKeyFacts:
        key = next(iter(keys)) if len(keys) == 1 else told.key
        return DataKeyFacts(
            FileKind.name,
            Granularity.FILE,
            path,
            self._account.account_id,
            self._region,
            Placement(self._account.tenant, told.application, told.environment, Source.DECLARED),
            name=name,
            key_ref=key,
            status=self._status(key),
            detail=(("folder", told.path), *detail),
        )

    def _status(self, key: str) -> Status:
        known = ":key/" in key and key.split(":")[3] == self._region
        return self._keyring.status(key) if known else Status.UNKNOWN


class FileKind:
    """Messages of the AWS Encryption SDK in folders of this machine, and in buckets."""

    name: ClassVar[str] = "file"
    labels: ClassVar[tuple[str, str]] = ("kind.file.one", "kind.file.many")
    granularity: ClassVar[Granularity] = Granularity.FILE
    probes: ClassVar[Mapping[str, Callable[[Account, str], object]]] = {}
    spare: ClassVar[frozenset[str]] = frozenset()
    rotation: ClassVar[Rotation | None] = FileRotation()

    def discover(
        self,
        account: Account,
        region: str,
        place: Callable[[Mapping[str, str]], Placement],  # noqa: ARG002 - files have no tags: the settings place them
    ) -> Iterator[DataKeyFacts | PrefixRead | AwsRefusal]:
        return Scan(account, region).facts()
