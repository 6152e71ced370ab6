"""How a CMK is called: its alias by the template of the settings, its tags in characters that AWS takes."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from console.services.placement import Placer, folded
from store.run_records import Sentence

if TYPE_CHECKING:
    from console.settings import Settings
    from store.request_records import Wanted

ALIAS = re.compile(r"alias/[a-zA-Z0-9:/_-]+")
LONGEST_ALIAS, LONGEST_TAG = 256, 256
RUN_TAG, REQUEST_TAG = "kms-console:run", "kms-console:request"
"""Tags by which a CMK that was made is found again, whatever happened to who made it."""


def alias_of(wanted: Wanted, settings: Settings) -> str:
    """The alias, with its `alias/`."""
    terms = settings.requesting
    short = dict(terms.short)
    parts = zip(("tenant", "application", "environment"), wanted.path, strict=True)
    told = {part: short.get(name.casefold()) or _plain(name) for part, name in parts}
    written = terms.alias
    for part, value in told.items():
        written = written.replace(f"{{{part}}}", value)
    return f"alias/{written.removeprefix('alias/')}"


def _plain(name: str) -> str:
    """A name in letters, digits and dashes: é becomes e, & falls away."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", bare.casefold().replace("&", "")).strip("-")


def alias_problem(alias: str) -> Sentence | None:
    """Why AWS, or anybody, could not live with this alias."""
    if not ALIAS.fullmatch(alias) or "//" in alias or alias.endswith("/"):
        return Sentence("request.alias_signs", {"alias": alias})
    if alias.startswith("alias/aws/"):
        return Sentence("request.alias_aws", {"alias": alias})
    if len(alias) > LONGEST_ALIAS:
        return Sentence("request.alias_long", {"alias": alias, "length": len(alias)})
    return None


def tags_of(wanted: Wanted, settings: Settings) -> tuple[tuple[str, str], ...]:
    """The tags that place the CMK, and the class of its data; run and request are added when it is made."""
    names = settings.tags
    keys = (names.tenant, names.application, names.environment)
    placed = tuple((key, tag_value(name)) for key, name in zip(keys, wanted.path, strict=True))
    return (*placed, (names.data_class, tag_value(wanted.data_class))) if wanted.data_class else placed


def tag_value(name: str) -> str:
    """A name with a + for every sign that a tag of KMS cannot hold: T&I is written T+I."""
    return "".join(c if c.isalnum() or c in " _.:/=+-@" else "+" for c in name)


def tag_problem(wanted: Wanted, settings: Settings) -> Sentence | None:
    """Whether a CMK with these tags would be found elsewhere in the tree than it is asked for."""
    placed = Placer(settings).cmk(dict(tags_of(wanted, settings)))
    found = (placed.tenant, placed.application, placed.environment)
    if any(len(name) > LONGEST_TAG for name in wanted.path):
        return Sentence("request.name_long", {"limit": LONGEST_TAG})
    if [folded(name) for name in found] != [folded(name) for name in wanted.path]:
        return Sentence("request.name_lost", {"path": " / ".join(wanted.path), "found": " / ".join(found)})
    return None
