"""What is old and waits: a single one goes to its last question at once, of several one is chosen."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from console.commands.evidence import RetireOld, Retiring
from console.reports.evidence import own_reason
from console.reports.holders import why
from screens.offers import Offer, Offers

if TYPE_CHECKING:
    from console.text import Text
    from screens.app import ConsoleApp
    from store.records import NodeRef


async def choose_old(app: ConsoleApp, refs: tuple[NodeRef, ...] = ()) -> None:
    """Open the work whose old part waits, of these data keys or places, of all in sight without any."""
    waiting: list[Retiring] = await asyncio.to_thread(app.desk.dispatch.run, RetireOld(refs=refs))
    text = app.desk.text
    if not waiting:
        app.tell(text.t("retire.none"), severity="warning")
    elif len(waiting) == 1:
        await _open(app, waiting[0].run_id)
    else:
        offers = [_offer(each, text) for each in waiting]

        def taken(run_id: str | None) -> None:
            if run_id is not None:
                app.run_worker(_open(app, run_id))

        await app.push_screen(Offers(text.t("retire.which"), offers), taken)


async def _open(app: ConsoleApp, run_id: str) -> None:
    from screens.wizard import WizardScreen

    await app.over(WizardScreen(run_id))


def _offer(each: Retiring, text: Text) -> Offer:
    state = text.t("retire.due" if each.due else "retire.kept")
    old = [f"{one.was}: {own_reason(one, text)}" for one in each.judged]
    others = [f"{other.id}: {why(other, text)}" for other in each.others]
    about = f"{text.t('column.retire_kept_until')} {text.when(each.keep_until)}"
    return Offer(each.run_id, each.view.run.subject, f"{state} · {text.date(each.keep_until)}", about,
                 more=(*old, *others[:SHOWN]))  # fmt: skip


SHOWN = 4
"""Other holders in the dialog; the question itself has all."""
