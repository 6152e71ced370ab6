"""Who calls: what an access key says about account, principal and session."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """The principal behind one request.

    `arn` is an IAM user, role session (`arn:aws:sts::…:assumed-role/NAME/SESSION`) or account root;
    `service` is set when an AWS service calls on somebody's behalf (`ec2.amazonaws.com`), as CloudTrail's
    `invokedBy` and a key policy's `kms:ViaService` see it.
    """

    account: str
    arn: str
    principal_id: str = ""
    service: str = ""
