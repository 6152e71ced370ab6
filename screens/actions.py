"""`a`: what can be changed about what the cursor is on, or about all that is marked. One entry each; the only way."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from console.commands.evidence import RetireOld
from console.commands.inventory import BrowseTree
from console.commands.replace import ReplaceCmk
from console.commands.requests import BeginRequest
from console.commands.rotate import RotateDataKeys
from console.errors import ConsoleError
from console.text.paths import join_path
from screens.offers import Offer, Offers
from store.records import Kind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from console.commands.command import Command
    from console.text import Text
    from screens.app import ConsoleApp
    from store.records import NodeRef

    Refs = tuple[NodeRef, ...]


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that can be done.

    Its texts are `act.NAME` and `act.NAME.about`. `kinds` are the nodes that it can be done to; `several`: also to
    more than one at a time. `wish` is the command that the gate judges before anything is asked; `begin` goes on.
    """

    name: str
    kinds: frozenset[Kind]
    wish: Callable[[Refs], Command]
    begin: Callable[[ConsoleApp, Refs], Awaitable[None]]
    several: bool = False

    def fits(self, refs: Refs) -> bool:
        return all(ref.kind in self.kinds for ref in refs) and (self.several or len(refs) == 1)


async def choose_act(app: ConsoleApp) -> None:
    """Open the menu for what the cursor is on, or for the marked rows."""
    refs = app.view.concerned() if app.view else ()
    text = app.desk.text
    fitting = [act for act in ACTS if refs and act.fits(refs)]
    if not fitting:
        app.tell(text.t("act.none"), severity="warning")
        return
    offers = [_offer(app, act, refs) for act in fitting]
    title = text.t("act.title") if len(refs) == 1 else text.n("act.title_marked", len(refs))

    def taken(name: str | None) -> None:
        if name is not None:
            act = next(act for act in fitting if act.name == name)
            app.run_worker(_safely(app, act.begin(app, refs)))

    await app.push_screen(Offers(title, offers), taken)


def _offer(app: ConsoleApp, act: Act, refs: Refs) -> Offer:
    text, verdict = app.desk.text, app.desk.dispatch.may(act.wish(refs))
    refused = "" if verdict.allowed else text.t(verdict.reason, role=app.desk.session.role.value)
    return Offer(act.name, text.t(f"act.{act.name}"), about=text.t(f"act.{act.name}.about"), refused=refused)


async def _safely(app: ConsoleApp, beginning: Awaitable[None]) -> None:
    try:
        await beginning
    except ConsoleError as error:
        app.complain(error)


async def begun(app: ConsoleApp, command: Command) -> None:
    """Record the run that this command begins, and open its wizard; nothing of it is done yet.

    Raises:
        ConsoleError: it cannot begin (the sentence says why).
    """
    from screens.wizard import WizardScreen

    answer: Any = await asyncio.to_thread(app.desk.dispatch.run, command)
    walked = answer[0].walked if isinstance(answer, list) else answer
    await app.over(WizardScreen(walked.run_id))


# ---- data keys


async def _rotate(app: ConsoleApp, refs: Refs) -> None:
    """Of one data key the ways are offered; several each take the one that is recommended for it."""
    if len(refs) > 1:
        await begun(app, RotateDataKeys(refs=refs, yes=True, go=False))
        return
    (planned,) = await asyncio.to_thread(app.desk.dispatch.run, RotateDataKeys(refs=refs, plan=True))
    text = app.desk.text
    offers = [
        Offer(
            route.name, text.t(route.key), text.t(f"effect.{route.effect}"), text.t(f"{route.key}.why"),
            text.t(route.refused, **route.values) if route.refused else "", _takes(planned.choice, route, text),
        )
        for route in planned.choice.routes
    ]  # fmt: skip
    if not offers:
        app.tell(text.t("rotation.no_way"), severity="warning")
        return

    def taken(name: str | None) -> None:
        if name is not None:
            app.run_worker(_safely(app, begun(app, RotateDataKeys(refs=refs, route=name, yes=True, go=False))))

    await app.push_screen(Offers(text.t("act.rotate.ways"), offers), taken)


def _takes(choice: Any, route: Any, text: Text) -> tuple[str, ...]:
    """How long it lasts and what it costs, as far as anybody can say; and what the cache knows to stay behind."""
    from console.reports.estimates import summary

    estimate, still = choice.estimates.get(route.name), len(choice.subject.still)
    said = () if estimate is None else (summary(estimate, text),)
    return (*said, text.t("held.cached", number=still)) if still and not route.refused else said


async def _retire(app: ConsoleApp, refs: Refs) -> None:
    from screens.retiring import choose_old

    await choose_old(app, refs)


# ---- places


async def _request(app: ConsoleApp, refs: Refs) -> None:
    """The form for a CMK of this place, with its names filled in."""
    path = await asyncio.to_thread(lambda: app.desk.dispatch.run(BrowseTree()).typed(refs[0]))
    await begun(app, BeginRequest(join_path(path)))


# ---- CMKs


async def _replace(app: ConsoleApp, refs: Refs) -> None:
    await begun(app, ReplaceCmk(ref=refs[0], yes=True, go=False))


PLACES = frozenset({Kind.TENANT, Kind.APPLICATION, Kind.ENVIRONMENT})

ACTS: tuple[Act, ...] = (
    Act("request", PLACES, lambda _: BeginRequest(), _request),
    Act("rotate", frozenset({Kind.DATA_KEY}), lambda refs: RotateDataKeys(refs=refs), _rotate, several=True),
    Act("retire", frozenset({*PLACES, Kind.DATA_KEY}), lambda _: RetireOld("?"), _retire, several=True),
    Act("replace", frozenset({Kind.CMK}), lambda refs: ReplaceCmk(ref=refs[0], yes=True), _replace),
)
"""In the menu's order."""
