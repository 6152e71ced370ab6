"""Which colour a state takes; the word always stands beside it."""

from __future__ import annotations

from store.records import Status

_TONES = {
    Status.ENABLED: "good",
    Status.ENCRYPTED: "good",
    Status.ROTATING: "accent",
    Status.DISABLED: "warn",
    Status.PENDING_DELETION: "bad",
    Status.PENDING_IMPORT: "warn",
    Status.UNAVAILABLE: "bad",
    Status.UNENCRYPTED: "bad",
    Status.AWS_MANAGED: "warn",
    Status.FOREIGN: "warn",
    Status.NO_CMK: "warn",
    Status.FORBIDDEN: "warn",
}


def tone(status: Status) -> str:
    """The name of a style of the line-rendered views."""
    return _TONES.get(status, "dim")
