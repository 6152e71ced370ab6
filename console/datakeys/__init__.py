"""One file per kind of data key; a file that ends with `KIND = …` is one more kind."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.datakeys.protocol import DataKeyKind


def _kinds() -> tuple[DataKeyKind, ...]:
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    return tuple(module.KIND for module in modules if hasattr(module, "KIND"))


KINDS = _kinds()
"""Every kind there is a file for, by name of the file."""
