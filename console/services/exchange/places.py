"""Where letters are left and fetched: the exchange bucket, a folder, or a file that goes by mail."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from console.errors import ConsoleError, NotFound, UsageError
from console.services.exchange.envelope import LINE, PACKED
from console.text.paths import tenant_folder

if TYPE_CHECKING:
    from console.aws.exchange import Exchange

SUFFIX = ".kms-snapshot"
_LARGEST = PACKED + 2 * LINE


def snapshot_key(tenant: str) -> str:
    return f"snapshots/{tenant_folder(tenant)}/current{SUFFIX}"


@dataclass(frozen=True, slots=True)
class Found:
    """A letter as it lay there; `mark` is what must still lie there when it is replaced."""

    letter: bytes
    mark: str


class Place(Protocol):
    """Holds the current snapshot of each tenant ('': of the whole estate)."""

    def name(self, tenant: str) -> str: ...
    def fetch(self, tenant: str) -> Found | None: ...
    def leave(self, tenant: str, letter: bytes, found: Found | None) -> None: ...


class BucketPlace:
    """The exchange bucket: of two who publish at once, one wins and the other is told."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def name(self, tenant: str) -> str:
        return self._exchange.place(snapshot_key(tenant))

    def fetch(self, tenant: str) -> Found | None:
        held = self._exchange.get(snapshot_key(tenant), _LARGEST)
        return Found(held.body, held.etag) if held else None

    def leave(self, tenant: str, letter: bytes, found: Found | None) -> None:
        if found is None:
            self._exchange.put_new(snapshot_key(tenant), letter)
        else:
            self._exchange.replace(snapshot_key(tenant), letter, found.mark)


class FolderPlace:
    """A folder with a file for each tenant, or one file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def name(self, tenant: str) -> str:
        return str(self._file(tenant))

    def fetch(self, tenant: str) -> Found | None:
        path = self._file(tenant)
        try:
            if not path.is_file():
                return None
            with path.open("rb") as file:
                return Found(file.read(_LARGEST + 1), "")
        except OSError as error:
            raise ConsoleError("exchange.unreadable", place=str(path), detail=error.strerror or "") from error

    def leave(self, tenant: str, letter: bytes, found: Found | None) -> None:  # noqa: ARG002 - a folder has one owner
        path = self._file(tenant)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=SUFFIX)
            with os.fdopen(handle, "wb") as file:
                file.write(letter)
            Path(fresh).replace(path)
        except OSError as error:
            raise ConsoleError("exchange.unwritable", place=str(path), detail=error.strerror or "") from error

    def _file(self, tenant: str) -> Path:
        folder = self._path.is_dir() or not self._path.suffix
        return self._path / f"{tenant_folder(tenant)}{SUFFIX}" if folder else self._path


def place_of(given: str, exchange: Exchange | None) -> Place:
    """The place that was given on the command line, else the bucket of the settings.

    Raises:
        UsageError: neither.
    """
    if given:
        return FolderPlace(Path(given).expanduser())
    if exchange is None:
        raise UsageError("exchange.no_place")
    return BucketPlace(exchange)


def fetched(place: Place, tenant: str) -> bytes:
    """The letter that lies there. Raises NotFound where none does."""
    found = place.fetch(tenant)
    if found is None:
        raise NotFound("exchange.absent", place=place.name(tenant))
    return found.letter
