"""The columns of the tables: what a data key, an HBK date and a match look like in a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.reports.rotations import note_text, state_text
from console.text import inert, short
from console.text.generations import generation_text
from console.text.verdicts import verdict_word
from screens.tone import tone, verdict_tone
from screens.widgets.virtual_table import Column
from store.cells import SEPARATOR
from store.dates import Due
from store.faults import Severity
from store.records import Generation, Status
from store.verdicts import Verdict

if TYPE_CHECKING:
    from console.services.calendar import Agenda
    from console.text import Text
    from screens.widgets.painted import Piece
    from store.answers import DataKey, Hit
    from store.dates import Entry
    from store.faults import Finding

FAR = 1 << 62


def data_keys(text: Text) -> tuple[Column, ...]:
    def state(row: DataKey) -> Piece:
        if row.stale:
            return text.status(Status.STALE), "dim"
        return text.status(row.facts.status), tone(row.facts.status)

    def place(row: DataKey) -> Piece:
        away = row.path and row.path != row.cmk_path
        return (f"! {inert(' / '.join(row.path))}" if away else ""), "bad"

    return (
        Column("soort", text.t("column.kind"), 18, lambda r: (text.t(f"kind.{r.facts.granularity.value}"), "dim"),
               lambda r: r.facts.granularity.value, least=110, told=lambda v: text.t(f"kind.{v}")),
        Column("id", text.t("column.label"), 22, lambda r: (inert(r.facts.resource_id), ""),
               lambda r: r.facts.resource_id),
        Column("naam", text.t("column.name"), 0, lambda r: (inert(_named(r)), ""),
               lambda r: r.facts.name.casefold(), share=3),
        Column("datum", text.t("column.dated"), 12, lambda r: (text.date(r.made_at), ""), lambda r: r.made_at or FAR),
        Column("oordeel", text.t("column.verdict"), 13,
               lambda r: (verdict_word(r.verdict, text), verdict_tone(r.verdict)),
               lambda r: -r.verdict_at if r.verdict else FAR, told=lambda v: verdict_word(Verdict(v), text)),
        Column("hbk", text.t("column.wrapped"), 9, lambda r: (generation_text(r.generation), _known(r)),
               lambda r: r.generation.first or FAR, told=_generation),
        Column("status", text.t("column.status"), 16, state, lambda r: r.facts.status.value,
               told=lambda v: text.status(Status(v))),
        Column("plaats", text.t("column.elsewhere"), 0, place, lambda r: place(r)[0].casefold(), wide_only=True,
               share=2),
    )  # fmt: skip


def _generation(value: str) -> str:
    """Of a generation as the store gives it to a filter."""
    first, last, exact, newest = map(int, value.split(SEPARATOR))
    return generation_text(Generation(first, last, bool(exact), newest))


def _known(row: DataKey) -> str:
    return "" if row.generation.exact else "dim"


def _named(row: DataKey) -> str:
    """A name that says more than the id does."""
    return "" if row.facts.name == row.facts.resource_id else row.facts.name


def dates(agenda: Agenda, text: Text) -> tuple[Column, ...]:
    """Coming and past dates of HBKs and data keys: the state is a sign and a word, the rest of its rule the note."""

    def state(row: Entry) -> Piece:
        return state_text(row, text), _DUE_LOOKS.get(row.state, "")

    def far(row: Entry) -> Piece:
        return text.when(row.date).partition(" · ")[2], "dim"

    def note(row: Entry) -> Piece:
        return inert(note_text(agenda, row, text)), "warn" if row.state is not Due.DONE else "dim"

    return (
        Column("datum", text.t("column.date"), 10, lambda r: (text.date(r.date), ""), lambda r: _moment(r.date)),
        Column("over", "", 15, far, lambda r: _moment(r.date), wide_only=True),
        Column("toestand", text.t("column.status"), 18, state, lambda r: r.state),
        Column("pad", text.t("column.path"), 0, lambda r: (inert(" / ".join(r.path)), ""), lambda r: r.path,
               share=3),
        Column("cmk", text.t("column.cmk"), 0, lambda r: (f"{short(r.key_id)}  {inert(r.name)}", "accent"),
               lambda r: r.name.casefold(), wide_only=True, share=2),
        Column("opmerking", text.t("column.note"), 0, note, lambda r: note(r)[0], share=3),
    )  # fmt: skip


_DUE_LOOKS = {
    Due.OVERDUE: "bad", Due.AGED: "bad", Due.PAUSED: "warn", Due.AT_ONCE: "warn", Due.AGING: "warn", Due.OFF: "warn",
    Due.IN_PROGRESS: "accent", Due.DONE: "dim", Due.NOT_APPLICABLE: "dim", Due.NONE: "dim", Due.UNKNOWN: "dim",
}  # fmt: skip


def _moment(date: int | None) -> int:
    return FAR if date is None else date


def hits(text: Text) -> tuple[Column, ...]:
    def label(row: Hit) -> Piece:
        return inert(row.label if row.label != row.name else ""), "dim"

    return (
        Column("soort", text.t("column.kind"), 13, lambda r: (text.t(f"kind.{r.ref.kind.value}"), "dim"),
               lambda r: r.ref.kind.value),
        Column("naam", text.t("column.name"), 0, lambda r: (inert(r.name), "strong"), lambda r: r.name.casefold(),
               share=3),
        Column("id", text.t("column.label"), 0, label, lambda r: r.label, wide_only=True, share=2),
        Column("pad", text.t("column.path"), 0, lambda r: (inert(" / ".join(r.path)), ""), lambda r: r.path,
               share=3),
        Column("status", text.t("column.status"), 22, lambda r: (text.status(r.status), tone(r.status)),
               lambda r: r.status.value, wide_only=True),
    )  # fmt: skip


LOOKS = {
    Severity.CRITICAL: "bad",
    Severity.HIGH: "bad",
    Severity.MEDIUM: "warn",
    Severity.LOW: "",
    Severity.INFO: "dim",
}
SIGNS = {Severity.CRITICAL: "✕", Severity.HIGH: "▲", Severity.MEDIUM: "◆", Severity.LOW: "▽", Severity.INFO: "·"}
"""One sign per severity, its word always beside it."""

ROOMY, WIDE = 110, 150
"""From so many columns on findings show their date, and all that they compare."""


def findings(text: Text, width: int, *, noted: bool) -> tuple[Column, ...]:
    """As many columns as a screen of this width holds; the rest is said in words below the table.

    `noted`: some may have been acknowledged.
    """
    from console.reports.findings import severity, short

    def bad(row: Finding) -> Piece:
        sign = SIGNS[row.severity] if row.ack is None else "✓"
        return f"{sign} {severity(row.severity, text)}", LOOKS[row.severity] if row.ack is None else "dim"

    def acknowledged(row: Finding) -> Piece:
        if row.ack is None:
            return "", ""
        return until(row.ack.who, row.ack.until), "dim"

    def until(who: str, moment: int | None) -> str:
        return inert(f"{who} · {text.t('finding.for_good') if moment is None else text.date(moment)}")

    def noted_by(value: str) -> str:
        who, _, moment = value.rpartition(SEPARATOR)
        return until(who, int(moment) if moment else None)

    def level(value: int) -> str:
        degree, done = Severity(value // 2), value % 2
        return f"{'✓' if done else SIGNS[degree]} {severity(degree, text)}"

    def place(row: Finding) -> str:
        return inert(" / ".join(row.path))

    narrow = (
        Column("ernst", text.t("column.severity"), 11, bad, lambda r: -r.severity, told=level),
        Column("wat", text.t("column.finding_what"), 0, lambda r: (short(r, text), "strong"),
               lambda r: short(r, text).casefold(), share=4, told=lambda v: text.t(f"finding.{v}.short")),
        Column("over", text.t("column.finding_subject"), 0, lambda r: (inert(r.name or r.label), "accent"),
               lambda r: (r.name or r.label).casefold(), share=3),
        Column("pad", text.t("column.path"), 0, lambda r: (place(r), ""), lambda r: place(r).casefold(), share=4),
    )  # fmt: skip
    dated = Column("sinds", text.t("column.finding_since"), 12, lambda r: (text.date(r.since), ""),
                   lambda r: r.since or FAR)  # fmt: skip
    compared = (
        Column("verwacht", text.t("column.finding_expected"), 0, lambda r: (inert(r.expected), "dim"),
               lambda r: r.expected.casefold(), share=3),
        Column("gevonden", text.t("column.finding_found"), 0, lambda r: (inert(r.found), "dim"),
               lambda r: r.found.casefold(), share=3),
        dated,
    )  # fmt: skip
    by = Column("aanvaard", text.t("column.finding_acknowledged"), 20, acknowledged,
                lambda r: (r.ack is None, r.ack.until or FAR if r.ack else 0), told=noted_by)  # fmt: skip
    if width >= WIDE and noted:
        return (*narrow, *compared, by)
    return (*narrow, *compared) if width >= WIDE else (*narrow, dated) if width >= ROOMY else narrow


def cells(columns: tuple[Column, ...], rows: list[Any]) -> list[tuple[str, ...]]:
    """What the rows show, for an export."""
    return [tuple(column.cell(row)[0] for column in columns) for row in rows]
