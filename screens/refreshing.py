"""What the refresh key does here: a sync where these credentials read AWS, else taking what was published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.commands.exchange import StartPull
from console.commands.inventory import GetOverview
from console.commands.sync import StartSync
from console.errors import ConsoleError

if TYPE_CHECKING:
    from console.assembly import Desk
    from console.commands.command import Command


def refresh(desk: Desk) -> str:
    """Begin it, and the sentence that says so. Raises ConsoleError."""
    command = _command(desk)
    desk.dispatch.run(command)
    return desk.text.t("pull.begun" if isinstance(command, StartPull) else "sync.begun")


def refusal(desk: Desk) -> str:
    """Why nothing can be refreshed in this session; '' when something can."""
    if _trusts(desk):
        return ""
    verdict = desk.dispatch.may(StartSync)
    return "" if verdict.allowed else desk.text.t(verdict.reason, role=desk.session.role.value)


def _command(desk: Desk) -> Command:
    """A store goes on with what filled it; an empty one is an owner's to pull into, where a key is trusted."""
    if not desk.dispatch.may(StartSync).allowed:
        return StartPull() if _trusts(desk) else StartSync()
    try:
        overview = desk.dispatch.run(GetOverview())
    except ConsoleError:  # no store yet
        overview = None
    if overview is not None and (overview.taken is not None or overview.last_sync is not None):
        return StartPull() if overview.taken is not None else StartSync()
    return StartPull() if desk.session.scope is not None and _trusts(desk) else StartSync()


def _trusts(desk: Desk) -> bool:
    return bool(desk.settings.exchange.trusted_keys)
