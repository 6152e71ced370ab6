"""Who holds a run, as a text that says whether that process still lives: a killed one need not be waited for."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path


def holder() -> str:
    """A name for this moment's work of this process: machine, process, its start, and a random part."""
    return "/".join((_machine(), str(os.getpid()), _born(os.getpid()), secrets.token_hex(4)))


def surely_gone(owner: str) -> bool:
    """Whether the process of that name has ended. Of another machine we cannot know: only its lease tells."""
    machine, pid, born, _ = [*owner.split("/"), "", "", "", ""][:4]
    if machine != _machine() or not pid.isdigit():
        return False
    return not alive(int(pid)) or _born(int(pid)) != born


def _machine() -> str:
    return socket.gethostname().replace("/", "-")


def alive(pid: int) -> bool:
    """Whether a process of that number runs on this machine; another user's counts."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _born(pid: int) -> str:
    """When a process started, in the kernel's ticks: its number may be another's by now. '' where not told."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    state, *rest = told.rpartition(")")[2].split()
    return "" if state in "ZX" else rest[18]  # a killed process that nobody waited for is gone all the same
