"""The base of every screen: one question to the cache, its answer, and the question again when the store beats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from textual.screen import Screen

from console.errors import ConsoleError
from screens.widgets.banner import Banner, Hints
from screens.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widget import Widget

    from console.commands.command import Command
    from screens.app import ConsoleApp
    from screens.card import CardScreen
    from screens.widgets.prompt import Prompt
    from store.records import NodeRef


class DataScreen(Screen[None]):
    """Banner above, hints and prompt below, a body between. `beat` is called when the store has changed."""

    hints = ""

    @property
    def console(self) -> ConsoleApp:
        return cast("ConsoleApp", self.app)

    def compose(self) -> ComposeResult:
        desk = self.console.desk
        yield Banner(desk)
        yield from self.body()
        yield Hints(desk.text.t(self.hints) if self.hints else "")

    def body(self) -> ComposeResult:
        raise NotImplementedError

    def on_mount(self) -> None:
        self.ready()
        self.call_after_refresh(self.prompt)

    async def prompt(self) -> Prompt:
        """The line to type in, made after the first frame: a start does not wait for it, nor does a key."""
        from screens.widgets.prompt import Prompt

        there = self.query(Prompt)
        if not there:
            # Both are docked to the last line: what comes later lies on top.
            await self.mount(Prompt(self.console.desk.text), after=self.query_one(Hints))
        return self.query_one(Prompt)

    def on_screen_resume(self) -> None:
        self.call_after_refresh(self.console.tell_banner)

    def ready(self) -> None:
        """Ask the screen's question for the first time."""

    def beat(self) -> None:
        """The store changed underneath: ask again."""

    def ask(self, command: Command) -> Any:
        """The answer from the cache, or None after telling the person what went wrong."""
        try:
            return self.console.desk.dispatch.run(command)
        except ConsoleError as error:
            self.console.complain(error)
            return None

    # ---- what the prompt does here

    def filtered(self, text: str) -> None:
        """`/` with this text; '' takes the filter away."""

    def filterable(self) -> Widget | None:
        """What `/` filters here, and what gets the focus back; None where there is nothing to filter."""
        return None

    def unfilter(self) -> bool:
        """Take the filter away; False when there is none."""
        table = self.filterable()
        if not isinstance(table, VirtualTable) or not table.sifted:
            return False
        table.sift("")
        return True

    def on_virtual_table_failed(self, event: VirtualTable.Failed) -> None:
        event.stop()
        self.console.complain(event.error)

    def at(self) -> str:
        """The path that commands such as `:rotations` start from."""
        return ""

    def stands_on(self) -> NodeRef | None:
        """The node under the cursor, for keys that ask about it; None where there is none."""
        return None

    def concerned(self) -> tuple[NodeRef, ...]:
        """What `a` is about: the marked rows, else the node under the cursor."""
        ref = self.stands_on()
        return (ref,) if ref is not None else ()

    def card_here(self) -> CardScreen | None:
        """The card of what is under the cursor; None where there is nothing to make one of."""
        ref = self.stands_on()
        if ref is None:
            return None
        from screens.card import CardScreen

        return CardScreen(ref)

    def export(self, path: str) -> str:
        """Write what is shown to `path`, or to a name of its own for ''; the file that was written.

        Raises ConsoleError: there is no table, or it cannot be written.
        """
        from screens.export import export

        return str(export(self.exportable(), path))

    def exportable(self) -> Widget | None:
        """The table that an export writes."""
        return self.filterable()

    def again(self) -> DataScreen | None:
        """A fresh one of these, to come back to with `-`; None for what cannot be come back to."""
        return None
