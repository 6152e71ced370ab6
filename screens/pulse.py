"""How does the estate stand? Its numbers at a glance, each one a way to what it counts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal

from console.commands.pulse import ShowPulse
from console.errors import ConsoleError
from console.reports import pulse as words
from console.text import inert
from screens.data_screen import DataScreen
from screens.page import Page, folded
from screens.tone import tone
from screens.widgets.bars import Bar, Bars
from screens.widgets.painted import OneLine, Piece
from store.faults import Severity
from store.records import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.reports.pulse import Entry, Section
    from console.services.pulse import Pulse
    from console.text import Text
    from screens.widgets.lines import Lines
    from store.records import NodeRef

LEFT = ("findings", "cmks", "due", "sync")
"""Sections of the left column; the others stand right."""

NARROW = 72
"""Below this many columns there is one column."""

_SEVERE = {"critical": "bad", "high": "bad", "medium": "warn"}
_LOOKS = {"overdue": "bad", "week": "warn", "paused": "warn", "off": "warn", "pending": "warn", "unknown": "warn"}


class Heading(OneLine):
    """The branch and its size, or what is going on."""

    def __init__(self) -> None:
        super().__init__()
        self._words: Piece = ("", "")

    def show(self, words: str, look: str = "strong") -> None:
        self._words = (f" {inert(words)}", look)
        self.refresh()

    def pieces(self, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - cut where it ends
        return [self._words], ()


class PulseScreen(DataScreen):
    """Numbers of a branch in two columns; enter lists what a number counts."""

    hints = "hints.pulse"
    DEFAULT_CSS = """
    PulseScreen Bars { width: 1fr; }
    PulseScreen #right { border-left: vkey $guide; }
    PulseScreen.-narrow #right { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,shift+tab", "other_side", "Other column", show=False, id="pulse.other_side"),
        Binding("left,h", "side(0)", "Left column", show=False, id="pulse.left"),
        Binding("right,l", "side(1)", "Right column", show=False, id="pulse.right"),
        Binding("w", "explain", "What is counted", show=False, id="pulse.explain"),
    ]

    def __init__(self, path: str = "") -> None:
        super().__init__()
        self._path = path
        self.pulse: Pulse | None = None

    def body(self) -> ComposeResult:
        self.heading = Heading()
        self.left, self.right = Bars(id="left"), Bars(id="right")
        yield self.heading
        with Horizontal():
            yield self.left
            yield self.right

    def ready(self) -> None:
        self.set_focus(self.left)
        self.heading.show(self.console.desk.text.t("pulse.reading"), "dim")
        self.run_worker(self._load(), exclusive=True)

    def beat(self) -> None:
        self.run_worker(self._load(), exclusive=True)

    async def _load(self) -> None:
        """Ask in a thread: the keys go on working while it counts."""
        command = ShowPulse(path=self._path)
        try:
            self.pulse = await asyncio.to_thread(self.console.desk.dispatch.run, command)
        except ConsoleError as error:
            self.pulse = None
            self.left.show(())
            self.right.show(())
            self.heading.show(self.console.desk.text.t(error.key, **error.values), "bad")
            return
        self._fill()

    def _fill(self) -> None:
        if self.pulse is None:
            return
        text = self.console.desk.text
        found = words.sections(self.pulse, text)
        narrow = self.app.size.width < NARROW
        self.heading.show(words.heading(self.pulse, text))
        width = self.app.size.width // (1 if narrow else 2) - 4
        left = [s for s in found if narrow or s.name in LEFT]
        self.left.show([line for section in left for line in _lines(section, width, text)])
        right = [s for s in found if not narrow and s.name not in LEFT]
        self.right.show([line for section in right for line in _lines(section, width, text)])

    # ---- keys

    @property
    def side(self) -> Bars:
        """The column that has the focus."""
        return self.right if self.right.has_focus else self.left

    @property
    def chosen(self) -> tuple[str, Entry] | None:
        """Section and number under the cursor."""
        key = self.side.key
        found = words.sections(self.pulse, self.console.desk.text) if self.pulse and key else ()
        return next(((s.name, e) for s in found for e in s.entries if (s.name, e.name) == key), None)

    def action_side(self, number: int) -> None:
        if not self.has_class("-narrow"):
            self.set_focus((self.left, self.right)[number])

    def action_other_side(self) -> None:
        self.action_side(0 if self.side is self.right else 1)

    def action_explain(self) -> None:
        """What the section under the cursor counts, and when it was counted."""
        chosen = self.chosen
        if chosen is None or self.pulse is None:
            return
        text = self.console.desk.text
        lines = [text.t(f"pulse.section.{chosen[0]}"), "", text.t(f"pulse.why.{chosen[0]}"), ""]
        lines.append(text.t("pulse.why.at", moment=text.clock(self.pulse.at)))
        self.app.push_screen(Page(text.t("pulse.why.title"), "\n".join(lines)))

    async def on_lines_opened(self, event: Lines.Opened) -> None:
        event.stop()
        if self.chosen is not None:
            await self._list(self.chosen[1])

    async def _list(self, entry: Entry) -> None:
        """What this number counts, where there is a list of it."""
        if entry.dates:
            from screens.calendar import CalendarScreen

            await self.console.over(CalendarScreen(self._path, due=entry.dates))
        elif entry.least and self.pulse is not None:
            from screens.findings import FindingsScreen

            screen = FindingsScreen(self._path)
            screen.least = Severity[entry.least.upper()]
            await self.console.over(screen)
        elif entry.words and entry.number:
            self.console.show_all(entry.words, self.pulse.ref if self.pulse else None)
        else:
            self.console.tell(self.console.desk.text.t("pulse.no_list"))

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < NARROW, "-narrow")
        if event.size.width < NARROW and self.right.has_focus:
            self.set_focus(self.left)
        self._fill()

    def at(self) -> str:
        return self._path

    def stands_on(self) -> NodeRef | None:
        return self.pulse.ref if self.pulse else None

    def again(self) -> PulseScreen:
        return PulseScreen(self._path)


def _lines(section: Section, width: int, text: Text) -> Iterator[Bar]:
    """A heading, its bars, a sentence on what they leave out, and room."""
    most = max((entry.number or 0 for entry in section.entries), default=0)
    yield Bar(section.title, look="head")
    for entry in section.entries:
        share = None if entry.number is None else entry.number / most if most else 0.0
        value = entry.value if entry.number is None else text.number(entry.number)
        yield Bar(entry.label, value, share, _look(section, entry), (section.name, entry.name))
    if section.note:
        for part in folded(section.note, width):
            yield Bar(f" {part}", look="dim")
    yield Bar()


def _look(section: Section, entry: Entry) -> str:
    if section.name in ("cmks", "states") and entry.name in set(Status):
        return tone(Status(entry.name))
    if section.name == "findings":
        return _SEVERE.get(entry.name, "")
    return _LOOKS.get(entry.name, "") if section.name == "due" else ""
