"""Secrets Manager as a scan tells it: a secret's data key is that of the version readers get now."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ClassVar

from console.aws import vault
from console.aws.moment import epoch
from console.aws.refusals import AwsRefusal
from console.aws.session import ask
from console.datakeys.keys import Keyring
from console.datakeys.secret.rotation import SecretRotation
from store.harvest import DataKeyFacts
from store.records import Granularity, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from console.aws.session import Account
    from console.datakeys.routes import Rotation
    from store.harvest import Placement

AT_ONCE = 8
"""Secrets asked for their versions at the same time: there is no bulk reading of those."""


class Scan:
    """One reading of one account and Region."""

    def __init__(self, account: Account, region: str, place: Callable[[Mapping[str, str]], Placement]) -> None:
        self._client = account.client("secretsmanager", region)
        self._account = account.account_id
        self._region = region
        self._place = place
        self._keyring = Keyring(account, region)

    def facts(self) -> Iterator[DataKeyFacts]:
        """A version that cannot be looked at costs its date, not the secret."""
        listed = list(vault.secrets(self._client))
        if not listed:
            return
        with ThreadPoolExecutor(AT_ONCE) as pool:
            yield from map(self._secret, listed, pool.map(self._current, listed))

    def _current(self, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return vault.current(self._client, entry["ARN"])
        except AwsRefusal as refusal:
            if not refusal.denied and refusal.code != vault.GONE:
                raise
            return {}

    def _secret(self, entry: Mapping[str, Any], current: Mapping[str, Any]) -> DataKeyFacts:
        key = self._keyring.arn(entry.get("KmsKeyId") or "")
        detail = (
            ("version", current.get("VersionId", "")),
            ("version_keys", ", ".join(sorted(current.get("KmsKeyIds") or ()))),
            ("automatic_rotation", "true" if entry.get("RotationEnabled") else ""),
            ("managed_by", entry.get("OwningService") or ""),
            ("replica_of", self._elsewhere(entry)),
        )
        return DataKeyFacts(
            SecretKind.name,
            Granularity.SECRET,
            entry["ARN"],
            self._account,
            self._region,
            self._place({tag["Key"]: tag["Value"] for tag in entry.get("Tags") or ()}),
            name=entry["Name"],
            arn=entry["ARN"],
            key_ref=key,
            # Secrets Manager encrypts always: without a key of its own it is AWS's (aws/secretsmanager).
            status=self._keyring.status(key) if key else Status.AWS_MANAGED,
            created_at=epoch(current.get("CreatedDate")),
            detail=tuple((name, told) for name, told in detail if told),
        )

    def _elsewhere(self, entry: Mapping[str, Any]) -> str:
        """The Region whose copy this is; '' where the secret is at home."""
        primary = str(entry.get("PrimaryRegion") or "")
        return "" if primary == self._region else primary


def _list(account: Account, region: str) -> object:
    return ask(account.client("secretsmanager", region), "list_secrets", MaxResults=1)


def _versions(account: Account, region: str) -> object:
    client = account.client("secretsmanager", region)
    found = next(iter(ask(client, "list_secrets", MaxResults=1).get("SecretList", ())), None)
    return vault.current(client, found["ARN"]) if found else None


class SecretKind:
    """Secrets with their CMK, tags and the version that is current."""

    name: ClassVar[str] = "secret"
    labels: ClassVar[tuple[str, str]] = ("kind.secret.one", "kind.secret.many")
    granularity: ClassVar[Granularity] = Granularity.SECRET
    probes: ClassVar[Mapping[str, Callable[[Account, str], object]]] = {
        "secretsmanager:ListSecrets": _list,
        "secretsmanager:ListSecretVersionIds": _versions,
    }
    spare: ClassVar[frozenset[str]] = frozenset({"secretsmanager:ListSecretVersionIds"})
    rotation: ClassVar[Rotation | None] = SecretRotation()

    def discover(
        self, account: Account, region: str, place: Callable[[Mapping[str, str]], Placement]
    ) -> Iterator[DataKeyFacts | AwsRefusal]:
        return Scan(account, region, place).facts()
