"""`:asof`: the ordinary screens over the store as it was, and back to the present."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from console.commands.history import LookBack
from console.errors import ConsoleError

if TYPE_CHECKING:
    from console.assembly import Desk
    from screens.app import ConsoleApp


async def look_back(app: ConsoleApp, when: str) -> None:
    """Make the past of that moment, while keys go on working, and sit down at it; '' is the present."""
    if not when:
        await _back(app)
        return
    app.tell(app.desk.text.t("asof.making"))
    app.run_worker(_make(app, when), exclusive=True, group="asof")


async def _make(app: ConsoleApp, when: str) -> None:
    present = app.present or app.desk
    try:
        settings = await asyncio.to_thread(present.dispatch.run, LookBack(when))
    except ConsoleError as error:
        app.complain(error)
        return
    past = present.at(settings)
    past = replace(past, text=past.text.speaking(app.desk.text.lang))
    await _sit_down(app, past, present)
    app.tell(past.text.t("asof.there", date=past.text.clock(settings.moment)))


async def _back(app: ConsoleApp) -> None:
    present = app.present
    if present is None:
        app.tell(app.desk.text.t("asof.present"), severity="warning")
        return
    await _sit_down(app, replace(present, text=present.text.speaking(app.desk.text.lang)), None)
    app.tell(app.desk.text.t("asof.back"))


async def _sit_down(app: ConsoleApp, desk: Desk, present: Desk | None) -> None:
    """Change desks: the screens are made anew, on the same node where it is there; a past that was left is removed."""
    node = app.explorer.tree_view.node if app.explorer else None
    left, app.desk = app.desk if app.present else None, desk
    app.present = present
    await app.try_again()
    if node is not None:
        app.call_after_refresh(app.go_to, node.ref)
    if left is not None:
        left.close()
