"""Services whose data keys a person moves by hand: a scan of each, and a plan with commands that we read back."""

from console.datakeys.manual.scan import ManualKind
from console.datakeys.manual.services import SERVICES

__all__ = ["KINDS", "ManualKind"]

KINDS = tuple(ManualKind(service) for service in SERVICES)
