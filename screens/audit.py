"""Who changed what, and what was refused: the newest first, with whether the record is as it was written."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from console.commands.audit import ExportAudit, ListAudit, VerifyAudit
from console.errors import ConsoleError
from console.reports import audit as words
from console.text import inert, short
from screens.columns import FAR
from screens.data_screen import DataScreen
from screens.page import Page
from screens.widgets.painted import OneLine, Piece
from screens.widgets.virtual_table import MOST, Column, VirtualTable
from store.journal import Act

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.services.audit import AuditRows
    from console.services.progress import Progress
    from console.text import Text
    from screens.widgets.lines import Lines
    from store.journal import AuditLine, Proof

JSON_LINES = (".jsonl", ".ndjson")
"""An export to such a file is the record itself, with its hashes; any other is the table as CSV."""

_LOOKS = {Act.INTENT: "dim", Act.DONE: "good", Act.FAILED: "bad", Act.REFUSED: "warn"}


class LeftError(Exception):
    """Nobody waits for the verification any more."""


class Heading(OneLine):
    """How many lines, and whether they are whole."""

    def __init__(self, text: Text) -> None:
        super().__init__()
        self._text = text
        self._lines: Piece = ("", "")
        self._verdict: tuple[Piece, ...] = ()

    def count(self, lines: int, who: str) -> None:
        found = self._text.n("audit.lines", lines)
        self._lines = (f"{found} · {self._text.t('audit.of_whom', who=who)}" if who else found, "")
        self.refresh()

    def state(self, sentence: str, look: str, more: str = "") -> None:
        self._verdict = ((sentence, look), (f"   {more}", ""))
        self.refresh()

    def pieces(self, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - cut where it ends
        return [(f" {self._text.t('audit.title')}   ", "strong"), self._lines, ("   ", ""), *self._verdict], ()


class AuditScreen(DataScreen):
    """The lines as a table; enter shows all of one. The chain is verified beside, again when it has grown."""

    hints = "hints.audit"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "explain", "What the proof says", show=False, id="audit.explain"),
        Binding("d", "describe", "All of the line", show=False, id="audit.describe"),
        Binding("y", "raw", "The line as it is hashed", show=False, id="audit.raw"),
        Binding("c", "copy", "Copy the hash", show=False, id="audit.copy"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.proof: Proof | None = None
        self._rows: AuditRows | None = None
        self._counted = 0
        self._who = ""
        self._left = False
        self._proving = False

    def body(self) -> ComposeResult:
        self.heading = Heading(self.console.desk.text)
        self.table = VirtualTable(id="lines")
        yield self.heading
        yield self.table

    def ready(self) -> None:
        self.set_focus(self.table)
        self._fill()
        self._prove()

    def beat(self) -> None:
        before = self._counted
        self._fill()
        if self._counted != before:
            self._prove()

    def on_unmount(self) -> None:
        self._left = True

    def _fill(self) -> None:
        rows = self.ask(ListAudit(who=self._who))
        if rows is not None:
            text = self.console.desk.text
            self._rows, self._counted = rows, rows.count()
            self.heading.count(self._counted, self._who)
            self.table.fill(rows, columns(text), empty=text.t("audit.nothing"))

    # ---- the proof

    def _prove(self) -> None:
        desk = self.console.desk
        if not desk.dispatch.may(VerifyAudit).allowed:  # asked all the same, each refusal would be one more line
            self.heading.state(desk.text.t("audit.proof_elsewhere"), "dim")
        elif not self._proving:
            self._proving = True
            self.run_worker(self._verify())

    async def _verify(self) -> None:
        """In a thread, for a long chain takes seconds; once more when lines came meanwhile."""
        text = self.console.desk.text
        self.heading.state(text.t("audit.verifying"), "dim")
        try:
            proof: Proof = await asyncio.to_thread(self.console.desk.dispatch.run, VerifyAudit(), self._heard)
        except LeftError:
            return
        except ConsoleError as error:
            self.heading.state(text.t(error.key, **error.values), "bad")
        else:
            self.proof = proof
            self._tell(proof, text)
        finally:
            self._proving = False

    def _heard(self, news: Progress) -> None:
        if self._left:
            raise LeftError
        percent = 100 * news.done // news.total if news.total else 0
        told = self.console.desk.text.t("audit.verified_so_far", percent=percent)
        self.app.call_from_thread(self.heading.state, told, "dim")

    def _tell(self, proof: Proof, text: Text) -> None:
        if not proof.whole:
            self.heading.state(text.t("audit.not_whole"), "bad", words.told(proof, text))
        elif proof.count:
            self.heading.state(text.t("audit.is_whole", head=short(proof.head)), "good")
        else:
            self.heading.state("", "")

    def action_explain(self) -> None:
        if self.proof is not None:
            text = self.console.desk.text
            told = [
                words.told(self.proof, text),
                "",
                text.t("audit.explained", number=text.number(self.proof.anchored)),
            ]
            self.app.push_screen(Page(text.t("audit.title"), "\n".join(told)))

    # ---- one line

    def on_lines_opened(self, event: Lines.Opened) -> None:
        event.stop()
        self.action_describe()

    def action_describe(self) -> None:
        if (line := self.table.chosen) is not None:
            text = self.console.desk.text
            self.app.push_screen(Page(self._titled(line), "\n".join(words.details(line, text))))

    def action_raw(self) -> None:
        if (line := self.table.chosen) is not None:
            self.app.push_screen(Page(self._titled(line), line.text))

    def _titled(self, line: AuditLine) -> str:
        return self.console.desk.text.t("audit.line", line=line.seq)

    def action_copy(self) -> None:
        if (line := self.table.chosen) is not None:
            self.app.copy_to_clipboard(inert(line.hash))
            self.console.tell(self.console.desk.text.t("copy.done", value=line.hash))

    # ---- filter and export

    def filterable(self) -> VirtualTable:
        return self.table

    def filtered(self, text: str) -> None:
        """Any word of a row; of more rows than are held in memory, only whose they are."""
        if not self._who and self._rows is not None and self._rows.count() <= MOST:
            self.table.sift(text)
        else:
            self._who = text.strip()
            self._fill()

    def unfilter(self) -> bool:
        if not self._who:
            return super().unfilter()
        self._who = ""
        self._fill()
        return True

    def export(self, path: str) -> str:
        """JSON lines with their hashes where the file's name asks for them, else the table as CSV."""
        if not path.endswith(JSON_LINES):
            return super().export(path)
        return str(self.console.desk.dispatch.run(ExportAudit(path)).path)

    def again(self) -> AuditScreen:
        return AuditScreen()


def columns(text: Text) -> tuple[Column, ...]:
    def state(row: AuditLine) -> Piece:
        return words.act(row, text), _LOOKS.get(row.entry.act, "")

    def result(row: AuditLine) -> Piece:
        return inert(words.result(row, text)), "dim"

    def label(name: str) -> str:
        return text.t(f"column.audit_{name}")

    return (
        Column("regel", f"{label('line'):>7}", 7, lambda r: (f"{r.seq:>7}", "dim"), lambda r: r.seq or FAR),
        Column("wanneer", label("at"), 19, lambda r: (inert(words.clock(r)), ""), lambda r: r.at),
        Column("wie", label("user"), 10, lambda r: (inert(r.entry.user), "strong"), lambda r: r.entry.user.casefold()),
        Column("rol", label("role"), 13, lambda r: (inert(words.role(r, text)), "dim"), lambda r: r.entry.role,
               wide_only=True),
        Column("stand", label("act"), 11, state, lambda r: r.entry.act),
        Column("opdracht", label("command"), 20, lambda r: (inert(r.entry.command), "accent"),
               lambda r: r.entry.command),
        Column("waarover", label("about"), 0, lambda r: (inert(words.about(r)), ""), words.about, share=4,
               wide_only=True),
        Column("afloop", label("result"), 0, result, lambda r: r.entry.result, share=3, wide_only=True),
    )  # fmt: skip
