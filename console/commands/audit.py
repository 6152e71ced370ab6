"""Wishes about the audit: to read it, to prove that nothing was changed in it, to carry it elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from console.commands.command import Command, option
from console.commands.rotations import days_of
from console.errors import UsageError
from console.policy import Grant

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.commands.command import Services
    from console.services.audit import AuditRows, Export
    from store.journal import Proof

ACTIONS = ("list", "verify", "export")
SHOWN = 100
"""Lines that `audit list` shows unless it is told how many."""


@dataclass(frozen=True, slots=True)
class ListAudit(Command):
    """What was changed and what was refused, newest first; `limit` lines at most, 0 for all."""

    name: ClassVar[str] = "audit.list"
    needs: ClassVar[Grant] = Grant.AUDIT
    since: str = ""
    who: str = ""
    limit: int = 0

    def run(self, services: Services, listen: Callable[[Any], None]) -> AuditRows:
        from console.services.audit import rows_of

        return rows_of(services.store, services.settings, days_of(self.since), self.who.strip(), self.limit)


@dataclass(frozen=True, slots=True)
class VerifyAudit(Command):
    """Whether every line is as it was written, and the last one still there; also beside a `head` kept elsewhere."""

    name: ClassVar[str] = "audit.verify"
    needs: ClassVar[Grant] = Grant.PROVE
    head: str = ""

    def run(self, services: Services, listen: Callable[[Any], None]) -> Proof:
        from console.services.audit import prove

        head = self.head.strip().lower()
        if head and not re.fullmatch("[0-9a-f]{64}", head):
            raise UsageError("audit.head", value=self.head)
        return prove(services.store, head, listen)


@dataclass(frozen=True, slots=True)
class ExportAudit(Command):
    """Every line with its hash as JSON lines, to a new `file`, or as they come for stdout."""

    name: ClassVar[str] = "audit.export"
    needs: ClassVar[Grant] = Grant.AUDIT
    file: str = ""

    def run(self, services: Services, listen: Callable[[Any], None]) -> Export:
        from console.services.audit import export

        return export(services.store, services.settings, self.file)


@dataclass(frozen=True, slots=True)
class AskAudit(Command):
    """The verb: one of ACTIONS with its options."""

    name: ClassVar[str] = "audit"
    needs: ClassVar[Grant] = Grant.AUDIT
    action: str = option("", positional=True, choices=ACTIONS)
    file: str = option("", positional=True)
    since: str = option("", metavar="30d")
    who: str = option("", metavar="TEXT")
    limit: int = option(SHOWN, metavar="N")
    head: str = option("", metavar="HASH")

    def wants(self) -> Grant:
        return Grant.PROVE if self.action == "verify" else self.needs

    def run(self, services: Services, listen: Callable[[Any], None]) -> AuditRows | Proof | Export:
        if self.file and self.action != "export":
            raise UsageError("audit.no_file")
        chosen: Command = {
            "list": ListAudit(self.since, self.who, max(0, self.limit)),
            "verify": VerifyAudit(self.head),
            "export": ExportAudit(self.file),
        }[self.action]
        answer: AuditRows | Proof | Export = chosen.run(services, listen)
        return answer
