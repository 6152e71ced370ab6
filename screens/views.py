"""The views that can be opened from anywhere, one entry each: its key, its `:` words, its place in the palette."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.records import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from screens.app import ConsoleApp
    from screens.data_screen import DataScreen


@dataclass(frozen=True, slots=True)
class View:
    """One view.

    `name` is what `action_go`, the palette (`palette.NAME`) and the help (`help.key.NAME`) call it. `make` gives the
    screen for what was typed behind one of the `words` (None: nothing was; start from what the cursor is on), or
    None after telling why there is none. Each loads its screen's file itself, so that a start loads none.
    """

    name: str
    make: Callable[[ConsoleApp, str | None], DataScreen | None]
    keys: str = ""
    words: tuple[str, ...] = ()


def _search(_: ConsoleApp, typed: str | None) -> DataScreen:
    from screens.search import SearchScreen

    return SearchScreen(typed or "")


def _rotations(app: ConsoleApp, path: str | None) -> DataScreen:
    from screens.calendar import CalendarScreen

    return CalendarScreen(app.here(path))


def _history(app: ConsoleApp, path: str | None) -> DataScreen:
    from screens.history import HistoryScreen, typed_of

    return HistoryScreen(*typed_of(app, path))


def _diff(app: ConsoleApp, typed: str | None) -> DataScreen:
    from screens.history import DiffScreen, typed_of

    return DiffScreen(*typed_of(app, typed))


def _findings(app: ConsoleApp, path: str | None) -> DataScreen:
    from screens.findings import FindingsScreen

    return FindingsScreen(app.here(path))


def _used_by(app: ConsoleApp, _: str | None) -> DataScreen | None:
    """What breaks if: of the CMK under the cursor, or above the data key under it."""
    ref = app.view.stands_on() if app.view else None
    if ref is None or ref.kind not in (Kind.CMK, Kind.DATA_KEY):
        app.tell(app.desk.text.t("blast.no_place"), severity="warning")
        return None
    from screens.blast import BlastScreen

    return BlastScreen(ref)


def _pulse(app: ConsoleApp, path: str | None) -> DataScreen:
    from screens.pulse import PulseScreen

    return PulseScreen(app.here(path))


def _card(app: ConsoleApp, _: str | None) -> DataScreen | None:
    """The card, for a ticket, of what the cursor is on."""
    screen = app.view.card_here() if app.view else None
    if screen is None:
        app.tell(app.desk.text.t("card.no_node"), severity="warning")
    return screen


def _audit(app: ConsoleApp, _: str | None) -> DataScreen | None:
    """Whom the gate refuses hears why, and finds the refusal in it."""
    from console.commands.audit import ListAudit
    from screens.audit import AuditScreen

    return AuditScreen() if app.view and app.view.ask(ListAudit(limit=1)) is not None else None


def _runs(_app: ConsoleApp, _: str | None) -> DataScreen:
    from screens.runs import RunsScreen

    return RunsScreen()


def _requests(app: ConsoleApp, path: str | None) -> DataScreen:
    from screens.requests import RequestsScreen

    return RequestsScreen(app.here(path))


def _help(_app: ConsoleApp, _: str | None) -> DataScreen:
    from screens.help import HelpScreen

    return HelpScreen()


VIEWS: tuple[View, ...] = (
    View("search", _search, "ctrl+f,F", ("search",)),
    View("rotations", _rotations, "r", ("rotations", "calendar")),
    View("history", _history, "", ("history",)),
    View("diff", _diff, "", ("diff",)),
    View("findings", _findings, "f", ("findings",)),
    View("used_by", _used_by, "u"),
    View("pulse", _pulse, "", ("pulse",)),
    View("card", _card, "t"),
    View("audit", _audit, "", ("audit",)),
    View("requests", _requests, "A", ("requests", "request")),
    View("runs", _runs, "W", ("runs",)),
    View("help", _help, "question_mark,f1", ("help",)),
)
"""In the palette's order."""

BY_NAME = {view.name: view for view in VIEWS}
BY_WORD = {word: view for view in VIEWS for word in view.words}
