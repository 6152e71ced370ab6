"""Which error a pasted text is about, what that error means here, and what to do next; pure rules.

Each rule has the texts `trouble.NAME.what` and `trouble.NAME.todo`; where the CMK's own state explains the error,
`trouble.state.STATE.what` and `.todo` come first. `source` is the document behind it, `confirmed` is False where no
document or event that we read says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.records import Status

if TYPE_CHECKING:
    from console.services.cards import Card

MOST = 3
"""Errors told of one text; a stack trace repeats itself, and what came first caused the rest."""

TENANT, KMS, BOTH = "tenant", "kms", "both"
"""Whose turn it is: `card.who.NAME`."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One recognised error: the rule's name, AWS's own word for it as it stands in the text, and the call that was
    refused where the text names it ('' where not).
    """

    name: str
    word: str
    who: str
    source: str
    confirmed: bool = True
    action: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """What one error means for one thing: text keys, and the values that fill them (epoch seconds are dates)."""

    trouble: Trouble
    what: tuple[str, ...]
    todo: tuple[str, ...]
    values: tuple[tuple[str, str | int], ...] = ()


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    pattern: re.Pattern[str]
    who: str
    source: str
    confirmed: bool = True


def _rule(name: str, pattern: str, who: str, source: str, *, confirmed: bool = True) -> _Rule:
    return _Rule(name, re.compile(pattern, re.IGNORECASE), who, source, confirmed)


_RULES = (
    _rule("dry_run", r"\bDryRunOperation(?:Exception)?\b", TENANT, "botocore kms DryRun"),
    _rule("revoked", r"\b(?:Client\.)?CustomerKeyHasBeenRevoked\b", BOTH, "EBS how-ebs-encryption-works; CloudTrail"),
    _rule("snapshot_key", r"\bGiven key ID is not accessible\b", BOTH, "EBS ebs-encryption-requirements"),
    _rule("rds_key", r"\binaccessible-encryption-credentials(?:-recoverable)?\b", BOTH, "RDS overview-encryption"),
    _rule("bucket_owner", r"\bmust be owned by the same account as the bucket\b", TENANT, "botocore s3"),
    _rule("invalid_state", r"\bKMSInvalidState(?:Exception)?\b|\bis pending (?:deletion|import)\b", KMS,
          "botocore kms KMSInvalidStateException"),
    _rule("disabled", r"\bDisabledException\b|\bkey/[0-9a-z-]{1,60} is disabled\b", KMS, "botocore kms"),
    _rule("throttled", r"\bThrottl(?:ing|ed)Exception\b|\bexceeded the rate at which you may call KMS\b", TENANT,
          "KMS throttling; requests-per-second"),
    _rule("unavailable", r"\b(?:KeyUnavailable|KMSInternal|DependencyTimeout)Exception\b", TENANT, "botocore kms"),
    _rule("incorrect_key", r"\bIncorrectKeyException\b", TENANT, "botocore kms", confirmed=False),
    _rule("ciphertext", r"\bInvalidCiphertextException\b", TENANT, "botocore kms", confirmed=False),
    _rule("limit", r"\bLimitExceeded(?:Exception)?\b", KMS, "KMS resource-limits"),
    _rule("conflict", r"\bConflictException\b", KMS, "botocore kms ConflictException", confirmed=False),
    _rule("unsupported", r"\bUnsupportedOperationException\b", KMS, "botocore kms ListKeyRotations"),
    _rule("invalid_key", r"\bInvalid(?:KMS)?KeyId(?:\.\w+)?\b|\bInvalidArnException\b", TENANT,
          "KMS key-policy-modifying-external-accounts", confirmed=False),
    _rule("not_found", r"\bNotFoundException\b", TENANT, "KMS accessing-kms"),
    _rule("denied", r"\bAccessDenied(?:Exception)?\b|\bnot authorized to perform: *kms:|\bUnauthorizedOperation\b",
          BOTH, "KMS key-policy-modifying-external-accounts"),
)  # fmt: skip
"""The surest first: what a service says of a key is told before what it says of the call."""

_KMS_WORDS = re.compile(r"\bkms\b|\bkms[:.A-Z]|\bCMK\b|alias/|EncryptionKey|encrypt|KMS", re.IGNORECASE)
_ABOUT_KMS = frozenset({"throttled", "limit", "conflict", "unsupported", "not_found", "denied"})
"""Errors that every service knows: they count only where the text speaks of KMS."""

_ACTION = re.compile(r"\bkms:([A-Z][A-Za-z]{2,50})\b")

_ACROSS = frozenset({
    "Encrypt", "Decrypt", "ReEncrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext", "GenerateMac",
    "VerifyMac", "Sign", "Verify", "DeriveSharedSecret", "CreateGrant", "DescribeKey", "GetKeyRotationStatus",
    "GetPublicKey", "ListGrants", "RetireGrant", "RevokeGrant",
})  # fmt: skip
"""What can be called on a key of another account; everything else fails whatever the policy says."""

_STATES = frozenset({
    Status.DISABLED, Status.PENDING_DELETION, Status.PENDING_IMPORT, Status.UNAVAILABLE, Status.CREATING,
    Status.UPDATING,
})  # fmt: skip
_ABOUT_STATE = frozenset({"invalid_state", "disabled", "revoked", "rds_key", "snapshot_key"})
"""Errors that the state of the CMK may explain."""

_ONLY_STATE = frozenset({"invalid_state", "disabled"})
"""Errors that say nothing more than that state."""


def troubles(text: str) -> tuple[Trouble, ...]:
    """The errors that a plain text tells of, at most MOST."""
    about_kms = bool(_KMS_WORDS.search(text))
    action = _ACTION.search(text)
    found = []
    for rule in _RULES:
        if rule.name in _ABOUT_KMS and not about_kms:
            continue
        if match := rule.pattern.search(text):
            refused = action[1] if action and rule.name == "denied" else ""
            found.append(Trouble(rule.name, match[0], rule.who, rule.source, rule.confirmed, refused))
    return tuple(found[:MOST])


def advised(trouble: Trouble, card: Card | None, on_demand_limit: int) -> Advice:
    """What this error means, with what the cache knows of the CMK that it is about (None: nothing)."""
    what, todo = [f"trouble.{trouble.name}.what"], [f"trouble.{trouble.name}.todo"]
    values: list[tuple[str, str | int]] = [("word", trouble.word)]
    if trouble.action:
        values.append(("action", trouble.action))
        if trouble.action not in _ACROSS:
            what, todo = ["trouble.home_only.what"], ["trouble.home_only.todo"]
    if card is not None and trouble.name in _ABOUT_STATE:
        state, more = _state(card)
        told = [] if more and trouble.name in _ONLY_STATE else what
        what, todo = [f"{state}.what", *told], [f"{state}.todo"] if more else todo
        values += [("until", card.deletion_at or 0), ("read", card.read_at)]
    if card is not None and trouble.name == "limit" and (card.on_demand_used or 0) >= on_demand_limit:
        what.insert(0, "trouble.on_demand_used_up.what")
        values.append(("limit", on_demand_limit))
    return Advice(trouble, tuple(what), tuple(todo), tuple(values))


def _state(card: Card) -> tuple[str, bool]:
    """The texts for the CMK's state, and whether it explains an error about keys."""
    if card.cmk_status in _STATES:
        later = card.cmk_status is Status.PENDING_DELETION and card.deletion_at is None
        return ("trouble.state.deletion_unknown" if later else f"trouble.state.{card.cmk_status}"), True
    return (
        "trouble.state.fine" if card.cmk_status in (Status.ENABLED, Status.ROTATING) else "trouble.state.unknown"
    ), False
