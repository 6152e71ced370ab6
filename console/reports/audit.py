"""The audit as reports and sentences: the same words for the verb and for the screen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from console.reports.report import Report
from console.services.audit import AuditRows, Export
from console.text import inert
from store.journal import Act, Flaw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from console.text import Text
    from store.journal import AuditLine, Proof

PAGE = 1000
TAMPERED = frozenset({Flaw.EDITED, Flaw.GONE, Flaw.CUT, Flaw.REWRITTEN})
"""What somebody did to the lines themselves."""
COLUMNS = ("line", "at", "user", "role", "act", "command", "about", "result")


def audited(answer: AuditRows | Proof | Export, text: Text) -> Report:
    """Lines, a proof or an export, whichever was asked for."""
    if isinstance(answer, AuditRows):
        return _listed(answer, text)
    if isinstance(answer, Export):
        return _exported(answer, text)
    return _proven(answer, text)


def _listed(rows: AuditRows, text: Text) -> Report:
    total = rows.count()
    lines = [line for start in range(0, total, PAGE) for line in rows.window(start, min(start + PAGE, total))]
    headers = tuple(text.t(f"column.audit_{name}") for name in COLUMNS)
    notes = () if lines else (text.t("audit.nothing"),)
    return Report([data(line) for line in lines], headers, tuple(_row(line, text) for line in lines), notes=notes)


def _row(line: AuditLine, text: Text) -> tuple[Any, ...]:
    entry = line.entry
    return (
        line.seq, clock(line), entry.user, role(line, text), act(line, text), entry.command, about(line),
        result(line, text),
    )  # fmt: skip


def clock(line: AuditLine) -> str:
    """`2026-03-14 10:00:00`, UTC as everywhere."""
    return line.at[:19].replace("T", " ")


def role(line: AuditLine, text: Text) -> str:
    return text.t(f"role.{line.entry.role}") if text.has(f"role.{line.entry.role}") else line.entry.role


def act(line: AuditLine, text: Text) -> str:
    """The word for what happened, with its sign."""
    return text.t(f"audit.act.{line.entry.act}") if line.entry.act in set(Act) else line.entry.act


def about(line: AuditLine) -> str:
    """What it is about, else what the command was given."""
    return line.entry.subject or " ".join(f"{name}={_short(value)}" for name, value in line.entry.fields.items())


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def result(line: AuditLine, text: Text) -> str:
    """Why it was refused or failed, its unknown parts left open; which line began it."""
    entry = line.entry
    if not entry.result:
        return text.t("audit.of", line=entry.of) if entry.of else ""
    key = entry.result
    return text.recall(key) if text.has(key) else key


def told(proof: Proof, text: Text) -> str:
    """What a verification found, in one sentence."""
    if proof.flaw:
        return text.t(f"audit.flaw.{proof.flaw}", line=text.number(proof.line), count=text.number(proof.count))
    if not proof.count:
        return text.t("audit.empty")
    return text.n("audit.whole", proof.count, head=proof.head)


def _proven(proof: Proof, text: Text) -> Report:
    lines = [told(proof, text)]
    if proof.whole and proof.kept:
        lines.append(text.t("audit.kept", line=text.number(proof.kept)))
    found = {
        "whole": proof.whole, "lines": proof.count, "head": proof.head, "flaw": proof.flaw.value or None,
        "line": proof.line or None, "anchored": proof.anchored, "kept": proof.kept or None,
    }  # fmt: skip
    headers = tuple(found)
    notes = (text.t("audit.tampered"),) if proof.flaw in TAMPERED else ()
    return Report(found, headers, (tuple(found.values()),), tuple(lines), notes, failed=not proof.whole)


def _exported(export: Export, text: Text) -> Report:
    notes = (text.t("audit.partly"),) if export.partly else ()
    if not export.path:
        return Report(None, stream=export.lines, notes=notes)
    done = text.n("audit.exported", export.count, path=export.path)
    return Report({"path": export.path, "lines": export.count}, lines=(done,), notes=notes)


def data(line: AuditLine) -> dict[str, Any]:
    """The line as JSON: what is hashed, and its hash."""
    entry = line.entry
    return {
        "seq": line.seq, "at": line.at, "act": str(entry.act), "of": entry.of or None, "command": entry.command,
        "subject": entry.subject, "fields": dict(entry.fields), "result": entry.result or None, "exit": entry.exit,
        "run": entry.run or None, "user": entry.user, "host": entry.host, "who": entry.who or None,
        "who_at": entry.who_at or None, "role": entry.role, "scope": entry.scope or None, "write": entry.write,
        "hash": line.hash,
    }  # fmt: skip


def details(line: AuditLine, text: Text) -> Iterator[str]:
    """Everything a line holds, a name and its value on each row."""
    for name, value in data(line).items():
        if value not in (None, {}) and name != "seq":
            yield f"{text.t(f'audit.name.{name}')}: {inert(_value(name, value, line, text))}"


def _value(name: str, value: Any, line: AuditLine, text: Text) -> str:
    if name == "act":
        return act(line, text)
    if name == "role":
        return role(line, text)
    if name == "who_at":
        return text.clock(value)
    if name == "result":
        return f"{result(line, text)}  ({value})"
    if name == "write":
        return text.t("flag.yes" if value else "flag.no")
    return _short(value)
