"""The console on a terminal: screens over one desk, keys to commands, every error one sentence."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from textual.app import App, SystemCommand
from textual.binding import Binding

from console.commands.inventory import BrowseTree, GetOverview
from console.errors import ConsoleError, UsageError
from screens.data_screen import DataScreen
from screens.explorer import Explorer
from screens.spoken import completions, speak
from screens.theme import THEMES
from screens.views import BY_NAME, BY_WORD, VIEWS
from screens.widgets.banner import Banner
from screens.widgets.lines import Lines
from store.records import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.binding import BindingType
    from textual.screen import Screen

    from console.assembly import Desk
    from screens.views import View
    from screens.widgets.prompt import Prompt
    from store.records import NodeRef

BEAT = 0.5
"""Seconds between two looks at whether the store has changed."""

SMALLEST = (60, 15)


class ConsoleApp(App[int]):
    """Banner, body, prompt and hints; the body is one screen at a time."""

    CSS_PATH = "app.tcss"
    TITLE = "kms-console"
    SANDBOX: Final = -1
    """The result that asks the front door to come back in the sandbox."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "prompt('filter')", "Filter", show=False, id="app.filter"),
        Binding("colon", "prompt('command')", "Command", show=False, id="app.command"),
        Binding("escape", "back", "Back", show=False, id="app.back"),
        Binding("minus", "last", "Last view", show=False, id="app.last"),
        Binding("ctrl+r,R", "sync", "Refresh", show=False, id="app.sync"),
        Binding("w", "why", "Why", show=False, id="app.why"),
        Binding("y", "raw", "Raw", show=False, id="app.raw"),
        Binding("c", "copy", "Copy", show=False, id="app.copy"),
        Binding("C", "copy_menu", "Copy menu", show=False, id="app.copy_menu"),
        Binding("ctrl+s", "export", "Export", show=False, id="app.export"),
        Binding("a", "act", "Actions", show=False, id="app.act"),
        Binding("at", "log", "Log", show=False, id="app.log"),
        Binding("q", "leave", "Quit", show=False, id="app.leave"),
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True, id="app.quit"),
        Binding("ctrl+z", "suspend_process", "Suspend", show=False, id="app.suspend"),
        *(
            Binding(view.keys, f"go('{view.name}')", view.name, show=False, id=f"app.{view.name}")
            for view in VIEWS
            if view.keys
        ),
    ]

    def __init__(self, desk: Desk, view: str = "explorer") -> None:
        super().__init__()
        self.animation_level = "none"  # what moves by itself is slow over a line, and in nobody's way when it does not
        self.desk = desk
        self.present: Desk | None = None
        """The desk to return to, while this one looks at the past."""
        self._view = view
        self._pulse: int | None = None
        self._ground = 1
        self._last: Screen[Any] | None = None
        self.told: list[str] = []
        for theme in THEMES:
            self.register_theme(theme)
        # Nothing is painted yet: the theme is set without the second pass over all styles that a change asks for.
        self.set_reactive(App.theme, desk.settings.theme)
        self.stylesheet.set_variables(self.get_css_variables())

    def get_default_screen(self) -> Screen[Any]:
        """The explorer if the store lets us, else the face of what keeps us from it."""
        try:
            self._pulse = self.desk.pulse()
            if self.desk.dispatch.run(BrowseTree()).count(ROOT):
                return Explorer()
            trouble = ConsoleError("store.missing", path=str(self.desk.settings.store))
        except ConsoleError as error:
            trouble = error
        from screens.trouble import TroubleScreen

        return TroubleScreen(trouble)

    def on_mount(self) -> None:
        self.scroll_sensitivity_y = 1
        self.set_interval(BEAT, self._beat)
        if self._view != "explorer" and self.explorer:
            self.call_after_refresh(self.open_view, BY_WORD[self._view], "")

    def on_unmount(self) -> None:
        """A past that is looked at goes with the screens."""
        if self.present is not None:
            self.desk.close()

    async def try_again(self) -> None:
        """Look once more whether the store lets us."""
        await self._only(self.get_default_screen())

    async def _only(self, screen: Screen[Any]) -> None:
        """This screen as the lowest one. The very first cannot be taken away: it stays below, unseen and unasked."""
        while len(self.screen_stack) > self._ground:
            await self.pop_screen()
        if self._ground == 1:
            self._ground = 2
            await self.push_screen(screen)
        else:
            await self.switch_screen(screen)

    # ---- the beat

    async def _beat(self) -> None:
        try:
            pulse = self.desk.pulse()
        except ConsoleError:
            return
        if self._pulse is None:
            await self.try_again()
        elif pulse != self._pulse:
            self._pulse = pulse
            self.tell_banner()
            for screen in self.screen_stack[self._ground - 1 :]:
                if hasattr(screen, "beat"):
                    cast("DataScreen", screen).beat()

    def tell_banner(self) -> None:
        """The banners learn ages and gaps, those below a dialog too."""
        try:
            overview = self.desk.dispatch.run(GetOverview())
        except ConsoleError:
            return
        for screen in self.screen_stack:
            for banner in screen.query(Banner):
                banner.show(overview)

    def complain(self, error: ConsoleError) -> None:
        """One sentence, for a few seconds on screen and for good in the log (`@`)."""
        self.tell(self.desk.text.t(error.key, **error.values), severity="error")

    def tell(self, sentence: str, *, severity: Any = "information") -> None:
        self.told.append(f"{self.desk.text.clock_now()}  {sentence}")
        self.notify(sentence, severity=severity, markup=False, timeout=6)

    # ---- going places

    @property
    def explorer(self) -> Explorer | None:
        return next((s for s in reversed(self.screen_stack) if isinstance(s, Explorer)), None)

    @property
    def view(self) -> DataScreen | None:
        """The screen on top, if it is one of ours with an answer."""
        return cast("DataScreen", self.screen) if hasattr(self.screen, "filterable") else None

    def go_to(self, ref: NodeRef) -> None:
        """Leave what is above the explorer and stand on this node."""
        self.to_explorer()
        if self.explorer is not None:
            self.explorer.reveal(ref)

    def show_all(self, words: str, within: NodeRef | None = None) -> None:
        """Leave what is above the explorer; its tree shows what answers to the filter, in a branch or in all."""
        self.to_explorer()
        if self.explorer is not None:
            self.explorer.narrow(words, within)

    def to_explorer(self) -> None:
        """Leave whatever is above the explorer."""
        explorer = self.explorer
        while explorer is not None and self.screen is not explorer:
            self._last = self.screen
            self.pop_screen()

    def here(self, path: str | None) -> str:
        """The path that was typed, else that of what the cursor is on."""
        return path if path is not None else self.view.at() if self.view else ""

    async def action_go(self, name: str) -> None:
        """Open a view by its name; its key does nothing in itself."""
        screen = BY_NAME[name].make(self, None)
        if screen is not None and type(screen) is not type(self.screen):
            await self.over(screen)

    async def open_view(self, view: View, typed: str | None = None) -> None:
        """Open a view with what was typed behind its word."""
        if (screen := view.make(self, typed)) is not None:
            await self.over(screen)

    async def over(self, screen: Screen[Any]) -> None:
        """On top of the explorer; the next key waits until it is there."""
        if self.explorer is not None:
            await self.push_screen(screen)

    def copy_card(self, card: str) -> None:
        """A whole card, line by line, to the clipboard; its lines are inert already."""
        self.copy_to_clipboard(card)
        self.tell(self.desk.text.t("card.copied"))

    async def action_back(self) -> None:
        """Esc: out of a filter, out of the facts, out of a screen; never out of the console."""
        screen = self.screen
        if self.view is not None and self.view.unfilter():
            return
        if isinstance(screen, Explorer):
            screen.to_tree()
        elif len(self.screen_stack) > self._ground:
            self._last = screen
            self.pop_screen()

    async def action_last(self) -> None:
        """The view that was left last, and back again."""
        if not isinstance(self.screen, Explorer):
            await self.action_back()
        elif isinstance(self._last, DataScreen) and (screen := self._last.again()) is not None:
            await self.over(screen)

    async def action_leave(self) -> None:
        """q: quits at top level, else goes back."""
        if len(self.screen_stack) > self._ground:
            await self.action_back()
        else:
            self.exit(0)

    async def action_quit(self) -> None:
        self.exit(0)

    # ---- doing things

    def action_sync(self) -> None:
        from screens.refreshing import refresh

        try:
            self.tell(refresh(self.desk))
        except ConsoleError as error:
            self.complain(error)

    def action_why(self) -> None:
        explorer = self.screen if isinstance(self.screen, Explorer) else None
        fact = explorer.fact if explorer else None
        from screens.reasons import reasons

        self.push_screen(reasons(self.desk, fact))

    def action_raw(self) -> None:
        sheet = self.explorer.sheet if self.explorer else None
        if sheet is None:
            return
        from console.commands.inventory import ShowRaw
        from screens.page import Page

        try:
            raw = self.desk.dispatch.run(ShowRaw(sheet.ref))
        except ConsoleError as error:
            self.complain(error)
        else:
            self.push_screen(Page(self.desk.text.t("raw.title"), raw))

    def action_copy(self) -> None:
        from screens.copying import copy_first

        copy_first(self)

    def action_copy_menu(self) -> None:
        from screens.copying import copy_menu

        copy_menu(self)

    def action_export(self, path: str = "") -> None:
        try:
            if self.view is None:
                raise UsageError("export.no_table")
            written = self.view.export(path)
        except ConsoleError as error:
            self.complain(error)
        else:
            self.tell(self.desk.text.t("export.done", path=written))

    async def action_act(self) -> None:
        """The menu of what can be changed here."""
        from screens.actions import choose_act

        await choose_act(self)

    def action_log(self) -> None:
        from screens.page import Page

        lines = "\n".join(reversed(self.told)) or self.desk.text.t("log.empty")
        self.push_screen(Page(self.desk.text.t("log.title"), lines))

    # ---- the prompt

    async def action_prompt(self, kind: str) -> None:
        view = self.view
        if view is None or (kind == "filter" and view.filterable() is None):
            return
        (await view.prompt()).open(kind, completions=completions if kind == "command" else None)

    async def on_prompt_typed(self, event: Prompt.Typed) -> None:
        view = self.view
        if view is None:
            return
        if event.kind == "filter":
            if isinstance(lines := view.filterable(), Lines):
                lines.unfound = self.desk.text.t("filter.nothing")
            view.filtered("" if event.left else event.text)
        if (event.done or event.left) and (target := view.filterable()) is not None:
            self.screen.set_focus(target)
        if event.kind == "command" and event.done:
            await speak(self, event.text)

    async def speak_language(self, lang: str) -> None:
        """Another language: every screen is made anew, on the same node."""
        from dataclasses import replace

        node = self.explorer.tree_view.node if self.explorer else None
        self.desk = replace(self.desk, text=self.desk.text.speaking(lang))
        await self._only(Explorer())
        if node is not None:
            self.call_after_refresh(self.go_to, node.ref)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:  # noqa: ARG002 - the same everywhere
        from screens.palette import commands_of

        return commands_of(self)


def run(desk: Desk, view: str = "explorer") -> int:
    """The screens until they are left; the exit code, or ConsoleApp.SANDBOX."""
    app = ConsoleApp(desk, view)
    app.call_later(_settle)
    return app.run(mouse=desk.settings.mouse) or 0


def _settle() -> None:
    gc.enable()
    gc.freeze()
