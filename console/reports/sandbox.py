"""The kept sandbox, as a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.reports.report import Report, iso, plain

if TYPE_CHECKING:
    from console.commands.sandbox import SandboxState
    from console.text import Text


def sandbox(answer: SandboxState, text: Text) -> Report:
    data = plain(answer) | {"moment": iso(answer.moment), "environment": dict(answer.environment)}
    lines = [text.t(f"sandbox.{answer.state}", endpoint=answer.endpoint, folder=answer.folder)]
    if answer.moment is not None:
        lines.append(text.t("sandbox.clock", moment=text.clock(answer.moment)))
    lines += [f"export {name}={value}" for name, value in answer.environment]
    rows = tuple((name, str(value)) for name, value in data.items() if name != "environment")
    return Report(data, ("name", "value"), rows, tuple(lines))
