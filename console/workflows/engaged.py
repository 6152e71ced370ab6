"""One rotation of a data key at a time, and none of what gave way already: two of them would undo each other's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from console.workflows.rotating import CAMPAIGN, NAME, resources
from store.run_records import Sentence, StepStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from console.workflows.rotating import Choice
    from store.run_records import Run
    from store.runs import RunRepository
    from store.verdicts import Verdicts


class Engaged:
    """What unfinished work in sight holds, read once. Raises StoreError."""

    def __init__(self, runs: RunRepository, verdicts: Verdicts) -> None:
        self._runs = runs
        self._verdicts = verdicts
        self._held = {held: run for run in reversed(runs.list(ended=False)) for held in _held(run)}

    def barred(self, choice: Choice) -> Choice:
        """The same, where nothing stands in its way; else every way that was open says what does."""
        subject = choice.subject
        run = self._held.get((subject.kind, subject.account_id, subject.region, subject.resource_id))
        why = self._why(run, subject.resource_id) if run is not None else None
        if why is None:
            return choice
        shut = [each if each.refused else replace(each, refused=why.key, values=why.values) for each in choice.routes]
        return replace(choice, routes=tuple(shut), engaged=why)

    def _why(self, run: Run, resource: str) -> Sentence | None:
        """After its verdict a run holds only what another took the place of: what stayed in place may go again."""
        record = self._runs.steps(run.id).get("record") if run.workflow == NAME else None
        if record is None or record.status is not StepStatus.DONE or run.abandoning:
            return Sentence("rotation.engaged", {"resource": resource, "run": run.id})
        now = next((one.resource_id for one in self._verdicts.of_run(run.id) if one.was == resource), resource)
        if now == resource:
            return None
        return Sentence("rotation.replaced_already", {"resource": resource, "now": now, "run": run.id})


def _held(run: Run) -> Iterator[tuple[str, ...]]:
    wishes = {NAME: [run.facts], CAMPAIGN: [item["facts"] for item in run.facts.get("items", ())]}
    for facts in wishes.get(run.workflow, ()):
        for resource in resources(facts):
            yield facts["kind"], facts["account"], facts["region"], resource
