"""Cards as plain text of 76 columns and as JSON, and what a pasted text is about where no one thing is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from console.errors import ExitCode
from console.reports.inventory import hits as hit_rows
from console.reports.inventory import sheet
from console.reports.report import Report, iso
from console.text import inert
from console.text.paths import join_path
from store.records import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from console.commands.cards import Shown
    from console.services.cards import Card
    from console.services.troubles import Advice
    from console.text import Text
    from store.answers import Fact

WIDTH = 76
"""Columns of a card: it survives being quoted in a mail."""

_LABEL = 24
_INDENT = "  "


def shown(answer: Shown, text: Text) -> Report:
    """The facts or the card of one thing; else which things the text fits, or the error that it tells."""
    if answer.card is not None:
        return card_report(answer.card, text)
    if answer.sheet is not None:
        made = sheet(answer.sheet, text)
        told = tuple(line for advice in answer.advice for line in ("", *advice_lines(advice, text)))
        data = {**made.data, "errors": [error_data(advice, text) for advice in answer.advice]}
        return Report(data, made.headers, made.rows, (*made.lines, *told))
    return _unclear(answer, text)


def _unclear(answer: Shown, text: Text) -> Report:
    found = hit_rows(list(answer.read.hits), text)
    unknown = tuple(
        text.t("pasted.unknown_too", form=text.t(f"pasted.form.{token.form}"), thing=token.text[:200])
        for token in answer.read.unknown[:5]
    )
    several = len(answer.read.hits)
    first = text.t("pasted.several", count=several) if several else text.t("pasted.only_error")
    told = [line for advice in answer.advice for line in ("", *advice_lines(advice, text))]
    listed = ["  ".join(str(cell) for cell in row if cell) for row in found.rows]
    data = {
        "hits": found.data,
        "unknown": [{"form": token.form.value, "text": token.text} for token in answer.read.unknown],
        "errors": [error_data(advice, text) for advice in answer.advice],
    }
    code = ExitCode.USAGE if several else ExitCode.NOT_FOUND
    lines = tuple([*listed, *told][0 if listed else 1 :])
    return Report(data, found.headers, found.rows, lines, (first, *unknown), exit=code)


# ---- the card


def card_report(card: Card, text: Text) -> Report:
    facts = [_fact_data(section, fact, text) for section, facts in card.sections for fact in facts]
    data = {
        "path": join_path(card.path),
        "kind": card.ref.kind.value,
        "name": card.name,
        "status": card.status.value,
        "stale": card.stale,
        "redaction": card.redaction.value,
        "facts": facts,
        "meaning": [_value(fact, text) for fact in card.plain],
        "errors": [error_data(advice, text) for advice in card.advice],
        "todo": _todo(card, text),
        "contact": {"phone": card.phone, "mail": card.mail, "tenant": card.contact},
    }
    headers = ("section", "name", "value", "source", "read_at")
    rows = tuple(tuple("" if fact[name] is None else str(fact[name]) for name in headers) for fact in facts)
    return Report(data, headers, rows, tuple(card_lines(card, text)))


def card_lines(card: Card, text: Text) -> list[str]:
    """The card, a string a line, none wider than WIDTH columns; every line is inert."""
    where = " / ".join(card.path) if card.path else text.t("tree.unassigned")
    lines = [
        *folded(f"{text.t('card.title')} · {where}"),
        "-" * WIDTH,
        *folded(f"{text.t(card.kind)} {card.name}" if card.kind else where),
    ]
    if card.status is not Status.NONE:
        lines += folded(text.status(card.status))
    if card.stale:
        lines += folded(text.t("card.stale"))
    about, read = card.sections[:-1], card.sections[-1:]
    for heading, facts in about:
        lines += _section(heading, facts, text)
    if card.plain:
        lines += _sentences("card.section.plain", [_value(fact, text) for fact in card.plain], text)
    for advice in card.advice:
        lines += ["", *(part for line in advice_lines(advice, text) for part in folded(line))]
    if todo := _todo(card, text):
        lines += _sentences("card.section.todo", [todo], text)
    called = [text.t("card.call", phone=card.phone, mail=card.mail)]
    if card.contact:
        called.insert(0, text.t("card.label.contact", tenant=card.path[0], contact=card.contact))
    lines += _sentences("card.section.contact", called, text)
    for heading, facts in read:
        lines += _section(heading, facts, text)
    return [*lines, "", *folded(text.t(f"card.for.{card.redaction}"))]


def card_text(card: Card, text: Text) -> str:
    """The card as it is copied and saved."""
    return "\n".join(card_lines(card, text)) + "\n"


def advice_lines(advice: Advice, text: Text) -> list[str]:
    """What an error means, what to do and whose turn it is."""
    trouble = advice.trouble
    lines = [text.t("card.error", word=trouble.word)]
    lines += [_INDENT + _said(key, advice, text) for key in advice.what]
    lines += [_INDENT + text.t("card.label.todo", todo=_said(key, advice, text)) for key in advice.todo]
    lines.append(_INDENT + text.t("card.label.who", who=text.t(f"card.who.{trouble.who}")))
    if not trouble.confirmed:
        lines.append(_INDENT + text.t("card.unconfirmed"))
    return lines


def error_data(advice: Advice, text: Text) -> dict[str, Any]:
    return {
        "error": advice.trouble.word,
        "rule": advice.trouble.name,
        "action": advice.trouble.action,
        "meaning": [_said(key, advice, text) for key in advice.what],
        "todo": [_said(key, advice, text) for key in advice.todo],
        "who": advice.trouble.who,
        "source": advice.trouble.source,
        "confirmed": advice.trouble.confirmed,
    }


def _said(key: str, advice: Advice, text: Text) -> str:
    dated = {k: text.date(v or None) if k in ("until", "read") and isinstance(v, int) else v for k, v in advice.values}
    return text.t(key, **dated)


def _todo(card: Card, text: Text) -> str:
    return text.t(card.todo, until=text.date(card.deletion_at)) if card.todo else ""


def _section(heading: str, facts: tuple[Fact, ...], text: Text) -> list[str]:
    lines = ["", text.t(heading)]
    for fact in facts:
        lines += _pair(text.t(fact.label), _value(fact, text))
    return lines if facts else []


def _sentences(heading: str, sentences: list[str], text: Text) -> list[str]:
    return ["", text.t(heading), *(part for line in sentences for part in folded(_INDENT + line))]


def _pair(label: str, value: str) -> list[str]:
    """`label   value`; an id or ARN too long for its column gets a line of its own, so that it stays in one piece."""
    head = _INDENT + label + " " * max(1, _LABEL - width(label))
    if " " not in value and width(head) + width(value) > WIDTH >= width(value):
        return [head.rstrip(), " " * min(len(_INDENT), WIDTH - width(value)) + value]
    return list(folded(head + value, hang=width(head)))


def _value(fact: Fact, text: Text) -> str:
    if fact.form == "clock" and isinstance(fact.value, int):
        return f"{text.clock(fact.value)} · {text.ago(fact.value)}"
    if fact.form != "textkey":
        return text.fact(fact)
    values: dict[str, Any] = {
        name: text.t(f"slice.{v}") if name == "what" else text.date(v) if name == "date" and isinstance(v, int) else v
        for name, v in fact.values
    }
    return text.t(str(fact.value), **values)


def _fact_data(section: str, fact: Fact, text: Text) -> dict[str, Any]:
    value: Any = fact.value
    if fact.form in ("date", "clock"):
        value = iso(value if isinstance(value, int) else None)
    elif fact.form == "textkey":
        value = _value(fact, text)
    return {
        "section": section.removeprefix("card.section."),
        "name": fact.label.rpartition(".")[2],
        "value": value,
        "source": fact.source.value,
        "read_at": iso(fact.at or None),
    }


# ---- folding


def width(line: str) -> int:
    """Columns that a terminal and a monospaced mail give to an inert line."""
    return len(line) if line.isascii() else sum(2 if east_asian_width(c) in "WF" else 1 for c in line)


def folded(line: str, hang: int | None = None) -> Iterator[str]:
    """An inert line in parts of at most WIDTH columns; the later ones begin at column `hang` (as the first does)."""
    line = inert(line)
    indent = " " * (len(line) - len(line.lstrip()) if hang is None else hang)
    part, empty = line[: len(line) - len(line.lstrip())] if hang is None else line[:hang].rstrip().ljust(hang), True
    for word in (line if hang is None else line[hang:]).split():
        if not empty and width(part) + 1 + width(word) > WIDTH:
            yield part
            part, empty = indent, True
        part, empty = part + word if empty else f"{part} {word}", False
        while width(part) > WIDTH:
            head = _fitting(part)
            yield head
            part = indent + part[len(head) :]
    yield part.rstrip()


def _fitting(line: str) -> str:
    """The longest beginning of WIDTH columns."""
    end = min(len(line), WIDTH)
    while width(line[:end]) > WIDTH:
        end -= 1
    return line[:end]
