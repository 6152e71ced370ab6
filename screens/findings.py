"""What is wrong? Findings of a branch or of everything, the worst first; the chosen one in words below them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding

from console.commands.findings import AcknowledgeFinding, ListFindings, WithdrawAcknowledgement
from console.errors import ConsoleError
from console.reports.findings import note, sentence, severity, short
from console.text import inert
from console.text.paths import split_path
from screens import columns
from screens.data_screen import DataScreen
from screens.widgets.painted import OneLine, Piece
from screens.widgets.sentences import Sentences
from screens.widgets.virtual_table import VirtualTable
from store.faults import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.commands.command import Command
    from console.services.findings.rows import FindingRows
    from console.text import Text
    from screens.acknowledge import Answer
    from screens.widgets.lines import Lines
    from store.faults import Finding
    from store.records import NodeRef


class Heading(OneLine):
    """The branch, how many of each severity, and what is left out."""

    def __init__(self) -> None:
        super().__init__()
        self._left: list[Piece] = []
        self._right: list[Piece] = []

    def show(self, left: list[Piece], right: list[Piece]) -> None:
        self._left, self._right = left, right
        self.refresh()

    def pieces(self, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - cut where it ends
        return self._left, self._right


class Chosen(Sentences):
    """The chosen finding in words, in at most the lower half of the screen."""

    def room(self) -> int:
        return max(2, self.app.size.height // 2 - 3)


class FindingsScreen(DataScreen):
    """Findings; `a` acknowledges what is marked or chosen, `s` and `v` say which are shown."""

    hints = "hints.findings"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "wider", "Branch or all", show=False, id="findings.wider"),
        Binding("s", "least", "Least severity", show=False, id="findings.least"),
        Binding("v", "acknowledged", "Acknowledged too", show=False, id="findings.acknowledged"),
        Binding("a", "menu", "Actions", show=False, id="findings.menu"),
        Binding("w", "explain", "Why", show=False, id="findings.explain"),
    ]

    def __init__(self, path: str = "") -> None:
        super().__init__()
        self._branch = self._path = path
        self.least = Severity.INFO
        self.all = False
        self._rows: FindingRows | None = None

    def body(self) -> ComposeResult:
        self.heading = Heading()
        self.table = VirtualTable(id="findings")
        self.chosen = Chosen()
        yield self.heading
        yield self.table
        yield self.chosen

    def ready(self) -> None:
        self.set_focus(self.table)
        self._fill()

    def beat(self) -> None:
        self._fill()

    def _fill(self) -> None:
        rows = self.ask(ListFindings(path=self._path, min_severity=self.least.name.lower(), all=self.all))
        if rows is None:
            return
        self._rows = rows
        self._columns(self.app.size.width)
        self._tell()

    def on_resize(self, event: events.Resize) -> None:
        self._columns(event.size.width)

    def _columns(self, width: int) -> None:
        if self._rows is not None:
            self.table.fill(self._rows, columns.findings(self.console.desk.text, width, noted=self.all))

    # ---- what is said around the rows

    def _tell(self) -> None:
        text, rows = self.console.desk.text, self._rows
        if rows is None:
            return
        branch = " / ".join(inert(name) for name in split_path(self._path)) or text.t("rotations.estate")
        left: list[Piece] = [(f" {branch}", "strong")]
        for level, number in rows.by_severity().items():
            left += [("   ", ""), (f"{text.number(number)} {severity(level, text)}", columns.LOOKS[level])]
        right: list[Piece] = []
        if self.least > Severity.INFO:
            right.append((f" {text.t('finding.from', severity=severity(self.least, text))} ", "accent"))
        if self.all:
            right.append((f" {text.t('finding.with_acknowledged')} ", "accent"))
        self.heading.show(left, right)
        self._say()

    def _say(self) -> None:
        text, rows = self.console.desk.text, self._rows
        finding: Finding | None = self.table.chosen
        if finding is not None:
            self.chosen.show(said(finding, text))
        elif self.table.sifted:
            self.chosen.show([])
        elif rows is not None:
            empty = "finding.not_judged" if rows.judged_at is None else "finding.nothing"
            self.chosen.show([(text.t(empty), "dim")])

    def on_lines_moved(self, event: Lines.Moved) -> None:
        event.stop()
        self._say()

    # ---- keys

    def action_wider(self) -> None:
        """The branch that was asked for, and everything, in turns."""
        if self._branch:
            self._path = "" if self._path else self._branch
            self._fill()

    def action_least(self) -> None:
        self.least = Severity(self.least % Severity.CRITICAL + 1)
        self._fill()

    def action_acknowledged(self) -> None:
        self.all = not self.all
        self._fill()

    def action_explain(self) -> None:
        if (finding := self.table.chosen) is not None:
            from screens.page import Page

            text = self.console.desk.text
            self.app.push_screen(Page(text.t("finding.title"), explained(finding, text)))

    def on_lines_opened(self, event: Lines.Opened) -> None:
        event.stop()
        if (finding := self.table.chosen) is not None:
            self.console.go_to(finding.ref)

    # ---- acknowledging

    def action_menu(self) -> None:
        """Acknowledge, or take that back; who may not is told why."""
        taken = self._taken()
        verdict = self.console.desk.dispatch.may(AcknowledgeFinding)
        text = self.console.desk.text
        if not verdict.allowed:
            self.console.tell(text.t(verdict.reason, role=self.console.desk.session.role.value), severity="warning")
        elif taken:
            from screens.page import Choice

            done = [finding for finding in taken if finding.ack is not None]
            wishes = {text.n("finding.action.acknowledge", len(taken)): False}
            if done:
                wishes[text.n("finding.action.withdraw", len(done))] = True
            choices = [(f"{number}", wish) for number, wish in enumerate(wishes, 1)]
            self.app.push_screen(
                Choice(text.t("finding.actions"), choices),
                lambda wish: None if wish is None else self._give(done if wishes[wish] else taken, wishes[wish]),
            )

    def _taken(self) -> list[Finding]:
        """The marked findings, else the chosen one."""
        if self.table.marked:
            return self.table.taken()
        return [self.table.chosen] if self.table.chosen is not None else []

    def _give(self, findings: list[Finding], withdraws: bool) -> None:
        from screens.acknowledge import AcknowledgeDialog

        def answered(answer: Answer | None) -> None:
            if answer is None:
                return
            reason, until = answer
            wishes: list[Command] = [
                WithdrawAcknowledgement(each.id, reason) if withdraws else AcknowledgeFinding(each.id, reason, until)
                for each in findings
            ]
            self.console.run_worker(self._do(wishes))

        self.app.push_screen(AcknowledgeDialog(self.console.desk.text, findings, withdraws=withdraws), answered)

    async def _do(self, wishes: list[Command]) -> None:
        """In a thread, for the store may be busy; one that cannot be done ends it, and is told."""
        try:
            for wish in wishes:
                await asyncio.to_thread(self.console.desk.dispatch.run, wish)
        except ConsoleError as error:
            self.console.complain(error)
        else:
            self.console.tell(self.console.desk.text.n("finding.done", len(wishes)))
            self.table.unmark()
        if self.is_mounted:
            self._fill()

    # ---- what the prompt and other keys ask

    def filterable(self) -> VirtualTable:
        return self.table

    def filtered(self, text: str) -> None:
        self.table.sift(text)
        self._say()

    def at(self) -> str:
        return self._path

    def stands_on(self) -> NodeRef | None:
        finding: Finding | None = self.table.chosen
        return finding.ref if finding is not None else None

    def again(self) -> FindingsScreen:
        return FindingsScreen(self._branch)


def said(finding: Finding, text: Text) -> list[Piece]:
    """What is wrong, why that matters, what to do, who may, and how old the facts are."""
    lines: list[Piece] = [
        (sentence(finding, text), "strong"),
        (sentence(finding, text, "why"), ""),
        (f"{text.t('finding.label.todo')} {sentence(finding, text, 'todo')}", ""),
        (f"{text.t('finding.label.who')} {sentence(finding, text, 'who')}", ""),
        (facts(finding, text), "dim"),
    ]
    if told := note(finding, text):
        lines.append((told, "warn"))
    return lines


def facts(finding: Finding, text: Text) -> str:
    """The subject with its path, and where and when it was read."""
    place = " / ".join(finding.path) or text.t("tree.unassigned")
    since = text.t("finding.since", moment=text.date(finding.since), first=text.date(finding.first_seen))
    source = text.t("why.source", source=text.t(f"source.{finding.source.value}")).rstrip(".")
    age = text.ago(finding.at) if finding.at else ""
    return " · ".join(part for part in (place, finding.name or finding.label, since, source, age) if part)


def explained(finding: Finding, text: Text) -> str:
    """A whole page about one finding."""
    values = [f"  {name}: {value}" for name, value in finding.values if value not in ("", 0)]
    lines: list[Any] = [short(finding, text), ""]
    lines += [piece[0] for piece in said(finding, text)]
    return "\n".join([*lines, "", f"{text.t('column.id')} {finding.id} · {finding.rule}", *values])
