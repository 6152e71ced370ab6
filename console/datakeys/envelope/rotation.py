"""The ways there are for files: only a message made anew has a new data key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.datakeys.envelope import prefix
from console.datakeys.envelope.renewing import RENEW
from console.datakeys.envelope.steps import REWRITE
from console.datakeys.envelope.work import measured, work
from console.datakeys.routes import Effect, Route

if TYPE_CHECKING:
    from console.aws.session import Account
    from console.datakeys.estimates import Basis, Size, Work
    from console.datakeys.routes import Subject
    from console.workflow.model import Known, Step


class FileRotation:
    """Each file opened, sealed anew beside itself, and swapped; in a bucket put in its place under a condition."""

    def routes(self, subject: Subject) -> tuple[Route, ...]:
        values = {"cmk": subject.cmk, "intended": subject.intended}
        refused = "" if subject.intended else "route.file.rewrite.no_cmk"
        needs = ("kms:Decrypt", "kms:GenerateDataKey")
        return (
            Route("file", "rewrite", Effect.NEW_DK, refused, values, needs),
            Route("file", "rewrap", Effect.REWRAP, "route.unchanged", values, ("kms:ReEncryptFrom", "kms:ReEncryptTo")),
        )

    def facts(self, subject: Subject, route: Route) -> dict[str, Any]:  # noqa: ARG002 - one route that can be taken
        root = dict(subject.detail).get("folder", subject.resource_id)
        return {"folder": root, "file": subject.resource_id.removeprefix(root).removeprefix("/")}

    def steps(self, known: Known) -> tuple[Step, ...]:
        return RENEW if prefix.named(known.facts["folder"]) else REWRITE

    def work(self, subject: Subject, route: Route, size: Size | None, basis: Basis) -> Work:
        return work(subject, route.name, size, basis)

    def measured(self, account: Account, subject: Subject) -> Size:
        return measured(account, subject)
