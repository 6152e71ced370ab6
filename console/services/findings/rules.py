"""The rules by name with how bad each is; each has the texts `finding.RULE`, `.why`, `.todo` and `.who`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store.cases import Fault
from store.faults import Severity

if TYPE_CHECKING:
    from store.cases import Spot
    from store.records import NodeRef

CRITICAL, HIGH, MEDIUM, LOW, INFO = reversed(Severity)

SEVERITIES = {
    # Somebody else's key decides over the data, or no key will soon.
    "dk_other_tenant": CRITICAL,
    "dk_cmk_gone": CRITICAL,
    "cmk_pending_deletion": CRITICAL,
    "cmk_unavailable": CRITICAL,
    "policy_anyone": CRITICAL,
    # Nobody guards the border between environments, or the data has no key of ours.
    "dk_other_application": HIGH,
    "dk_other_environment": HIGH,
    "environment_elsewhere": HIGH,
    "environment_without_cmk": HIGH,
    "dk_unencrypted": HIGH,
    "cmk_disabled": HIGH,
    "alias_astray": HIGH,
    "policy_no_administrator": HIGH,
    "policy_foreign_account": HIGH,
    # Not as agreed, and nothing is lost yet.
    "cmk_shared": MEDIUM,
    "dk_aws_managed": MEDIUM,
    "dk_sse_s3": MEDIUM,
    "dk_foreign_key": MEDIUM,
    "rotation_off": MEDIUM,
    "rotation_overdue": MEDIUM,
    "dk_too_old": MEDIUM,
    "tags_contradict_alias": MEDIUM,
    "sync_gap": MEDIUM,
    # Untidy: others will be led astray by it.
    "cmk_untagged": LOW,
    "cmk_tags_partial": LOW,
    "dk_tags_contradict": LOW,
    "dk_shared": LOW,
}
"""Every rule there is. INFO is left for what is only good to know."""


def fault(rule: str, ref: NodeRef, own: Spot, home: Spot | None = None, **more: Any) -> Fault:
    """`rule` broken by `ref`; what has no place of its own is where the tree shows it."""
    shown = own if home is None else home
    return Fault(rule, SEVERITIES[rule], ref, own if own.place_id else shown, shown, **more)
