"""One file per guided story; a file that ends with `WORKFLOW = …` is one more. `console.workflow` tells how."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.workflow.model import Workflow


def _workflows() -> dict[str, Workflow]:
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    told = [module.WORKFLOW for module in modules if hasattr(module, "WORKFLOW")]
    return {workflow.name: workflow for workflow in told}


WORKFLOWS = _workflows()
"""Every workflow there is a file for, by its own name."""
