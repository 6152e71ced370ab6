"""Tags of keys, and the rules that AWS has for them."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from console.sandbox.errors import AwsError
from console.sandbox.kms import access, paging

if TYPE_CHECKING:
    from console.sandbox.kms.keys import Ask
    from console.sandbox.kms.vault import Vault

MOST = 50  # tags on a key
_MARKS = frozenset("_.:/=+-@")


def judged(tags: list[dict[str, str]]) -> dict[str, str]:
    """Tags as a dict.

    Raises:
        AwsError: TagException for a doubled or reserved key or a character AWS refuses; LimitExceededException.
    """
    held = {tag["TagKey"]: tag["TagValue"] for tag in tags}
    if len(held) < len(tags):
        raise AwsError("TagException", "Duplicate tag keys")
    for key, value in held.items():
        if key.lower().startswith("aws:"):
            raise AwsError("TagException", "TagKey or TagValue cannot begin with aws:")
        if not _plain(key + value):
            raise AwsError("TagException", "Invalid tag")
    _few(len(held))
    return held


def _plain(text: str) -> bool:
    """Letters, numbers and separators of any script, and a few marks."""
    return all(one in _MARKS or unicodedata.category(one)[0] in "LNZ" for one in text)


def _few(count: int) -> None:
    if count > MOST:
        raise AwsError("LimitExceededException", f"A key can have at most {MOST} tags.")


def tag(vault: Vault, ask: Ask) -> dict[str, Any]:
    key = access.reach(vault, ask, ask.params["KeyId"])
    access.settled(key, imported=False)
    held = key.tags | judged(ask.params["Tags"])
    _few(len(held))
    key.tags = held
    return {}


def untag(vault: Vault, ask: Ask) -> dict[str, Any]:
    key = access.reach(vault, ask, ask.params["KeyId"])
    access.settled(key, imported=False)
    dropped = set(ask.params["TagKeys"])
    key.tags = {name: value for name, value in key.tags.items() if name not in dropped}
    return {}


def listed(vault: Vault, ask: Ask) -> dict[str, Any]:
    """ListResourceTags, by tag key."""
    key = access.reach(vault, ask, ask.params["KeyId"])
    rows = sorted(key.tags.items())
    return paging.page(ask, rows, "Tags", lambda row: row[0], lambda row: {"TagKey": row[0], "TagValue": row[1]})
