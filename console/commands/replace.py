"""The wish to let a CMK give way to a new one for the same place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from console.commands.command import Command, option
from console.commands.runs import Walked, start_run
from console.errors import NotFound, Refused, UsageError
from console.policy import Grant
from store.records import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.commands.command import Services
    from console.workflow.views import Plan
    from console.workflows.cmk_use import Witness
    from store.answers import Cmk
    from store.records import NodeRef


@dataclass(frozen=True, slots=True)
class Heard:
    """What every witness says of the use of a CMK; `now` is when they were heard, in epoch seconds."""

    arn: str
    witnesses: list[Witness]
    now: int


@dataclass(frozen=True, slots=True)
class ReplaceCmk(Command):
    """Replace a CMK: told (`plan`), or begun (`yes`); `check` only asks whether anything uses it. `ref` stands for
    `cmk` where the node is known already. With `go` false the run is only recorded, for a screen that goes on with it.
    """

    name: ClassVar[str] = "replace"
    needs: ClassVar[Grant] = Grant.APPROVE
    cmk: str = option("", positional=True, metavar="CMK")
    plan: bool = option(default=False)
    check: bool = option(default=False)
    yes: bool = option(default=False)
    ref: NodeRef | None = None
    go: bool = True

    def wants(self) -> Grant:
        if self.check:
            return Grant.REFRESH
        return Grant.LOOK if self.plan else self.needs

    def run(self, services: Services, listen: Callable[[Any], None]) -> Plan | Walked | Heard:
        from console.workflows.cmk_replacement import NAME, wish_of

        if services.settings.role != "admin":
            raise Refused("replacement.admins", role=services.settings.role)
        if not (self.plan or self.check or self.yes):
            raise UsageError("replacement.sure")
        cmk = self._cmk(services)
        if self.check:
            return self._heard(services, cmk)
        wish = wish_of(cmk, services.catalog, services.settings)
        for view in services.guided(write=False).list():
            if not self.plan and view.run.workflow == NAME and view.run.facts["old"] == cmk.facts.arn:
                raise UsageError("replacement.under_way", run=view.run_id)
        return start_run(services, wish, listen, plan=self.plan, go=self.go)

    def _cmk(self, services: Services) -> Cmk:
        ref = self.ref or services.catalog.find(self.cmk)
        found = services.catalog.cmks.get(ref.id) if ref.kind is Kind.CMK else None
        if found is None:
            raise NotFound("replacement.no_cmk", cmk=self.cmk)
        return found

    def _heard(self, services: Services, cmk: Cmk) -> Heard:
        from console.workflow.model import Lane
        from console.workflows.cmk_use import Hearing, since_of

        engine, now, facts = services.guided(write=False), services.settings.now(), cmk.facts
        client = engine.lanes.account(Lane.CENTRAL, "").client("kms", facts.region)
        since = since_of(engine.list(ended=True), facts.arn, now)
        hearing = Hearing(services.store, services.settings, client, facts.arn, since, now)
        return Heard(facts.arn, hearing.all(), now)
