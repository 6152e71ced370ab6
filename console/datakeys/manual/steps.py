"""A procedure by hand: look, what a person does with the commands shown, and a reading of our own afterwards."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from console.aws.moment import epoch
from console.aws.refusals import THROTTLING, AwsRefusal
from console.datakeys.keys import usable
from console.datakeys.manual import reading
from console.datakeys.manual.acts import Proof
from console.datakeys.manual.judging import judge, unfit
from console.datakeys.manual.reading import at
from console.datakeys.manual.services import service_of
from console.datakeys.proving import PROOF, RECORD, SAID_DONE, in_time, proven
from console.errors import ConsoleError
from console.workflow.model import Field, Lane, Step

if TYPE_CHECKING:
    from console.datakeys.manual.acts import Act, Way
    from console.datakeys.manual.services import Service
    from console.workflow.context import Context
    from console.workflow.model import Known
    from store.run_records import Json

LONGEST = {"opensearch": 28, "rds": 63, "aurora": 61, "redshift": 63, "backup": 50}
"""Characters of a name, where a service takes fewer than any other."""

GIVEN_BY_AWS = frozenset({("efs", "new"), ("fsx", "new"), ("fsx", "snapshot"), ("dynamodb", "snapshot")})
"""What AWS names itself: nothing can stand in the field beforehand."""


def steps_of(way: Way) -> tuple[Step, ...]:
    """Look, act by act, the proof, the switch to what is new, and much later the end of what is old."""
    acts = tuple(_by_hand(act) for act in way.acts)
    proof = Step(PROOF, lambda ctx: judge(ctx, way), lane=Lane.TENANT)
    switch = (_switch(way),) if way.proof is Proof.OTHER else ()
    return (LOOK, *acts, proof, *switch, RECORD, *(_retiring(way) if way.away else ()))


# ---- look


def look(ctx: Context) -> Json:
    """The resource as it stands, and whether the CMKs can be used. Changes nothing."""
    facts = ctx.facts
    service = service_of(facts["kind"])
    entry = reading.one(service, _client(ctx, service), facts["label"])
    found = str(at(entry, service.key) or "")
    if facts["cmk"] and ":key/" in found and found != facts["cmk"]:
        raise ConsoleError("manual.other_key", resource=facts["label"], found=found)
    usable(ctx, facts["intended"], facts["transit"] if facts["route"] == "transit" else "")
    return {"at": int(ctx.now()), **seen(service, entry)}


def seen(service: Service, entry: Json) -> Json:
    """What is kept of an entry as evidence: plain values, no contents."""
    made = at(entry, service.created) if service.created else None
    told = {name: str(at(entry, path)) for name, path in service.detail if at(entry, path) is not None}
    state = {"state": str(at(entry, service.state))} if service.state else {}
    return {"key": str(at(entry, service.key) or ""), "created": epoch(made), **told, **state}


def _client(ctx: Context, service: Service) -> Any:
    return ctx.client(service.client, ctx.facts["region"], ctx.facts["account"])


# ---- what a person does


def _by_hand(act: Act) -> Step:
    """One act: the commands, and afterwards what the person says of it."""
    fields = tuple(_named(name) for name in act.gives) or (SAID_DONE,)
    return Step(
        act.step, lane=Lane.TENANT, commands=lambda known: filled(act.commands, known), evidence=fields,
        accept=_accepted if "new" in act.gives else None,
    )  # fmt: skip


def _named(name: str) -> Field:
    def proposed(known: Known) -> str | None:
        return None if (known.facts["kind"], name) in GIVEN_BY_AWS else _name(known, name)

    return Field(name, default=proposed, check=_one_word)


def _one_word(value: Any, known: Known) -> str | None:  # noqa: ARG001 - the checks' common shape
    """Names and ids are one word; whatever else came along was pasted by accident, or to do harm."""
    word = str(value)
    return None if word.isprintable() and not any(sign.isspace() for sign in word) else "manual.not_a_name"


def _accepted(ctx: Context) -> Json:
    """What is new is looked for at once, so that a slip of the pen is put right by whoever made it."""
    service, named = service_of(ctx.facts["kind"]), ctx.answer["new"]
    if named in (ctx.facts["label"], ctx.facts["resource"]):
        raise ConsoleError("manual.same_one", resource=named)
    try:
        entry = reading.one(service, _client(ctx, service), named)
    except AwsRefusal as refusal:
        if refusal.denied or refusal.code in THROTTLING:
            raise
        raise ConsoleError("manual.no_such", resource=named, detail=refusal.code) from refusal
    except ConsoleError as error:
        if error.key != "run.no_lane":
            raise
        return dict(ctx.answer)  # evidence relayed by somebody of the other lane: the proof looks for it
    wrong = unfit(ctx, service, entry)
    if wrong and (wrong != "other_cmk" or at(entry, service.key)):  # of some, AWS tells the CMK only later
        raise ConsoleError(f"manual.{wrong}", resource=named, cmk=ctx.facts["intended"])
    return dict(ctx.answer)


# ---- the commands


def filled(commands: tuple[str, ...], known: Known) -> tuple[str, ...]:
    """Commands for a shell, every name in them quoted: names are the tenant's own writing."""
    values = {name: shlex.quote(str(value)) for name, value in _values(known).items()}
    return tuple(f"{command} --region {{region}}".format(**values) for command in commands)


def _values(known: Known) -> dict[str, str]:
    facts = known.facts
    values = {name: facts[name] for name in ("label", "region", "intended", "transit", "engine", "url")}
    values |= {"arn": facts["resource"], "made": _name(known, "new")}
    values |= {name: _name(known, name) for name in ("snapshot", "hop", "copy", "new")}
    for told in known.outputs.values():
        values |= {name: told[name] for name in ("snapshot", "hop", "copy", "new") if told.get(name)}
    values["export"] = values["snapshot"].rpartition("/")[2]
    return values | {"newarn": facts["resource"].removesuffix(facts["label"]) + values["new"]}


def _name(known: Known, what: str) -> str:
    """A name for what is made: the resource's own and the run's, so that it is found again."""
    suffix = f"-{known.run_id or 'RUN'}" + ("" if what == "new" else f"-{what}")
    longest = LONGEST.get(known.facts["kind"], 200)
    return f"{known.facts['label'][: longest - len(suffix)].rstrip('-')}{suffix}".lower()


# ---- switch, and the end of what is old


def _fits(known: Known) -> bool:
    return bool(known.outputs[PROOF].get("fits"))


def _switch(way: Way) -> Step:
    return Step(
        "manual_switch", lane=Lane.TENANT, when=_fits, commands=lambda known: filled(way.switch, known),
        evidence=(SAID_DONE,),
    )  # fmt: skip


def _retiring(way: Way) -> tuple[Step, Step]:
    """Not before its time, by hand, and looked for afterwards; where nothing was proven there is nothing to remove."""

    def accepted(ctx: Context) -> Json:
        in_time(ctx)
        return dict(ctx.answer)

    retire = Step(
        "retire", lane=Lane.TENANT, final=True, when=proven, commands=lambda known: filled(way.away, known),
        evidence=(SAID_DONE,), accept=accepted,
    )  # fmt: skip
    return retire, Step("manual_gone", gone, lane=Lane.TENANT, when=proven)


def gone(ctx: Context) -> Json:
    """Whether the old is really gone: a person's word is not enough for that."""
    service = service_of(ctx.facts["kind"])
    try:
        entry = reading.one(service, _client(ctx, service), ctx.facts["label"])
    except AwsRefusal as refusal:
        if refusal.denied or refusal.code in THROTTLING:
            raise
        return {"gone": ctx.facts["resource"], "told": refusal.code}
    raise ConsoleError("manual.still_there", resource=ctx.facts["label"], state=str(at(entry, service.state or "x")))


LOOK = Step("manual_look", look, lane=Lane.TENANT)
