"""The columns of the tables: what a data key, an HBK date and a match look like in a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.text import inert, short
from console.text.generations import generation_text
from screens.tone import tone
from screens.widgets.virtual_table import Column
from store.records import Status

if TYPE_CHECKING:
    from console.text import Text
    from screens.widgets.painted import Piece
    from store.answers import DataKey, Hit, Rotation

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
               lambda r: r.facts.granularity.value, wide_only=True),
        Column("id", text.t("column.label"), 22, lambda r: (inert(r.facts.resource_id), ""),
               lambda r: r.facts.resource_id),
        Column("naam", text.t("column.name"), 0, lambda r: (inert(_named(r)), ""),
               lambda r: r.facts.name.casefold(), share=3),
        Column("datum", text.t("column.dated"), 12, lambda r: (text.date(r.facts.created_at), ""),
               lambda r: r.facts.created_at or FAR),
        Column("hbk", text.t("column.wrapped"), 9, lambda r: (generation_text(r.generation), _known(r)),
               lambda r: r.generation.first or FAR),
        Column("status", text.t("column.status"), 16, state, lambda r: r.facts.status.value),
        Column("plaats", text.t("column.elsewhere"), 0, place, lambda r: r.path, wide_only=True, share=2),
    )  # fmt: skip


def _known(row: DataKey) -> str:
    return "" if row.generation.exact else "dim"


def _named(row: DataKey) -> str:
    """A name that says more than the id does."""
    return "" if row.facts.name == row.facts.resource_id else row.facts.name


def rotations(text: Text) -> tuple[Column, ...]:
    def when(row: Rotation) -> Piece:
        late = row.note == "rotation.overdue"
        return text.when(row.date), "bad" if late else "" if not row.note else "dim"

    def note(row: Rotation) -> Piece:
        return (text.t(row.note) if row.note else ""), "warn"

    def generation(row: Rotation) -> Piece:
        return (str(row.generation) if row.generation else "–"), "dim"

    return (
        Column("datum", text.t("column.date"), 26, when, lambda r: FAR if r.date is None else r.date),
        Column("hbk", "HBK", 4, generation, lambda r: r.generation),
        Column("pad", text.t("column.path"), 0, lambda r: (inert(" / ".join(r.path)), ""), lambda r: r.path,
               share=3),
        Column("cmk", text.t("column.cmk"), 0, lambda r: (f"{short(r.key_id)}  {inert(r.name)}", "accent"),
               lambda r: r.name.casefold(), wide_only=True, share=3),
        Column("opmerking", text.t("column.note"), 0, note, lambda r: r.note, share=2),
    )  # fmt: skip


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


def cells(columns: tuple[Column, ...], rows: list[Any]) -> list[tuple[str, ...]]:
    """What the rows show, for an export."""
    return [tuple(column.cell(row)[0] for column in columns) for row in rows]
