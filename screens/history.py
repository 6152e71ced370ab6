"""What happened when, of all or of a branch; and what is other between two moments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from rich.cells import cell_len
from textual.binding import Binding

from console.commands.history import CompareMoments, ListEvents
from console.commands.inventory import BrowseTree
from console.reports import history as words
from console.text import inert
from console.text.paths import split_path
from screens.data_screen import DataScreen
from screens.widgets.painted import OneLine, Piece
from screens.widgets.virtual_table import Column, VirtualTable
from store.cells import SEPARATOR, WITHHELD
from store.history import HIDDEN, KINDS, Event
from store.records import NodeRef, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.services.history import Change
    from console.text import Text
    from screens.app import ConsoleApp
    from screens.widgets.lines import Lines

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}|\d+[dw]")
_GONE = frozenset({"gone", "deletion"})
_NEW = frozenset({"created", "followed", "found", "replaced", "proven"})
_WRONG = frozenset({"status", "cmk", "policy", "rewrapped", "unchanged", "unknown"})


def _event_of(row: Event | Change) -> Event:
    return getattr(row, "event", row)  # type: ignore[arg-type]


NARROW = 100
"""Below this many columns a row has the day alone, and neither path nor source."""


def event_columns(text: Text, width: int) -> tuple[Column, ...]:
    """Of a row of the list or of a comparison, on a terminal of that width."""

    def what(row: Any) -> Piece:
        kind = _event_of(row).what
        tone = "bad" if kind in _GONE else "good" if kind in _NEW else "warn" if kind in _WRONG else ""
        return words.what(_event_of(row), text), tone

    def side(row: Any) -> Piece:
        return inert(words.sides(_event_of(row), row.old, text, brief=True)), ""

    def moment(row: Any) -> Piece:
        at = _event_of(row).at
        return text.date(at) if width < NARROW else text.clock(at).removesuffix(" UTC"), "dim"

    def said(value: str) -> str:
        kind, name, detail, old, new = (HIDDEN if part == WITHHELD else part for part in value.split(SEPARATOR))
        event = Event(0, 0, name, NodeRef(KINDS[int(kind)], 0), 0, (), "", "", detail, old, new, Source.KMS)
        return inert(words.sides(event, old, text, brief=True))

    def happened(value: str) -> str:
        kind, _, name = value.partition(SEPARATOR)
        return text.t(f"event.{KINDS[int(kind)].value}.{name}")

    always = (
        Column("datum", text.t("column.date"), 10 if width < NARROW else 16, moment, lambda r: _event_of(r).at),
        Column("gebeurtenis", text.t("column.event_what"), 23, what, lambda r: what(r)[0].casefold(), told=happened),
        Column("naam", text.t("column.name"), 0, lambda r: (inert(_event_of(r).name), "accent"),
               lambda r: _event_of(r).name.casefold(), share=4),
        Column("wijziging", text.t("column.event_change"), 0, side, lambda r: side(r)[0].casefold(), share=5,
               told=said),
    )  # fmt: skip
    if width < NARROW:
        return always
    path = Column("pad", text.t("column.path"), 0, lambda r: (inert(" / ".join(_event_of(r).path)), ""),
                  lambda r: " / ".join(_event_of(r).path).casefold(), share=4)  # fmt: skip
    source = Column("bron", text.t("column.event_source"), 10,
                    lambda r: (text.t(f"source.{_event_of(r).source.value}"), "dim"),
                    lambda r: text.t(f"source.{_event_of(r).source.value}").casefold(),
                    told=lambda v: text.t(f"source.{v}"))  # fmt: skip
    return (*always[:2], path, *always[2:], source)


class Heading(OneLine):
    """Which list, of which branch, of when."""

    def __init__(self, text: Text, path: str) -> None:
        super().__init__()
        self._text, self._path = text, path
        self._title, self._span, self._note = "", "", ""

    def show(self, title: str, span: str, note: str) -> None:
        self._title, self._span, self._note = title, span, note
        self.refresh()

    def pieces(self, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:
        branch = " / ".join(inert(name) for name in split_path(self._path)) or self._text.t("rotations.estate")
        left = [(" ", ""), (self._title, "chosen"), (f"   {branch}", "head"), (f"   {self._span}", "dim")]
        fits = sum(cell_len(part) for part, _ in left) + cell_len(self._note) + 2 <= width
        return left, [(f"{self._note} ", "dim")] if self._note and fits else ()


class Past(DataScreen):
    """A table of rows that each tell of one thing; enter goes there."""

    def __init__(self, path: str = "", since: str = "", until: str = "") -> None:
        super().__init__()
        self._path, self._since, self._until = path, since, until

    def body(self) -> ComposeResult:
        self.heading = Heading(self.console.desk.text, self._path)
        self.table = VirtualTable(id="events")
        yield self.heading
        yield self.table

    def ready(self) -> None:
        self.set_focus(self.table)
        self._fill()

    def beat(self) -> None:
        self._fill()

    def _fill(self) -> None:
        raise NotImplementedError

    def on_lines_opened(self, event: Lines.Opened) -> None:
        event.stop()
        if (ref := self.stands_on()) is not None:
            self.console.go_to(ref)
        elif (row := self.table.chosen) is not None:
            text = self.console.desk.text
            told = _event_of(row)
            self.console.tell(text.t("event.no_more", name=told.name or told.label), severity="warning")

    def filterable(self) -> VirtualTable:
        return self.table

    def filtered(self, text: str) -> None:
        self.table.sift(text)

    def at(self) -> str:
        return self._path

    def stands_on(self) -> NodeRef | None:
        """What the row tells of, while it is still there."""
        row = self.table.chosen
        if row is None:
            return None
        ref = _event_of(row).subject
        tree = self.ask(BrowseTree())
        return ref if tree is not None and tree.node(ref) is not None else None


class HistoryScreen(Past):
    """Everything that happened, newest first; `tab` turns to the coming dates."""

    hints = "hints.history"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "turn", "Coming", show=False, id="history.turn")]

    def _fill(self) -> None:
        rows = self.ask(ListEvents(path=self._path, since=self._since, until=self._until))
        if rows is None:
            return
        text = self.console.desk.text
        span = f"{self._since} → {self._until or text.t('history.now')}" if self._since or self._until else ""
        note = " ".join(words.recorded(rows.record.since, rows.span, text))
        self.heading.show(text.t("history.title"), span, note)
        self.table.fill(rows, event_columns(text, self.console.size.width), text.t("events.nothing"))

    async def action_turn(self) -> None:
        from screens.views import BY_WORD

        await self.console.action_back()
        await self.console.open_view(BY_WORD["calendar"], self._path)

    def again(self) -> HistoryScreen:
        return HistoryScreen(self._path, self._since, self._until)


class DiffScreen(Past):
    """What is other than it was: old and new, in the order of the tree."""

    hints = "hints.diff"

    def _fill(self) -> None:
        rows = self.ask(CompareMoments(path=self._path, since=self._since or "30d", until=self._until))
        if rows is None:
            return
        text = self.console.desk.text
        until = text.clock(rows.span.until) if self._until else text.t("history.now")
        notes = [text.t("diff.cut", count=rows.count())] if rows.cut else []
        notes += words.recorded(rows.record.since, rows.span, text)
        self.heading.show(text.t("history.diff"), f"{text.clock(rows.span.since)} → {until}", " ".join(notes))
        self.table.fill(rows, event_columns(text, self.console.size.width), text.t("diff.nothing"))

    def again(self) -> DiffScreen:
        return DiffScreen(self._path, self._since, self._until)


def typed_of(app: ConsoleApp, typed: str | None) -> tuple[str, ...]:
    """Path and moments of what was typed behind `:history` or `:diff`: at most two moments, then a path; without one
    of what the cursor is on.
    """
    parts = (typed or "").split()
    moments: list[str] = []
    while parts and len(moments) < 2 and _MOMENT.fullmatch(parts[0].lower()):
        moments.append(parts.pop(0))
    path = " ".join(parts)
    return (app.here(None if typed is None or (moments and not path) else path), *moments)
