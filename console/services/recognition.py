"""Whatever somebody pastes: what it names in the cache, what it names that is not there, and which error it tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.errors import NotFound, UsageError
from console.services.catalog import Catalog
from console.services.pasted import VAGUE, Form, Token, names, plain, tokens
from console.services.troubles import troubles
from console.text.paths import split_path
from store.answers import Hit
from store.lookup import Lookup

if TYPE_CHECKING:
    from console.services.troubles import Trouble
    from console.settings import Settings
    from store.database import Store
    from store.records import NodeRef

SHOWN = 50
"""Matches that are told of one text."""

LINE = 400
"""Characters of a text that may be a path or a name as a whole."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a pasted text is about: `hits` in the cache (several: it is not clear which), `unknown` what it names that
    the cache does not hold, the errors it tells, and the id of the HBK that it names ('' for none).
    """

    hits: tuple[Hit, ...] = ()
    unknown: tuple[Token, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    material: str = ""
    lines: int = 1

    @property
    def ref(self) -> NodeRef | None:
        """The one node that it is about; None when that is not clear."""
        return self.hits[0].ref if len(self.hits) == 1 else None


class Recogniser:
    """Reads pasted texts in the session's scope. Raises StoreError."""

    def __init__(self, store: Store, settings: Settings) -> None:
        # Its own view of the scope, not the catalog's: a screen asks this from a thread beside its own.
        self._catalog = Catalog(store, settings)
        self._lookup = Lookup(store, settings.scope)

    def read(self, text: str) -> Recognised:
        """What this text is about.

        Raises:
            UsageError: there is no text.
        """
        clean = plain(text).strip()
        if not clean:
            raise UsageError("usage.show")
        told, lines = troubles(clean), clean.count("\n") + 1
        found = tokens(clean)
        material = next((token.text for token in found if token.form is Form.MATERIAL), "")
        sure = [token for token in found if token.form not in VAGUE]
        if len(text) <= LINE and (whole := self._whole(text.strip(), path_only=bool(sure) and " " in clean)):
            return Recognised(whole, (), told, material, lines)
        each = self._lookup.resolve_each(token.text for token in sure)
        hits = tuple({hit.ref: hit for group in each for hit in group}.values())
        unknown = tuple(token for token, group in zip(sure, each, strict=True) if not group)
        hits = self._lowest(hits[:SHOWN]) or tuple(self._lookup.resolve_first(names(clean)))
        if not hits and not sure:
            each = self._lookup.resolve_each(token.text for token in found)
            hits = tuple({hit.ref: hit for group in each for hit in group}.values())
            unknown = tuple(token for token, group in zip(found, each, strict=True) if not group)
        return Recognised(hits[:SHOWN], unknown, told, material, lines)

    def one(self, text: str) -> Recognised:
        """The same; nothing recognised at all is an error.

        Raises:
            UsageError: there is no text.
            NotFound: it names nothing in the cache (and in scope) and tells no error.
        """
        read = self.read(text)
        if read.hits or read.troubles:
            return read
        if not read.unknown:
            raise NotFound("not_found.thing", thing=text.strip()[:200])
        token = read.unknown[0]
        owned = "_of" if token.account else ""
        raise NotFound(f"pasted.unknown.{token.form}{owned}", thing=token.text[:200], account=token.account)

    def _whole(self, text: str, *, path_only: bool) -> tuple[Hit, ...]:
        """A text that as a whole is a path, or else a name or an id."""
        steps = split_path(text)
        if len(steps) > 1 and (there := self._catalog.resolve(steps)) is not None:
            node = self._catalog.node(there)
            return (Hit(there, node.name, node.label, (), node.status),) if node else ()
        return () if path_only else tuple(self._lookup.resolve(text))

    def _lowest(self, hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
        """Without those that another one stands under: a text about a volume names the volume's CMK as well."""
        if len(hits) < 2:
            return hits
        above = {ref for hit in hits for ref in self._catalog.ancestors(hit.ref)}
        return tuple(hit for hit in hits if hit.ref not in above)
