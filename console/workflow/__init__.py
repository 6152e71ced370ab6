"""The machine that runs guided work: recorded, resumable, in two lanes. It knows no KMS and no AWS.

How to write a workflow: one file in `console/workflows/` that ends with `WORKFLOW = Workflow(...)`.

    def make(ctx: Context) -> Json:
        kms = ctx.client("kms", ctx.facts["region"])
        made = ask(kms, "create_key", Tags=[{"TagKey": "kms-console:run", "TagValue": ctx.run_id}])
        return {"key_id": made["KeyMetadata"]["KeyId"]}

    WORKFLOW = Workflow("cmk_request", (
        Step("judge", ask=(Field("verdict", Kind.CHOICE, choices=("approve", "reject")),), four_eyes=True),
        Step("make-key", make, find=tagged, undo=schedule_deletion, when=approved),
        Step("confirm", lane=Lane.TENANT, commands=usage, evidence=(Field("shown", Kind.PASTED),), accept=read),
    ))

What holds for every step:

- `do` may be killed anywhere, and begins again from the start. So it either is repeatable (a client token:
  `ctx.token`), or has a `find` that looks for what it left (a tag with `ctx.run_id`) and gives the same output.
- What it returns is JSON, is kept for good, and holds no secret. Its cursor too: `ctx.save(cursor, done, total)`
  every few seconds of work; after a kill `ctx.cursor` is the last one saved. `ctx.wait(seconds)` instead of sleep.
- `Stopped` and `LeaseLost` come out of `save` and `wait`: clean up memory, let them through.
- Call AWS through `console.aws.session.ask` and `pages`, so that refusals arrive as ours. Busy, broken off, 5xx and
  the codes in `passing` are tried again, and then pause the run; lapsed credentials pause it at once; everything
  else stops it with one sentence, to be resumed or answered again. `raise NotYet("key")` means: try again later.
- Functions of `Known` (`when`, `says`, `commands`, `ask`, `steps`) are pure. They may read `known.outputs["step"]`
  of a step to come: the plan then leaves that part open.
- Destructive steps come last and are `final`. Names of steps are never changed; a new `version` keeps older
  consoles off.
- Texts: `wf.NAME` (title), `wf.NAME.STEP` (title of the step), `wf.NAME.STEP.tells` (what it will do, filled with
  `says`, facts and outputs), `wf.NAME.STEP.FIELD` (label), and where wanted `….FIELD.hint`, `….FIELD.CHOICE`.
"""

from console.workflow.context import Context
from console.workflow.model import Field, Fields, Kind, Known, Lane, Step, Wish, Workflow
from console.workflow.trouble import NotYet, Stopped
from store.run_records import Json, Sentence

__all__ = [
    "Context",
    "Field",
    "Fields",
    "Json",
    "Kind",
    "Known",
    "Lane",
    "NotYet",
    "Sentence",
    "Step",
    "Stopped",
    "Wish",
    "Workflow",
]
