"""Toy workflows whose effects are lines in a file: a line there twice is an effect that happened twice."""

import os
from pathlib import Path

from console.errors import AwsUnreachable, ConsoleError, CredentialsExpired
from console.workflow import Field, Kind, Lane, NotYet, Step, Wish, Workflow
from console.workflow.engine import Engine
from console.workflow.trouble import Nature, Trouble
from console.workflow.walk import Patience
from store.database import Store
from store.run_records import Sentence
from store.runs import RunRepository

ITEMS = 12


def tick():
    """A moment at which the kill harness may strike; it replaces this."""


class Denied(Exception):
    """A refusal of the toy world, with AWS's own word for it."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


class ToyLanes:
    """Both lanes, unless told; refusals by their code."""

    refusals = (Denied,)

    def __init__(self, *here):
        self.here = frozenset(here or Lane)

    def account(self, lane, account_id):
        if lane not in self.here:
            raise ConsoleError("run.no_lane", lane=str(lane))
        return (lane, account_id)

    def trouble(self, error, passing):
        if isinstance(error, Denied):
            nature = Nature.PASSING if error.code in {"Throttling", *passing} else Nature.LASTING
            return Trouble(nature, Sentence("run.aws_refused", {"code": error.code, "operation": "x", "detail": ""}))
        lasting = Nature.PASSING if isinstance(error, AwsUnreachable | NotYet) else Nature.LASTING
        nature = Nature.CREDENTIALS if isinstance(error, CredentialsExpired) else lasting
        return Trouble(nature, Sentence(error.key, {k: str(v) for k, v in error.values.items()}))


def effects(folder):
    """Every line that was written, in order."""
    path = Path(folder) / "effects"
    return path.read_text().splitlines() if path.exists() else []


def append(folder, line):
    """One effect, atomic as an append of one line is; nothing about it can be taken back or repeated unseen."""
    tick()
    handle = os.open(Path(folder) / "effects", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(handle, f"{line}\n".encode())
    os.close(handle)
    tick()


def once(name):
    """An effect that can be found again."""

    def do(ctx):
        append(ctx.facts["folder"], f"{ctx.run_id} {name}")
        return {"made": name}

    def find(ctx):
        return {"made": name} if f"{ctx.run_id} {name}" in effects(ctx.facts["folder"]) else None

    return {"do": do, "find": find}


def tokened(ctx):
    """An effect whose other side ignores a client token that it has seen, as AWS's idempotent calls do."""
    tick()
    path = Path(ctx.facts["folder"]) / f"token-{ctx.token}"
    if not path.exists():
        path.touch()
        append(ctx.facts["folder"], f"{ctx.run_id} tokened")
    tick()
    return {"token": ctx.token}


def many(ctx):
    """Twelve effects with a cursor; the one after the cursor may have happened."""
    told = effects(ctx.facts["folder"])
    for number in range(ctx.cursor.get("number", 0), ITEMS):
        if f"{ctx.run_id} item {number}" not in told:
            append(ctx.facts["folder"], f"{ctx.run_id} item {number}")
        ctx.save({"number": number + 1}, number + 1, ITEMS)
    return {"items": ITEMS}


def undo(name):
    def back(ctx):
        line = f"{ctx.run_id} undone {name}"
        if line not in effects(ctx.facts["folder"]):
            append(ctx.facts["folder"], line)

    return back


CHAIN = Workflow(
    "chain",
    (
        Step("first", **once("first"), undo=undo("first")),
        Step("never", **once("never"), when=lambda known: known.outputs["first"]["made"] == "other"),
        Step("many", many, undo=undo("many")),
        Step("last", **once("last"), undo=undo("last")),
    ),
)
"""Straight on."""

EXPECTED = ["first", *(f"item {n}" for n in range(ITEMS)), "last"]

ASKING = Workflow(
    "asking",
    (
        Step("choose", ask=(Field("route", Kind.CHOICE, choices=("short", "long")), Field("note", required=False))),
        Step("judge", ask=(Field("verdict", Kind.YES_NO),), four_eyes=True),
        Step("go", **once("go"), says=lambda known: {"route": known.answers["choose"]["route"]}),
        Step(
            "there",
            **once("there"),
            lane=Lane.TENANT,
            commands=lambda known: (f"toy --run {known.run_id} --made {known.outputs['go']['made']}",),
            evidence=(Field("shown", Kind.PASTED),),
            accept=lambda ctx: read_shown(ctx.answer["shown"]),
        ),
        Step("sign", ask=(Field("day", Kind.DATE),), lane=Lane.TENANT),
    ),
)
"""A question, four eyes, an effect, the other lane, and a question that is only for the other lane."""


def read_shown(text):
    if "OK" not in text:
        raise ConsoleError("toy.not_ok", text=text)
    return {"shown": text.strip()}


WORKFLOWS = {"chain": CHAIN, "asking": ASKING}


def engine(path, *, person="ann", lanes=None, workflows=None, **rest):
    """An engine on this store, which never really sleeps."""
    runs = RunRepository(Store.open(Path(path), write=True))
    rest.setdefault("sleep", lambda _seconds: None)
    return Engine(runs, workflows or WORKFLOWS, lanes or ToyLanes(), person, **rest)


def begin(path, workflow="chain", **rest):
    """A run of a toy over effects beside its store; its id."""
    return engine(path).start(Wish(workflow, "thing", {"folder": str(Path(path).parent)}, **rest))


def done_once(folder, run_id):
    """The effects of a run, without its id."""
    return [line.removeprefix(f"{run_id} ") for line in effects(folder)]


def resume(path, run_id):
    """Go on, in a process of its own; how the run then is."""
    return str(engine(path).resume(run_id).run.status)


def abandon(path, run_id):
    return str(engine(path).abandon(run_id).run.status)


def one(step, **rest):
    """A workflow of one step, by name."""
    return {"one": Workflow("one", (Step("step", step, **rest),))}


def start_one(path, do, *, patience=None, **rest):
    at = engine(path, workflows=one(do, **rest), patience=patience or Patience(tries=3))
    return at, at.start(Wish("one", "thing", {"folder": str(path.parent)}))


def failing(times, error):
    left = [times]

    def do(ctx):
        if left[0]:
            left[0] -= 1
            raise error
        return {"ok": True}

    return do
