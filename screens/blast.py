"""What breaks if? Everything under one CMK by the moment at which it fails, a scenario at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.message import Message

from console.commands.blast import ShowBlast
from console.errors import ConsoleError
from console.reports import blast as words
from console.text import inert
from console.text.paths import join_path
from screens.data_screen import DataScreen
from screens.page import Page
from screens.widgets.painted import OneLine, Piece
from screens.widgets.sentences import Sentences
from screens.widgets.virtual_table import Column, Held, VirtualTable
from store.effects import Scenario, When
from store.records import Kind, NodeRef, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.services.blast import BlastAnswer
    from console.text import Text
    from screens.widgets.lines import Lines
    from store.effects import Blast, EffectRow

FAR = 1 << 62
TALL = 30
"""From this many lines on there is room for more than the headline above the rows."""

_TONES = {
    When.ALREADY: "bad",
    When.NOW: "bad",
    When.CACHED: "warn",
    When.AFTER: "warn",
    When.SOON: "warn",
    When.UNKNOWN: "warn",
    When.NEXT_ATTACH: "accent",
    When.NEXT_RESTORE: "accent",
}


class Scenarios(OneLine):
    """The scenarios by name, the chosen one marked; a click chooses."""

    class Picked(Message):
        def __init__(self, scenario: Scenario) -> None:
            super().__init__()
            self.scenario = scenario

    def __init__(self, text: Text) -> None:
        super().__init__()
        self._labels = {scenario: text.t(f"blast.scenario.{scenario}") for scenario in Scenario}
        self.chosen = Scenario.DISABLE

    def show(self, scenario: Scenario) -> None:
        self.chosen = scenario
        self.refresh()

    def pieces(self, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - cut where it ends
        pieces: list[Piece] = [(" ", "")]
        for scenario, label in self._labels.items():
            pieces += [(label, "chosen" if scenario is self.chosen else "dim"), ("   ", "")]
        return pieces, ()

    def on_click(self, event: events.Click) -> None:
        end = 1
        for scenario, label in self._labels.items():
            end += len(label) + 3
            if event.x < end:
                self.post_message(self.Picked(scenario))
                return


class BlastScreen(DataScreen):
    """The blast radius of one CMK; `tab` turns to the next scenario, `w` tells the rule behind a row."""

    hints = "hints.blast"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "turn(1)", "Next scenario", show=False, id="blast.turn"),
        Binding("shift+tab", "turn(-1)", "Previous scenario", show=False, id="blast.turn_back"),
        Binding("w", "explain", "Why", show=False, id="blast.explain"),
    ]

    def __init__(self, ref: NodeRef, scenario: Scenario = Scenario.DISABLE) -> None:
        super().__init__()
        self.ref = ref
        self.scenario = scenario
        self.answers: dict[Scenario, BlastAnswer] = {}

    def body(self) -> ComposeResult:
        text = self.console.desk.text
        self.tabs = Scenarios(text)
        self.sentences = Sentences()
        self.table = VirtualTable(id="effects")
        yield self.tabs
        yield self.sentences
        yield self.table

    def ready(self) -> None:
        self.set_focus(self.table)
        self.tabs.show(self.scenario)
        self.sentences.show([(self.console.desk.text.t("blast.reading"), "dim")])
        self.run_worker(self._load(), exclusive=True)

    def beat(self) -> None:
        self.run_worker(self._load(), exclusive=True)

    async def _load(self) -> None:
        """Ask in a thread: a CMK may have a hundred thousand data keys, and a key press must not wait for them."""
        try:
            answers = await asyncio.to_thread(self._asked)
        except ConsoleError as error:
            self.answers = {}
            self.table.fill(Held(()), ())
            self.sentences.show([(self.console.desk.text.t(error.key, **error.values), "bad")])
            return
        self.answers = {answer.blast.scenario: answer for answer in answers}
        self._fill()

    def _asked(self) -> list[BlastAnswer]:
        answers: list[BlastAnswer] = self.console.desk.dispatch.run(ShowBlast(ref=self.ref))
        answers[0].rows.window(0, 1)  # what the first window has to read, it reads here
        return answers

    def _fill(self) -> None:
        answer = self.answers.get(self.scenario)
        if answer is not None:
            self.tabs.show(self.scenario)
            self.sentences.show(self._said(answer))
            self.table.fill(answer.rows, columns(self.console.desk.text, answer.blast))

    def _said(self, answer: BlastAnswer) -> list[Piece]:
        text, blast = self.console.desk.text, answer.blast
        said = [(words.headline(blast, text), "strong")]
        if standing := words.standing(blast, text):
            said.append((standing, "bad" if blast.status is Status.PENDING_DELETION else "warn"))
        if self.app.size.height >= TALL:
            said.append((text.t(f"blast.about.{blast.scenario}"), "dim"))
            said += [(f"  {words.group_line(group, text)}", "") for group in blast.groups[:5] if len(blast.groups) > 1]
        said.append((f"{text.t('blast.label.undo')} {words.undone(blast, text)}", ""))
        said.append((f"{text.t('blast.label.call')} {words.called(answer.contacts, text)}", "dim"))
        if self.app.size.height >= TALL:
            said += [(caution, "dim") for caution in words.cautions(blast, text)]
        return said

    # ---- keys

    def action_turn(self, step: int) -> None:
        every = list(Scenario)
        self._pick(every[(every.index(self.scenario) + step) % len(every)])

    def on_scenarios_picked(self, event: Scenarios.Picked) -> None:
        self._pick(event.scenario)

    def _pick(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self._fill()

    def action_explain(self) -> None:
        answer, row = self.answers.get(self.scenario), self.table.chosen
        if answer is not None and row is not None:
            text = self.console.desk.text
            self.app.push_screen(Page(text.t("blast.why.title"), explained(row, answer.blast, text)))

    def on_lines_opened(self, event: Lines.Opened) -> None:
        event.stop()
        if (row := self.table.chosen) is not None:
            self.console.go_to(NodeRef(Kind.DATA_KEY, row.id))

    def on_resize(self) -> None:
        self._fill()

    def filterable(self) -> VirtualTable:
        return self.table

    def filtered(self, text: str) -> None:
        self.table.sift(text)

    def stands_on(self) -> NodeRef | None:
        return self.ref

    def at(self) -> str:
        answer = self.answers.get(self.scenario)
        return join_path(answer.blast.path) if answer else ""

    def again(self) -> BlastScreen:
        return BlastScreen(self.ref, self.scenario)


def columns(text: Text, blast: Blast) -> tuple[Column, ...]:
    """A holder, when it fails and when it is lost."""

    def fails(row: EffectRow) -> Piece:
        return words.failing(row.effect, text), _TONES.get(row.effect.when, "good")

    def name(row: EffectRow) -> Piece:
        holder = row.holder
        return inert("" if holder.name == holder.resource_id else holder.name), ""

    def own(row: EffectRow) -> Piece:
        return words.own_place(row, text), "bad" if row.away else "dim"

    return (
        Column("soort", text.t("column.kind"), 18, lambda r: (words.kind(r, text), "dim"),
               lambda r: r.holder.form, wide_only=True),
        Column("id", text.t("column.label"), 22, lambda r: (inert(r.holder.resource_id), ""),
               lambda r: r.holder.resource_id),
        Column("naam", text.t("column.name"), 0, name, lambda r: r.holder.name.casefold(), share=2),
        Column("uitval", text.t("blast.column.fails"), 0, fails, lambda r: r.effect.urgency, share=4),
        Column("definitief", text.t("blast.column.lost"), 14, lambda r: (words.final(r.effect, blast, text), "bad"),
               lambda r: r.effect.final or FAR, wide_only=True),
        Column("plaats", text.t("blast.column.own_place"), 0, own, lambda r: r.holder.path, wide_only=True, share=3),
    )  # fmt: skip


def explained(row: EffectRow, blast: Blast, text: Text) -> str:
    """The rule behind a row: moment, sentence, what to do, source, and how old the row itself is."""
    holder, effect = row.holder, row.effect
    name = "" if holder.name == holder.resource_id else holder.name
    lost = words.final(effect, blast, text)
    lines = [
        f"{words.kind(row, text)}  {holder.resource_id}  {name}",
        "",
        text.t("blast.why.when", when=words.failing(effect, text)),
        *([text.t("blast.why.final", when=lost)] if lost else []),
        "",
        text.t(effect.reason),
        text.t(effect.todo),
        "",
        text.t("blast.why.source", source=effect.source),
        text.t("blast.why.confirmed" if effect.confirmed else "blast.why.unconfirmed"),
        text.t("blast.why.seen", source=text.t(f"source.{holder.source.value}"), moment=text.clock(holder.seen_at)),
    ]
    return "\n".join(lines if not holder.stale else [*lines, text.status(Status.STALE)])
