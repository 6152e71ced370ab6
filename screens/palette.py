"""What the palette offers: every view, what can be done, and the themes; what may not be done says why."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.app import SystemCommand

from screens.theme import THEMES
from screens.views import VIEWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from screens.app import ConsoleApp


def commands_of(app: ConsoleApp) -> Iterator[SystemCommand]:
    text = app.desk.text
    actions = {view.name: partial(app.action_go, view.name) for view in VIEWS} | {
        "act": app.action_act,
        "sync": app.action_sync,
        "why": app.action_why,
        "raw": app.action_raw,
        "copy_menu": app.action_copy_menu,
        "export": app.action_export,
        "log": app.action_log,
        "quit": app.action_leave,
    }
    for name, action in actions.items():
        about = _refusal(app, name) or text.t(f"help.key.{name}")
        yield SystemCommand(text.t(f"palette.{name}"), about, cast("Callable[[], Any]", action))
    for theme in THEMES:
        yield SystemCommand(text.t("palette.theme", name=theme.name), "", partial(setattr, app, "theme", theme.name))


def _refusal(app: ConsoleApp, name: str) -> str:
    """Why this may not be done now; '' when it may."""
    if name == "raw":
        from console.commands.inventory import ShowRaw

        verdict = app.desk.dispatch.may(ShowRaw)
        return "" if verdict.allowed else app.desk.text.t(verdict.reason, role=app.desk.session.role.value)
    from screens.refreshing import refusal

    return refusal(app.desk) if name == "sync" else ""
