"""What a scan tells of the resources of one service, whichever it is."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from console.aws import tagging
from console.aws.moment import epoch
from console.aws.refusals import AwsRefusal
from console.datakeys.keys import Keyring
from console.datakeys.manual import reading
from console.datakeys.manual.reading import Entry, at
from console.datakeys.manual.rotation import ManualRotation
from store.harvest import DataKeyFacts
from store.records import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from console.aws.session import Account
    from console.datakeys.manual.services import Service
    from store.harvest import Placement


class Scan:
    """One reading of one service in one account and Region."""

    def __init__(
        self, service: Service, account: Account, region: str, place: Callable[[Mapping[str, str]], Placement]
    ) -> None:
        self._service = service
        self._account = account
        self._region = region
        self._place = place
        self._client = account.client(service.client, region)
        self._keyring = Keyring(account, region)

    def facts(self) -> Iterator[DataKeyFacts | AwsRefusal]:
        """One resource that refuses does not stop the others."""
        bulk: Mapping[str, Mapping[str, str]] | None = None
        asked = False
        for entry in reading.entries(self._service, self._client):
            if isinstance(entry, AwsRefusal):
                yield entry
                continue
            if not asked:
                bulk, asked = self._bulk_tags(), True
            try:
                tags = self._tags(entry, bulk)
            except AwsRefusal as refusal:
                yield AwsRefusal(refusal.code, f"{self._label(entry)}: {refusal.message}", refusal.operation)
                continue
            if (told := self._holder(entry, tags)) is not None:
                yield told

    def _bulk_tags(self) -> Mapping[str, Mapping[str, str]] | None:
        if not self._service.bulk:
            return None
        try:
            return tagging.tags_of(self._account.client("resourcegroupstaggingapi", self._region), self._service.bulk)
        except AwsRefusal:  # resource by resource then
            return None

    def _tags(self, entry: Entry, bulk: Mapping[str, Mapping[str, str]] | None) -> Mapping[str, str]:
        if self._service.tags:
            return reading.pairs(at(entry, self._service.tags))
        if bulk is not None:
            return bulk.get(self._arn(entry), {})
        return reading.tags_of(self._service, self._client, entry)

    def _label(self, entry: Entry) -> str:
        return str(at(entry, self._service.label) or "")

    def _arn(self, entry: Entry) -> str:
        return reading.filled(self._service.arn, entry, self._service, self._client, self._account.account_id)

    def _holder(self, entry: Entry, tags: Mapping[str, str]) -> DataKeyFacts | None:
        service = self._service
        key = self._keyring.arn(str(at(entry, service.key) or ""))
        status = self._status(entry, key)
        if service.holds and not at(entry, service.holds) and status is not Status.ENCRYPTED:
            return None  # an empty vault under nobody's CMK: there is no data key, and nothing to keep in mind
        return DataKeyFacts(
            service.name,
            service.granularity,
            reading.filled(service.id, entry, service, self._client, self._account.account_id),
            self._account.account_id,
            self._region,
            self._place(tags),
            name=self._title(entry, tags),
            arn=self._arn(entry),
            key_ref=key,
            status=status,
            created_at=_moment(at(entry, service.created)) if service.created else None,
            detail=tuple((name, str(at(entry, path))) for name, path in service.detail if at(entry, path) is not None),
        )

    def _title(self, entry: Entry, tags: Mapping[str, str]) -> str:
        if self._service.title:
            return str(tags.get("Name") or "")
        return self._label(entry)

    def _status(self, entry: Entry, key: str) -> Status:
        if key:
            return self._keyring.status(key)
        sealed = at(entry, self._service.sealed) if self._service.sealed else True
        return Status.AWS_MANAGED if sealed in (True, "true") else Status.UNENCRYPTED


def _moment(value: Any) -> int | None:
    return epoch(value) if isinstance(value, datetime) else None


class ManualKind:
    """One service of the table as a kind of data key."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.name = service.name
        self.labels = (f"slice.{service.name}",) * 2
        self.granularity = service.granularity
        self.rotation = ManualRotation(service)
        self.probes = probes_of(service)
        # Whoever has none of a service has no reason to let us look: that is a gap, and no fault.
        self.spare = frozenset(self.probes)

    def discover(
        self, account: Account, region: str, place: Callable[[Mapping[str, str]], Placement]
    ) -> Iterator[DataKeyFacts | AwsRefusal]:
        return Scan(self._service, account, region, place).facts()


def probes_of(service: Service) -> dict[str, Callable[[Account, str], object]]:
    """A call per IAM action: of the listing, of what is asked of each, and of its tags; as much as there is."""
    listing, *each = service.actions
    probes: dict[str, Callable[[Account, str], object]] = {listing: partial(_list, service)}
    probes |= {action: partial(_whole, service) for action in each}
    return probes | {action: partial(_tags, service) for action in service.spare}


def _list(service: Service, account: Account, region: str) -> object:
    return reading.first_listed(service, account.client(service.client, region))


def _whole(service: Service, account: Account, region: str) -> object:
    client = account.client(service.client, region)
    listed = reading.first_listed(service, client)
    if not listed:
        return None
    told = reading.whole(service, client, listed[:1])[0]
    if isinstance(told, AwsRefusal):
        raise told
    return told


def _tags(service: Service, account: Account, region: str) -> object:
    found = _whole(service, account, region)
    client = account.client(service.client, region)
    return reading.tags_of(service, client, found) if isinstance(found, dict) else None
