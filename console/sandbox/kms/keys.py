"""What the KMS remembers: keys, their key materials, aliases and grants, as plain records that pickle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from console.sandbox.callers import Caller

ENABLED, DISABLED = "Enabled", "Disabled"
PENDING_DELETION, PENDING_IMPORT = "PendingDeletion", "PendingImport"
GONE = "Gone"  # not a state of AWS's: marks a record that only the schedule still holds
AUTOMATIC, ON_DEMAND = "AUTOMATIC", "ON_DEMAND"
SYMMETRIC = "SYMMETRIC_DEFAULT"


@dataclass(slots=True)
class Material:
    """One backing key. `id` is 64 hex digits; the first material of a key has neither `rotated` nor `kind`."""

    id: str
    secret: bytes
    rotated: datetime | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """The last cryptographic operation that succeeded."""

    operation: str
    moment: datetime
    event_id: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Alias:
    """A name for a key, in the account and Region of that key."""

    name: str
    target: str
    created: datetime
    updated: datetime


@dataclass(slots=True)
class Grant:
    """A permission on one key; `constraints` as the API has them."""

    id: str
    key_arn: str
    created: datetime
    issuer: str
    operations: tuple[str, ...]
    wishes: dict[str, Any]
    constraints: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.wishes.get("Name", ""))

    def entry(self) -> dict[str, Any]:
        """The grant as ListGrants tells it."""
        told = {
            "KeyId": self.key_arn,
            "GrantId": self.id,
            "CreationDate": self.created,
            "IssuingAccount": f"arn:aws:iam::{self.issuer}:root",
            "Operations": list(self.operations),
            **self.wishes,
        }
        return told | ({"Constraints": self.constraints} if self.constraints else {})


@dataclass(slots=True)
class Key:
    """A KMS key with everything that hangs on it; `period` in days, absent while automatic rotation is off."""

    id: str
    arn: str
    account: str
    region: str
    created: datetime
    spec: str
    usage: str
    origin: str
    policy: str
    description: str = ""
    manager: str = "CUSTOMER"
    multi_region: bool = False
    state: str = ENABLED
    materials: list[Material] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    aliases: set[str] = field(default_factory=set)
    grants: dict[str, Grant] = field(default_factory=dict)
    period: int | None = None
    next_rotation: datetime | None = None
    turning: datetime | None = None  # start of an on-demand rotation under way
    deletion: datetime | None = None
    last_use: Use | None = None
    private: bytes = b""  # DER of an asymmetric key, made when first needed

    @property
    def current(self) -> Material:
        return self.materials[-1]

    @property
    def symmetric(self) -> bool:
        return self.spec == SYMMETRIC

    def material(self, material_id: str) -> Material | None:
        return next((one for one in reversed(self.materials) if one.id == material_id), None)


@dataclass(slots=True)
class Ask:
    """One call under way; what it touches is noted for CloudTrail and GetKeyLastUsage."""

    caller: Caller
    region: str
    operation: str
    params: dict[str, Any]
    now: datetime
    keys: list[Key] = field(default_factory=list)
    materials: list[str] = field(default_factory=list)
