"""The face of each thing that keeps the console from showing an estate, with what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from console.commands.inventory import GetOverview
from console.errors import ConsoleError
from screens.data_screen import DataScreen
from screens.page import TextLines

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType


class TroubleScreen(DataScreen):
    """One plain text; the keys that help are named in it."""

    hints = "hints.trouble"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sandbox", "Sandbox", show=False, id="trouble.sandbox"),
        Binding("enter", "again", "Again", show=False, id="trouble.again"),
    ]

    def __init__(self, error: ConsoleError) -> None:
        super().__init__()
        self.error = error

    def body(self) -> ComposeResult:
        yield TextLines(self._told())

    def _told(self) -> str:
        desk = self.console.desk
        sentence = desk.text.t(self.error.key, **self.error.values)
        if self.error.key != "store.missing":
            return f"{desk.text.t('trouble.title')}\n\n{sentence}\n\n{desk.text.t('trouble.again')}"
        if not desk.settings.configured:
            return desk.text.t("trouble.welcome", config=str(desk.settings.config))
        return desk.text.t("trouble.empty", path=str(desk.settings.store)) + self._failure()

    def _failure(self) -> str:
        """What the last sync said when it failed, as another paragraph."""
        try:
            run = self.console.desk.dispatch.run(GetOverview()).last_sync
        except ConsoleError:
            return ""  # the store itself is what is missing
        if run is None or run.state != "failed" or not run.message:
            return ""
        text = self.console.desk.text
        return "\n\n" + text.t("why.failed", reason=text.recall(run.message))

    def ready(self) -> None:
        self.set_focus(self.query_one(TextLines))

    def beat(self) -> None:
        """Something is in the store now."""
        self.app.call_later(self.console.try_again)

    async def on_lines_opened(self) -> None:
        await self.action_again()

    async def action_again(self) -> None:
        await self.console.try_again()

    def action_sandbox(self) -> None:
        self.console.exit(self.console.SANDBOX)
