"""Paths of the hierarchy as one piece of text: `Agentschap A/X/Productie`, with / and % inside a name escaped; and
names as folders.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def join_path(names: Iterable[str]) -> str:
    return "/".join(name.replace("%", "%25").replace("/", "%2F") for name in names)


def split_path(text: str) -> tuple[str, ...]:
    """The names of a path; spaces around a slash do not count, empty parts fall away."""
    parts = (part.strip() for part in text.strip().split("/"))
    return tuple(part.replace("%2F", "/").replace("%2f", "/").replace("%25", "%") for part in parts if part)


WHOLE = "_estate"
"""The folder of what is about the whole estate; no tenant's begins so."""


def tenant_folder(tenant: str) -> str:
    """A tenant's folder: what its name has of letters and digits, and a mark that keeps two names apart.

    Nothing of a name can lead out of it. Policies name it: `console/aws/policies/exchange-bucket-policy.json`.
    """
    if not tenant:
        return WHOLE
    plain = re.sub(r"[^a-z0-9]+", "-", tenant.casefold()).strip("-")[:40]
    return f"{plain or 'x'}-{hashlib.sha256(tenant.encode('utf-8', 'replace')).hexdigest()[:8]}"
