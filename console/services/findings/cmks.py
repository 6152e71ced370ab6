"""What can be wrong with a CMK by itself: its state, its rotation, its tags and its policy. Pure functions."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from console.services.findings.rules import fault
from store.records import Kind, NodeRef, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from console.services.findings.policies import PolicyFacts
    from store.cases import AgedCase, CmkCase, Fault

DAY = 86_400

_ROTATES = ("SYMMETRIC_DEFAULT", "AWS_KMS")
"""Key spec and origin of what rotates by itself; imported, asymmetric and HMAC keys and custom stores never do."""

_UNUSABLE = {
    "Disabled": "cmk_disabled",
    "PendingDeletion": "cmk_pending_deletion",
    "PendingReplicaDeletion": "cmk_pending_deletion",
    "PendingImport": "cmk_unavailable",
    "Unavailable": "cmk_unavailable",
}

_PARTIAL = ("place.no_tenant", "place.no_application", "place.no_environment")


def judge_state(cmk: CmkCase) -> Fault | None:
    """A CMK that cannot be used while data stands under it; one without data may be as it likes."""
    rule = _UNUSABLE.get(cmk.state)
    if rule is None or not cmk.holders:
        return None
    date = day(cmk.deletion_at) if cmk.deletion_at is not None else ""
    values = (("number", cmk.holders), ("date", date), ("state", cmk.state))
    return fault(rule, ref(cmk), cmk.spot, cmk_id=cmk.id, found=date or cmk.state, values=values)


def judge_rotation(cmk: CmkCase, grace_days: int) -> Fault | None:
    """Rotation that is off, or overdue by more than the grace.

    Only keys that rotate by themselves, and only while enabled: a disabled one pauses, one that waits for deletion
    has none. A replica follows its primary. A date that went by counts only if rotation was looked at after it.
    """
    if (cmk.key_spec, cmk.origin) != _ROTATES or cmk.manager == "AWS":
        return None
    if cmk.state != "Enabled" or cmk.multi_region == "REPLICA" or cmk.rotation_enabled is None:
        return None
    if not cmk.rotation_enabled:
        return fault("rotation_off", ref(cmk), cmk.spot, cmk_id=cmk.id)
    due = cmk.rotation_next
    if due is None or cmk.rotation_started is not None or cmk.rotation_at <= due + grace_days * DAY:
        return None
    days = (cmk.rotation_at - due) // DAY
    values = (("date", day(due)), ("days", days))
    return fault("rotation_overdue", ref(cmk), cmk.spot, cmk_id=cmk.id, expected=day(due), values=values, since=due)


def judge_tags(cmk: CmkCase) -> Fault | None:
    """No tags, or too few to place it by. Tags that could not be read are a gap, not a fault; AWS's keys have none."""
    if cmk.manager == "AWS":
        return None
    if cmk.place_reason in _PARTIAL:
        return fault(
            "cmk_tags_partial", ref(cmk), cmk.spot, cmk_id=cmk.id, found=cmk.place_reason, since=cmk.created_at
        )
    if cmk.place_reason == "place.no_tags" or cmk.place_source == Source.INFERRED:
        return fault("cmk_untagged", ref(cmk), cmk.spot, cmk_id=cmk.id, since=cmk.created_at)
    return None


def judge_policy(
    cmk: CmkCase, policy: PolicyFacts, own: frozenset[str], others: dict[str, str], told: frozenset[str]
) -> Iterator[Fault]:
    """A policy that nobody of the key's account can change any more, or that lets in who is not its tenant.

    `own` are the accounts of the CMK's tenant, `others` those of the others with their tenants' names, `told` those
    whose data stands under the CMK, which is a finding already. Of an account that nobody knows, nothing is said
    where the tenant's own accounts are not known either; nor of any account where nobody knows whose the CMK is.
    """
    if not policy.readable:
        return
    if cmk.account_id not in policy.administrators:
        values = (("account", cmk.account_id), ("dead", ", ".join(policy.dead)))
        found = ", ".join(policy.dead)
        yield fault(
            "policy_no_administrator", ref(cmk), cmk.spot, cmk_id=cmk.id, expected=cmk.account_id, found=found,
            values=values,
        )  # fmt: skip
    if policy.anyone:
        yield fault("policy_anyone", ref(cmk), cmk.spot, cmk_id=cmk.id, found="*")
    for account in sorted(policy.accounts - own - told - {cmk.account_id}):
        if cmk.spot.tenant_id and (own or account in others):
            yield fault(
                "policy_foreign_account", ref(cmk), cmk.spot, cmk_id=cmk.id, detail=account,
                expected=", ".join(sorted(own)), found=account, values=(("account", account),),
            )  # fmt: skip


def judge_age(cmk: CmkCase, aged: AgedCase | None, days: int) -> Fault:
    """Data keys older than `days`. The oldest one says when it began, also where that is still to come. Only proof of a
    new data key makes one younger; of what came to something else, that is told.
    """
    oldest = cmk.oldest or 0
    begins = oldest + days * DAY
    values: tuple[tuple[str, str | int], ...] = (
        ("number", aged.number if aged else 0), ("days", days), ("date", day(oldest)),
    )  # fmt: skip
    if aged and aged.tried:
        values += (("tried", aged.tried), ("tried_at", day(aged.tried_at)))
    following = aged.next_at if aged else None
    return fault(
        "dk_too_old", ref(cmk), cmk.spot, cmk_id=cmk.id, expected=day(begins), found=day(oldest), values=values,
        since=begins, begins=begins, again=None if following is None else following + days * DAY,
    )  # fmt: skip


def ref(cmk: CmkCase) -> NodeRef:
    return NodeRef(Kind.CMK, cmk.id)


def day(moment: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(moment))
