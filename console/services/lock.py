"""One sync at a time per store: a lock that the kernel lets go of when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from console.errors import Busy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def exclusive(store: Path) -> Iterator[None]:
    """Hold `STORE.lock` beside the store. The file stays: removing it would let two holders in.

    Raises:
        Busy: another process holds it.
    """
    handle = os.open(store.with_name(f"{store.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy("sync.busy", path=str(store)) from error
        yield
    finally:
        os.close(handle)
