"""When each kind of data key fails if its CMK is disabled, deleted, replaced or locked away; pure, one row per rule.

Sources are named as the vendors' documentation names its pages: `D` a page of AWS's documentation, `B` botocore's
own model of the call, `E` CloudTrail events that were read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from store.effects import Effect, Form, Scenario, When
from store.records import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

MINUTE, HOUR, DAY = 60, 3600, 86400
WAITING_DAYS = (7, 30)
"""Shortest and default waiting time before a CMK is deleted (B kms ScheduleKeyDeletion)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What an unusable CMK does to one form. `grant`: AWS works with a grant, which a changed policy does not take."""

    when: When
    source: str
    seconds: int | None = None
    final: int | None = None
    confirmed: bool = True
    grant: bool = False


_EBS = "D ebs/how-ebs-encryption-works"
_BUCKET_KEY = "D S3/bucket-key"

UNUSABLE: Mapping[str, Rule] = {
    "ebs_attached": Rule(When.NEXT_ATTACH, f"{_EBS}; E AttachVolume"),
    "ebs_detached": Rule(When.NOW, f"{_EBS}; E AttachVolume"),
    "ebs_volume": Rule(When.NEXT_ATTACH, f"{_EBS}; E AttachVolume"),
    "ebs_snapshot": Rule(When.NEXT_RESTORE, "D ebs/ebs-encryption-requirements"),
    "s3_no_bucket_key": Rule(When.NOW, "D S3/UsingKMSEncryption"),
    "s3_bucket_key": Rule(When.CACHED, _BUCKET_KEY, confirmed=False),
    "s3_bucket": Rule(When.NOW, _BUCKET_KEY, confirmed=False),
    "s3_object": Rule(When.NOW, "D S3/UsingKMSEncryption", confirmed=False),
    "rds": Rule(When.AFTER, "D rds/overview-encryption", 2 * HOUR, 7 * DAY, grant=True),
    "aurora": Rule(When.AFTER, "D aurora/overview-encryption", 2 * HOUR, 7 * DAY, confirmed=False, grant=True),
    "efs": Rule(When.SOON, "D efs/encryption-at-rest", grant=True),
    "dynamodb": Rule(When.AFTER, "D ddb/encryption-usagenotes", 5 * MINUTE, 7 * DAY, confirmed=False, grant=True),
    "secret": Rule(When.NOW, "D secretsmanager/security-encryption"),
    "sqs": Rule(When.AFTER, "D sqs-key-management", 5 * MINUTE),
    "redshift": Rule(
        When.AFTER, "D redshift/working-with-db-encryption", 14 * DAY, 14 * DAY, confirmed=False, grant=True
    ),
    "opensearch": Rule(When.SOON, "D opensearch/encryption-at-rest", confirmed=False, grant=True),
    "fsx": Rule(When.UNKNOWN, "D fsx; B fsx", confirmed=False),
    "backup": Rule(When.NEXT_RESTORE, "D aws-backup/encryption", confirmed=False),
    "envelope": Rule(When.NOW, "D encryption-sdk/faq"),
}
"""By the name of the rule; its sentence is the text `blast.off.NAME`."""

MOVES: Mapping[str, str] = {
    "ebs": _EBS,
    "s3": "B s3 CopyObject; B s3 UpdateObjectEncryption",
    "rds": "D rds/overview-encryption; B rds",
    "aurora": "D aurora/overview-encryption; B rds",
    "efs": "D efs/encryption-at-rest; B efs",
    "dynamodb": "D ddb/encryption-usagenotes; B dynamodb",
    "secret": "D secretsmanager/security-encryption; B secretsmanager UpdateSecret",
    "sqs": "D sqs-key-management; B sqs",
    "redshift": "D redshift/working-with-db-encryption",
    "opensearch": "D opensearch/encryption-at-rest; B opensearch",
    "fsx": "B fsx; D fsx",
    "backup": "D aws-backup/encryption; B backup",
    "envelope": "D encryption-sdk/faq; D s3-encryption-client",
}
"""How each kind goes to another CMK: the text `blast.move.KIND`, and where that stands."""

_ROTATES = "D kms/rotate-keys"
_GRANTS = "B kms CreateGrant; D rds/overview-encryption-keys"
_UNKNOWN = Effect(When.UNKNOWN, "blast.off.unknown", "blast.todo.unknown", "–", confirmed=False)

OFF = frozenset({Status.DISABLED, Status.PENDING_DELETION, Status.PENDING_IMPORT, Status.UNAVAILABLE})
"""States in which a CMK does nothing for anybody, so that what would fail now has failed already."""


def rule_name(form: Form) -> str:
    """The rule that speaks of this form; '' when none does."""
    if form.kind == "ebs":
        return "ebs_snapshot" if form.granularity == "snapshot" else f"ebs_{form.trait or 'volume'}"
    if form.kind == "s3":
        return f"s3_{form.trait}" if form.trait else f"s3_{form.granularity}"
    return form.kind if form.kind in UNUSABLE else ""


def effects(scenario: Scenario, form: Form, state: Status) -> Effect:
    """What `scenario` does to a holder of this form under a CMK in this state."""
    name = rule_name(form)
    if name not in UNUSABLE:
        return replace(_UNKNOWN, final=_deleted(None)) if scenario is Scenario.DELETE else _UNKNOWN
    if scenario is Scenario.ROTATE:
        return Effect(When.NEVER, "blast.off.rotate", "blast.todo.nothing", _ROTATES)
    if scenario is Scenario.REPLACE and state not in OFF:
        return Effect(When.RETIRED, "blast.off.replace", f"blast.move.{form.kind}", MOVES[form.kind])
    rule = UNUSABLE[name]
    if scenario is Scenario.POLICY and rule.grant and state not in OFF:
        return Effect(When.GRANTED, "blast.off.grant", "blast.todo.granted", _GRANTS, confirmed=False)
    when = When.ALREADY if rule.when is When.NOW and state in OFF else rule.when
    final = rule.final
    if scenario is Scenario.DELETE:
        final = _deleted(final)
    return Effect(
        when, f"blast.off.{name}", f"blast.todo.{when}", rule.source, rule.seconds, final, rule.confirmed
    )  # fmt: skip


def _deleted(final: int | None) -> int:
    """A deleted CMK takes all data under it along, whatever its kind; some services give up before that."""
    return min(WAITING_DAYS[1] * DAY, final or WAITING_DAYS[1] * DAY)


def undo(scenario: Scenario, state: Status) -> str:
    """The text key of how to go back."""
    if scenario is not Scenario.ROTATE and state is Status.PENDING_DELETION:
        return "blast.undo.cancel"
    if scenario in (Scenario.DISABLE, Scenario.REPLACE, Scenario.POLICY) and state is Status.DISABLED:
        return "blast.undo.disable"
    return f"blast.undo.{scenario}"
