"""Wishes for a card, and to know what a pasted text is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from console.commands.command import Command, option
from console.errors import UsageError
from console.policy import Grant, Redaction, redacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.commands.command import Services
    from console.services.cards import Card
    from console.services.recognition import Recognised
    from console.services.troubles import Advice, Trouble
    from store.answers import Sheet
    from store.records import NodeRef


@dataclass(frozen=True, slots=True)
class Shown:
    """What a pasted text is about: a sheet or a card of the one thing, else neither; and what its errors mean."""

    read: Recognised
    sheet: Sheet | None = None
    card: Card | None = None
    advice: tuple[Advice, ...] = ()


@dataclass(frozen=True, slots=True)
class ShowThing(Command):
    """All facts, or with `card` the card, of whatever an id, ARN, alias, resource, path or pasted text names."""

    name: ClassVar[str] = "show"
    thing: str = option("", positional=True, piped=True)
    card: bool = option(default=False)
    redact: str = option("", metavar="tenant|internal")
    asof: str = option("", metavar="2026-03-14")

    def wants(self) -> Grant:
        return Grant.WHOLE if self.redact.strip().lower() == Redaction.INTERNAL else self.needs

    def run(self, services: Services, listen: Callable[[Any], None]) -> Shown:
        from console.services.cards import Cards
        from console.services.recognition import Recogniser

        chosen = redaction_of(self.redact, services.settings.role)
        services = services.at(self.asof)
        read = Recogniser(services.store, services.settings).one(self.thing)
        cards = Cards(services.store, services.settings)
        if read.ref is None:
            return Shown(read, advice=cards.advice(read.troubles, None))
        made = cards.card(read.ref, chosen, read.troubles, read.material)
        if self.card or self.redact:
            return Shown(read, card=made)
        return Shown(read, services.catalog.sheet(read.ref), advice=made.advice)


@dataclass(frozen=True, slots=True)
class MakeCard(Command):
    """The card of a node that is known already, with the errors and the HBK of the text that led there."""

    name: ClassVar[str] = "card"
    ref: NodeRef = None  # type: ignore[assignment]
    redact: str = ""
    troubles: tuple[Trouble, ...] = ()
    material: str = ""

    def wants(self) -> Grant:
        return Grant.WHOLE if self.redact == Redaction.INTERNAL else self.needs

    def run(self, services: Services, listen: Callable[[Any], None]) -> Card:
        from console.services.cards import Cards

        chosen = redaction_of(self.redact, services.settings.role)
        return Cards(services.store, services.settings).card(self.ref, chosen, self.troubles, self.material)


@dataclass(frozen=True, slots=True)
class ReadPasted(Command):
    """What a pasted text is about."""

    name: ClassVar[str] = "pasted"
    text: str = ""

    def run(self, services: Services, listen: Callable[[Any], None]) -> Shown:
        from console.services.cards import Cards
        from console.services.recognition import Recogniser

        read = Recogniser(services.store, services.settings).read(self.text)
        cards = Cards(services.store, services.settings)
        made = cards.card(read.ref, Redaction.TENANT) if read.ref is not None and read.troubles else None
        return Shown(read, advice=cards.advice(read.troubles, made))


def redaction_of(text: str, role: str) -> Redaction:
    """The redaction of that name; for '' the role's own: who answers tickets passes cards on to tenants.

    Raises:
        UsageError: there is none.
    """
    if not text:
        return Redaction.TENANT if redacts(role) else Redaction.INTERNAL
    try:
        return Redaction(text.strip().lower())
    except ValueError as error:
        raise UsageError("card.redact", value=text, allowed=", ".join(Redaction)) from error
