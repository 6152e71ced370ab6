"""One file per kind of data key; one that ends with `KIND = …` is one more kind, with `KINDS = …` several."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from console.errors import UsageError

if TYPE_CHECKING:
    from console.datakeys.protocol import DataKeyKind


def _kinds() -> tuple[DataKeyKind, ...]:
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    single = (module.KIND for module in modules if hasattr(module, "KIND"))
    return (*single, *(kind for module in modules for kind in getattr(module, "KINDS", ())))


KINDS = _kinds()
"""Every kind there is a file for, by name of the file; those of a table after them."""


def wanted(names: tuple[str, ...]) -> tuple[DataKeyKind, ...]:
    """The kinds of these names, as settings choose them; all where none is named.

    Raises:
        UsageError: there is no kind of that name.
    """
    known = {kind.name for kind in KINDS}
    if strange := next((name for name in names if name not in known), ""):
        raise UsageError("settings.choice", name="sync.services", value=strange, allowed=", ".join(sorted(known)))
    return tuple(kind for kind in KINDS if not names or kind.name in names)
