"""Whose key a resource is under (ours, AWS's own, somebody else's), and whether a CMK can be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.aws import kms
from console.aws.refusals import AwsRefusal
from console.errors import ConsoleError
from store.records import Status

if TYPE_CHECKING:
    from console.aws.session import Account
    from console.workflow.context import Context


def kms_of(ctx: Context, arn: str) -> Any:
    """KMS where the CMK is: its Region is in its ARN."""
    return ctx.client("kms", f"{arn}:::::".split(":")[3] or ctx.facts["region"], ctx.facts["account"])


def usable(ctx: Context, *arns: str) -> None:
    """That each of these CMKs can be used; '' is none. Asked before anything is done, and again where it matters.

    Where a CMK may only be used by way of a service (kms:ViaService) nobody may describe it: then that service tells.

    Raises:
        ConsoleError: one cannot; the sentence names its state.
        AwsRefusal: AWS does not say.
    """
    for arn in dict.fromkeys(filter(None, arns)):
        try:
            state = kms.describe_key(kms_of(ctx, arn), arn)["KeyState"]
        except AwsRefusal as refusal:
            if not refusal.denied:
                raise
            continue
        if state != "Enabled":
            raise ConsoleError("rotation.cmk_unusable", cmk=arn, state=state)


class Keyring:
    """Keys named by resources of one account and Region. Asks AWS only of keys in the account itself."""

    def __init__(self, account: Account, region: str) -> None:
        self._account = account
        self._region = region
        self._aliases: dict[str, str] | None = None
        self._managed: dict[str, bool] = {}

    def arn(self, reference: str) -> str:
        """The key ARN behind a key id, alias name, alias ARN or ARN; as written when it cannot be told.

        A bare id or name is the account's own: services look it up where the caller is.
        """
        if ":key/" in reference or not reference:
            return reference
        if ":alias/" in reference:
            return self._target(reference) or reference
        if reference.startswith("alias/"):
            return self._target(f"{self._prefix}:{reference}") or reference
        return f"{self._prefix}:key/{reference}"

    def status(self, arn: str) -> Status:
        """ENCRYPTED under the central account's keys, AWS_MANAGED, else FOREIGN; UNKNOWN: an alias."""
        owner = f"{arn}:::::".split(":")[4]
        if owner == self._account.central_account:
            return Status.ENCRYPTED
        if ":key/" not in arn:
            return Status.UNKNOWN
        if owner == self._account.account_id and self._is_managed(arn):
            return Status.AWS_MANAGED
        return Status.FOREIGN

    @property
    def _prefix(self) -> str:
        partition = self._account.client("kms", self._region).meta.partition
        return f"arn:{partition}:kms:{self._region}:{self._account.account_id}"

    def _target(self, alias_arn: str) -> str:
        key_id = self._known_aliases().get(alias_arn, "")
        return f"{self._prefix}:key/{key_id}" if key_id else ""

    def _known_aliases(self) -> dict[str, str]:
        if self._aliases is None:
            try:
                listed = kms.list_aliases(self._account.client("kms", self._region))
            except AwsRefusal:  # a courtesy of the tenant, not a condition: DescribeKey may still tell
                listed = []
            self._aliases = {alias.arn: key_id for key_id, alias in listed}
        return self._aliases

    def _is_managed(self, arn: str) -> bool:
        if arn not in self._managed:
            self._managed[arn] = self._by_alias(arn) or self._by_description(arn)
        return self._managed[arn]

    def _by_alias(self, arn: str) -> bool:
        key_id = arn.rpartition("/")[2]
        return any(":alias/aws/" in alias and key_id == target for alias, target in self._known_aliases().items())

    def _by_description(self, arn: str) -> bool:
        if self._aliases:
            return False
        try:
            metadata = kms.describe_key(self._account.client("kms", self._region), arn)
        except AwsRefusal:
            return False
        return bool(metadata.get("KeyManager") == "AWS")
