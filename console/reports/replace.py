"""Whether a CMK is still used, witness by witness, as people read it and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.commands.replace import Heard
from console.errors import ExitCode
from console.reports.report import Report, iso
from console.reports.runs import runs
from console.text.inert import inert

if TYPE_CHECKING:
    from console.commands.runs import Walked
    from console.text import Text
    from console.workflow.views import Plan
    from console.workflows.cmk_use import Witness


def replace(answer: Plan | Walked | Heard, text: Text) -> Report:
    """A plan, a run, or a hearing; that ends with 1 where something stands in the way."""
    if not isinstance(answer, Heard):
        return runs(answer, text)
    blocked = any(one.blocks for one in answer.witnesses)
    end = text.t("replacement.use.blocked" if blocked else "replacement.use.free", cmk=answer.arn)
    lines = (end, *(_line(one, text) for one in answer.witnesses))
    data = {
        "cmk": answer.arn,
        "used": blocked,
        "at": iso(answer.now),
        "checks": [_data(one) for one in answer.witnesses],
    }
    return Report(data, lines=lines, exit=ExitCode.FAILED if blocked else ExitCode.DONE)


def _line(one: Witness, text: Text) -> str:
    age = text.ago(one.at) if one.at else text.t("replacement.use.unheard")
    what = f": {', '.join(map(inert, one.what))}" if one.what else ""
    more = f" (+{one.number - len(one.what)})" if one.number > len(one.what) else ""
    return f" {'✕' if one.blocks else '●'} {text.t(f'replacement.use.{one.name}')} · {age}{what}{more}"


def _data(one: Witness) -> dict[str, object]:
    return {"name": one.name, "blocks": one.blocks, "what": list(one.what), "number": one.number, "at": iso(one.at)}
