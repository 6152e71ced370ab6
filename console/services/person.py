"""Who is at work: the operating system's user and host, and as whom AWS last knew these credentials."""

from __future__ import annotations

import getpass
import os
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from store.errors import StoreError
from store.identities import Identities

if TYPE_CHECKING:
    from console.settings import Settings
    from store.database import Store


def user() -> str:
    """The operating system's name for who is at work; its number where it has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def host() -> str:
    return socket.gethostname()


def credentials(settings: Settings) -> str:
    """Which credentials these settings use, as a name for `Identities`: the profile and the endpoint."""
    return f"{settings.profile or os.environ.get('AWS_PROFILE', '')}\n{settings.endpoint_url}"


def remember(store: Store, settings: Settings, arn: str) -> None:
    """Keep what STS told of these credentials. A store that cannot be written learns it another time."""
    if arn:
        with suppress(StoreError):
            Identities(store).learn(credentials(settings), arn, int(time.time()))


def who(store: Store, settings: Settings) -> tuple[str, str]:
    """The system's user, and as whom AWS last knew these credentials ('' where it never told)."""
    return user(), Identities(store).last(credentials(settings))[0]
