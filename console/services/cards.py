"""The card: what somebody who answers a ticket passes on of one CMK, data key or place; from the cache alone.

A card for a tenant is made of what a session in that tenant's scope would see, so that nobody else's names can stand
on it; of that, what is for administrators stays out as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from console.errors import NotFound
from console.policy import Redaction
from console.services.card_facts import (
    cmk_facts,
    data_key_facts,
    hbk_facts,
    holder_sentences,
    place_facts,
    read_facts,
    under_facts,
    whole_facts,
)
from console.services.catalog import Catalog
from console.services.sheets import sentences
from console.services.troubles import Advice, advised
from store.blast import Blasts
from store.records import Kind, NodeRef, Scope, Status

if TYPE_CHECKING:
    from console.services.troubles import Trouble
    from console.settings import Settings
    from store.answers import Cmk, DataKey, Fact, PlaceFacts
    from store.database import Store


@dataclass(frozen=True, slots=True)
class Card:
    """One card. `sections` are a heading's text key and its facts; `plain` are whole sentences; `todo` the text key of
    what to do next where no error is told, `kind` that of what it is about. `contact` is whom the tenant
    itself named, on internal cards.

    `cmk_status`, `deletion_at`, `on_demand_used` and `read_at` are of the CMK that it is about or stands under.
    """

    ref: NodeRef
    redaction: Redaction
    path: tuple[str, ...]
    name: str
    status: Status
    stale: bool
    sections: tuple[tuple[str, tuple[Fact, ...]], ...] = ()
    plain: tuple[Fact, ...] = ()
    advice: tuple[Advice, ...] = ()
    todo: str = ""
    kind: str = ""
    cmk_status: Status = Status.UNKNOWN
    deletion_at: int | None = None
    on_demand_used: int = 0
    read_at: int = 0
    phone: str = ""
    mail: str = ""
    contact: str = ""


class Cards:
    """Makes cards. Raises StoreError."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    def card(self, ref: NodeRef, redaction: Redaction, troubles: tuple[Trouble, ...] = (), material: str = "") -> Card:
        """The card of a node; `material` is the HBK that a pasted text names, `troubles` its errors.

        Raises:
            NotFound: the node is gone, or out of the session's scope.
        """
        eyes = _Eyes(self._store, self._settings, ref, redaction)
        made = eyes.card(material)
        advice = self.advice(troubles, made)
        contact = eyes.contact if redaction is Redaction.INTERNAL else ""
        settings = self._settings
        return replace(
            made, advice=advice, todo="" if advice else _todo(made), phone=settings.support_phone,
            mail=settings.support_mail, contact=contact,
        )  # fmt: skip

    def advice(self, troubles: tuple[Trouble, ...], card: Card | None) -> tuple[Advice, ...]:
        """What these errors mean, for what stands on this card (None: in general)."""
        about = card if card is not None and card.ref.kind in _KEYS else None
        every = (advised(trouble, about, self._settings.on_demand_limit) for trouble in troubles)
        return tuple({(advice.what, advice.todo): advice for advice in reversed(list(every))}.values())[::-1]


_KEYS = (Kind.CMK, Kind.DATA_KEY)


class _Eyes:
    """What one reader's eyes see of one node: the session's own, narrowed to the tenant's for the tenant's card."""

    def __init__(self, store: Store, settings: Settings, ref: NodeRef, redaction: Redaction) -> None:
        self._settings, self._ref, self._redaction = settings, ref, redaction
        self._own = redaction is Redaction.TENANT
        whole = Catalog(store, settings)
        self.tenant = _tenant(whole, ref)
        if self._own and settings.scope is None and self.tenant:
            settings = replace(settings, scope=Scope(self.tenant))
        self._catalog = Catalog(store, settings) if settings.scope else whole
        self._blasts = Blasts(store, settings.scope)
        home = self._catalog.resolve((self.tenant,)) if self.tenant else None
        self._home: PlaceFacts | None = self._catalog.cmks.place(home) if home else None

    @property
    def contact(self) -> str:
        return next((t.contact for t in self._settings.tenants if t.name == self.tenant), "")

    @property
    def _nameless(self) -> bool:
        """Whether no tenant is known, so that no name may stand on a tenant's card."""
        return self._own and not self.tenant

    def card(self, material: str) -> Card:
        if self._ref.kind is Kind.CMK:
            return self._cmk(self._get_cmk(self._ref.id), material)
        if self._ref.kind is Kind.DATA_KEY:
            return self._data_key()
        return self._place()

    def _get_cmk(self, cmk_id: int) -> Cmk:
        cmk = self._catalog.cmks.get(cmk_id)
        if cmk is None:
            raise NotFound("not_found.node")
        return cmk

    def _cmk(self, cmk: Cmk, material: str) -> Card:
        facts = cmk.facts
        name = facts.key_id if self._nameless or not cmk.aliases else cmk.aliases[0].name
        coming = self._catalog.rotations(NodeRef(Kind.CMK, cmk.id), days=None, history=False).window(0, 1)
        sections = [
            ("card.section.cmk", cmk_facts(cmk, named=not self._nameless)),
            ("card.section.hbk", hbk_facts(cmk, coming[0].note if coming else "", material)),
            ("card.section.data_keys", under_facts(cmk, self._blasts.tallies(cmk.id))),
        ]
        if not self._own:
            tallies = self._blasts.tallies(cmk.id)
            sections.append(("card.section.internal", whole_facts(cmk, tallies, self._settings.on_demand_limit)))
        return Card(
            self._ref, self._redaction, () if self._nameless else cmk.path, name, cmk.status, cmk.stale,
            (*sections, self._read(facts.metadata_at)), sentences(cmk), kind="kind.cmk", cmk_status=cmk.status,
            deletion_at=facts.deletion_at, on_demand_used=cmk.on_demand_used, read_at=facts.metadata_at,
        )  # fmt: skip

    def _data_key(self) -> Card:
        key = self._catalog.cmks.data_key(self._ref.id)
        if key is None:
            raise NotFound("not_found.node")
        cmk = self._catalog.cmks.get(key.cmk_id) if key.cmk_id else None
        facts = key.facts
        sections = [("card.section.data_key", data_key_facts(key, self._shown_accounts(key), own=self._own, cmk=cmk))]
        if cmk is not None:
            note = self._catalog.rotations(NodeRef(Kind.CMK, cmk.id), days=None, history=False).window(0, 1)
            sections += [
                ("card.section.above", cmk_facts(cmk, named=not self._nameless, path=not self._own)),
                ("card.section.hbk", hbk_facts(cmk, note[0].note if note else "", "")),
            ]
        name = facts.resource_id if self._nameless or not facts.name else facts.name
        return Card(
            self._ref, self._redaction, () if self._nameless else key.path or key.cmk_path, name, facts.status,
            key.stale, (*sections, self._read(facts.seen_at)), holder_sentences(key, cmk),
            kind=f"kind.{facts.granularity}", cmk_status=cmk.status if cmk else Status.UNKNOWN,
            deletion_at=cmk.facts.deletion_at if cmk else None,
            on_demand_used=cmk.on_demand_used if cmk else 0, read_at=cmk.facts.metadata_at if cmk else facts.seen_at,
        )  # fmt: skip

    def _place(self) -> Card:
        place = self._catalog.cmks.place(self._ref)
        if place is None:
            raise NotFound("not_found.node")
        facts, plain = place_facts(place)
        path = () if self._ref.kind is Kind.UNASSIGNED else place.path
        name = path[-1] if path else ""
        read = self._read(place.read_at)
        return Card(
            self._ref, self._redaction, path, name, place.status, place.stale, (("card.section.place", facts), read),
            plain, kind="" if self._ref.kind is Kind.UNASSIGNED else f"kind.{self._ref.kind}", read_at=place.read_at,
        )  # fmt: skip

    def _shown_accounts(self, key: DataKey) -> frozenset[str]:
        """The accounts whose numbers may stand on this card."""
        if not self._own:
            return frozenset({key.facts.account_id})
        return frozenset(account.account_id for account in self._home.accounts) if self._home else frozenset()

    def _read(self, at: int) -> tuple[str, tuple[Fact, ...]]:
        return "card.section.read", read_facts(at, self._home, own=self._own)


def _tenant(catalog: Catalog, ref: NodeRef) -> str:
    """Whose thing this is: where its own tags put it, else where its CMK stands; '' when nobody's."""
    if ref.kind is Kind.DATA_KEY:
        key = catalog.cmks.data_key(ref.id)
        path = (key.path or key.cmk_path) if key else ()
    elif ref.kind is Kind.CMK:
        cmk = catalog.cmks.get(ref.id)
        path = cmk.path if cmk else ()
    else:
        place = catalog.cmks.place(ref) if ref.kind is not Kind.UNASSIGNED else None
        path = place.path if place else ()
    return path[0] if path else ""


def _todo(card: Card) -> str:
    """What to do next where no error is told, by the state of the CMK."""
    if card.ref.kind not in _KEYS:
        return f"card.todo.{card.status}" if card.status in (Status.EMPTY, Status.NO_CMK) else ""
    if card.status in (Status.UNENCRYPTED, Status.AWS_MANAGED, Status.FOREIGN):
        return f"card.todo.{card.status}"
    if card.cmk_status is Status.PENDING_DELETION and card.deletion_at is None:
        return "card.todo.deletion_unknown"
    return f"card.todo.{card.cmk_status}"
