"""The ways there are for a secret: only a version made anew has a new data key; another CMK alone wraps the old one.

From *Secret encryption and decryption* (Secrets Manager guide) and UpdateSecret's KmsKeyId.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.aws import vault
from console.datakeys.estimates import KMS, Part, Work, just
from console.datakeys.holders import Holder, Holding
from console.datakeys.routes import Effect, Route
from console.datakeys.secret.steps import MOVE, PUT

if TYPE_CHECKING:
    from console.aws.session import Account
    from console.datakeys.estimates import Basis, Size
    from console.datakeys.routes import Subject
    from console.workflow.model import Known, Step

NEEDS = (
    "secretsmanager:DescribeSecret", "secretsmanager:ListSecretVersionIds", "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage", "kms:Decrypt", "kms:DescribeKey",
    "kms:GenerateDataKey",
)  # fmt: skip
CALLS = {"put": 12, "move": 14, "update_key": 1}
"""Requests to Secrets Manager by route, those of looking and proving among them."""

STEPS = {"put": PUT, "move": MOVE}
"""By route; the route that rotates nothing has none."""


class SecretRotation:
    """The same value as a new version, under the same CMK or another."""

    def routes(self, subject: Subject) -> tuple[Route, ...]:
        values = {"cmk": subject.cmk, "intended": subject.intended}
        never = _never(subject)
        values |= never[1]
        same = "route.secret.put.moves" if subject.moves else ""
        move = "" if subject.moves else "route.secret.move.same"
        if not subject.intended:
            same = move = "route.secret.put.managed"
        put = Route("secret", "put", Effect.NEW_DK, never[0] or same, values, NEEDS)
        moving = Route("secret", "move", Effect.NEW_DK, never[0] or move, values,
                       (*NEEDS, "secretsmanager:UpdateSecret", "kms:Encrypt"))  # fmt: skip
        naive = Route("secret", "update_key", Effect.REWRAP, "route.unchanged", values)
        return (moving, put, naive) if subject.moves else (put, moving, naive)

    def facts(self, subject: Subject, route: Route) -> dict[str, Any]:  # noqa: ARG002 - nothing more than the subject's
        return {}

    def work(self, subject: Subject, route: Route, size: Size | None, basis: Basis) -> Work:  # noqa: ARG002 - all secrets are small
        calls = just(CALLS[route.name])
        return Work((Part("calls_s", calls),), (Part("secret_calls_10000", calls), Part(KMS, calls)))

    def holding(self, account: Account, subject: Subject, size: Size | None) -> Holding:  # noqa: ARG002 - one is enough
        """The version that is current now stays as AWSPREVIOUS."""
        now = vault.current(account.client("secretsmanager", subject.region), subject.resource_id)
        if not now:
            return Holding()
        return Holding(1, (Holder("version", str(now["VersionId"]), str(now.get("CreatedDate", ""))[:10]),))

    def steps(self, known: Known) -> tuple[Step, ...]:
        return STEPS[known.facts["route"]]


def _never(subject: Subject) -> tuple[str, dict[str, str]]:
    """Why no route can be taken, and what that sentence names."""
    told = dict(subject.detail)
    if primary := told.get("replica_of"):
        return "route.secret.replica", {"primary": primary}
    if owner := told.get("managed_by"):
        return "route.secret.managed", {"owner": owner}
    return "", {}
