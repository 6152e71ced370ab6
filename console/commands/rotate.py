"""Wishes about the rotation of data keys: which ways there are, to take one, and what was proven."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from console.commands.command import Command, option
from console.commands.runs import Walked, start_run
from console.errors import NotFound, UsageError
from console.policy import Grant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from console.aws.session import Account
    from console.commands.command import Services
    from console.datakeys.estimates import Estimate, Size
    from console.datakeys.holders import Holding
    from console.datakeys.preflight import Permission
    from console.datakeys.routes import Route
    from console.datakeys.s3.ledger import Result
    from console.workflow.views import Plan
    from console.workflows.rotating import Choice, Planner
    from store.records import NodeRef
    from store.verdicts import Judged


@dataclass(frozen=True, slots=True)
class RotationPlan:
    """What can be done with a data key, and every step of the way that would be taken (None: there is none).
    `permissions` are AWS's answers where they were asked; None: they were not. `campaign` is what all that were asked
    for take together, where there are several. `holding` is what AWS says will still hold the old data key.
    """

    choice: Choice
    route: Route | None
    plan: Plan | None
    permissions: tuple[Permission, ...] | None = None
    campaign: Estimate | None = None
    holding: Holding | None = None


@dataclass(frozen=True, slots=True)
class Rotated:
    """A run that was begun, and what it proved so far (None: it stands still before its proof).
    `every` are the verdicts of a run about several.
    """

    walked: Walked
    judged: Judged | None
    every: tuple[Judged, ...] = ()


@dataclass(frozen=True, slots=True)
class ObjectResults:
    """What became of each object of a run over a bucket, read as it is asked for: there may be millions."""

    run_id: str
    results: Iterable[Result]


@dataclass(frozen=True, slots=True)
class RotateDataKeys(Command):
    """Give data keys a new one: told (`plan`), or done (`yes`); several are one campaign. `check` asks AWS
    with the plan what is allowed. `cmk` is the CMK to end
    under; `refs` stand for `keys` where the nodes are known already. With `go` false a run is only recorded, for a
    screen that goes on with it. `results` names a run over a bucket instead: what became of each object.
    """

    name: ClassVar[str] = "rotate"
    needs: ClassVar[Grant] = Grant.CHANGE
    keys: tuple[str, ...] = option((), positional=True, metavar="DK")
    plan: bool = option(default=False)
    check: bool = option(default=False)
    route: str = option("", metavar="NAME")
    cmk: str = option("", metavar="ARN")
    yes: bool = option(default=False)
    results: str = option("", metavar="RUN")
    refs: tuple[NodeRef, ...] = ()
    go: bool = True

    def wants(self) -> Grant:
        return Grant.LOOK if self.plan or self.check or self.results else self.needs

    def run(
        self, services: Services, listen: Callable[[Any], None]
    ) -> list[RotationPlan] | list[Rotated] | ObjectResults:
        from console.workflows.engaged import Engaged
        from console.workflows.rotating import Planner
        from store.verdicts import Verdicts

        if self.results:
            return results_of(services, self.results)
        refs = self.refs or tuple(services.catalog.find(key) for key in self.keys)
        if not refs:
            raise UsageError("rotation.which")
        planner = Planner(services.catalog, services.settings)
        engaged = Engaged(services.guided(write=False).runs, Verdicts(services.store, services.settings.scope))
        choices = [engaged.barred(planner.choice(ref, self._intended(services))) for ref in refs]
        if self.plan or self.check:
            return self._plans(services, planner, choices)
        if not self.yes:
            raise UsageError("rotation.sure")
        routes = [choice.route(self.route) for choice in choices]  # all of them, before any begins
        wishes = planner.wishes(list(zip(choices, routes, strict=True)))
        wish = wishes[0] if len(wishes) == 1 else planner.all_of(wishes)
        walked = start_run(services, wish, listen, go=self.go)
        assert isinstance(walked, Walked)  # noqa: S101 - no plan was asked for
        found = verdicts_of(services, walked.run_id)
        return [Rotated(walked, found[0] if found else None, tuple(found))]

    def _intended(self, services: Services) -> str:
        if not self.cmk:
            return ""
        ref = services.catalog.find(self.cmk)
        found = services.catalog.cmks.get(ref.id) if ref.kind == "cmk" else None
        if found is None:
            raise UsageError("rotation.no_cmk", cmk=self.cmk)
        return found.facts.arn

    def _plans(self, services: Services, planner: Planner, choices: list[Choice]) -> list[RotationPlan]:
        sizes = [self._size(services, choice) if self.check else None for choice in choices]
        choices = [planner.weighed(choice, size) for choice, size in zip(choices, sizes, strict=True)]
        taken = [(choice, choice.route(self.route)) for choice in choices if self.route or choice.best is not None]
        campaign = planner.summed(planner.wishes(taken)) if len(taken) > 1 else None
        return [
            replace(self._planned(services, planner, choice, campaign), holding=self._holding(services, choice, size))
            for choice, size in zip(choices, sizes, strict=True)
        ]

    def _size(self, services: Services, choice: Choice) -> Size | None:
        from console.datakeys.estimates import Measuring
        from console.workflows.rotating import rotation_of

        rotation, subject = rotation_of(choice.subject.kind), choice.subject
        if not isinstance(rotation, Measuring):
            return None
        return rotation.measured(_tenant(services, subject.account_id), subject)

    def _holding(self, services: Services, choice: Choice, size: Size | None) -> Holding | None:
        from console.datakeys.holders import Held
        from console.workflows.rotating import rotation_of

        rotation, subject = rotation_of(choice.subject.kind), choice.subject
        if not self.check or not isinstance(rotation, Held):
            return None
        return rotation.holding(_tenant(services, subject.account_id), subject, size)

    def _planned(self, services: Services, planner: Planner, choice: Choice, campaign: Estimate | None) -> RotationPlan:
        if not self.route and choice.best is None:
            return RotationPlan(choice, None, None, campaign=campaign)
        route = choice.route(self.route)
        wish = planner.wish(choice, route)
        plan = start_run(services, wish, lambda _: None, plan=True)
        asked = self._permissions(services, wish.facts) if self.check else None
        return RotationPlan(choice, route, plan, asked, campaign)  # type: ignore[arg-type] # a plan was asked for

    def _permissions(self, services: Services, facts: dict[str, Any]) -> tuple[Permission, ...] | None:
        from console.datakeys.preflight import Checking
        from console.workflows.rotating import rotation_of

        rotation = rotation_of(facts["kind"])
        if not isinstance(rotation, Checking):
            return None
        return tuple(rotation.permissions(_tenant(services, facts["account"]), facts))


def _tenant(services: Services, account_id: str) -> Account:
    """The tenant's account, as guided work reaches it."""
    from console.workflow.model import Lane

    account: Account = services.guided(write=False).lanes.account(Lane.TENANT, account_id)
    return account


def results_of(services: Services, run: str) -> ObjectResults:
    """The results of a run in sight.

    Raises:
        ConsoleError: there is no such run, or it left none here.
    """
    from console.datakeys.s3.house import results_file
    from console.datakeys.s3.ledger import results

    run_id = services.guided(write=False).show(run).run.id
    path = results_file(services.store.path, run_id)
    if not path.exists():
        raise NotFound("s3.no_results", run=run_id)
    return ObjectResults(run_id, (result for result, _ in results(path)))


def verdicts_of(services: Services, run_id: str) -> list[Judged]:
    """What a run proved, by data key."""
    from store.verdicts import Verdicts

    return Verdicts(services.store, services.settings.scope).of_run(run_id)
