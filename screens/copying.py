"""`c` and `C`: what the facts on screen give to the clipboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.errors import ConsoleError
from console.text import inert

if TYPE_CHECKING:
    from screens.app import ConsoleApp
    from store.records import NodeRef


def copy_first(app: ConsoleApp) -> None:
    """What is most often wanted: the ARN, or what stands for it."""
    sheet = app.explorer.sheet if app.explorer else None
    if sheet and sheet.copies:
        _copied(app, sheet.copies[0][1])


def copy_menu(app: ConsoleApp) -> None:
    """One of all that can be copied, or the whole card."""
    from screens.page import Choice

    sheet = app.explorer.sheet if app.explorer else None
    if not sheet or not sheet.copies:
        return
    text = app.desk.text
    choices = [(text.t(key), value) for key, value in sheet.copies]
    card = f"{text.t('card.title')} · {sheet.name}"
    app.push_screen(
        Choice(text.t("copy.title"), [*choices, (text.t("copy.card"), card)]),
        lambda value: _card_copied(app, sheet.ref) if value == card else _copied(app, value),
    )


def _card_copied(app: ConsoleApp, ref: NodeRef) -> None:
    from console.commands.cards import MakeCard
    from console.reports.cards import card_text

    try:
        app.copy_card(card_text(app.desk.dispatch.run(MakeCard(ref)), app.desk.text))
    except ConsoleError as error:
        app.complain(error)


def _copied(app: ConsoleApp, value: str | None) -> None:
    if value:
        app.copy_to_clipboard(inert(value))
        app.tell(app.desk.text.t("copy.done", value=value))
