"""A sandbox's folder: who holds it, where it answers, and the files by which clients find their way in."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from console.sandbox.accounts import Account

REGION = "eu-west-1"


@dataclass(frozen=True, slots=True)
class Folder:
    """Paths in one folder that only this user may enter."""

    path: Path

    @property
    def endpoint(self) -> Path:
        return self.path / "endpoint"

    @property
    def token(self) -> Path:
        return self.path / "token"

    @property
    def state(self) -> Path:
        return self.path / "state"

    @property
    def log(self) -> Path:
        return self.path / "log"

    @property
    def environment(self) -> dict[str, str]:
        """What makes the SDKs find the credentials; the endpoint is left to the client's own settings."""
        return {
            "AWS_SHARED_CREDENTIALS_FILE": str(self.path / "credentials"),
            "AWS_CONFIG_FILE": str(self.path / "aws-config"),
        }

    def make(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path.chmod(0o700)

    @contextmanager
    def held(self, patience: float = 0.0) -> Iterator[bool]:
        """Hold the folder for as long as the block lasts; False when another process holds it.

        `patience` in seconds outlasts those who only look whether it is free.
        """
        until = time.monotonic() + patience
        with (self.path / "lock").open("w") as lock:
            while not (ours := _locked(lock)) and time.monotonic() < until:
                time.sleep(0.01)
            yield ours

    def free(self) -> bool:
        """Whether no sandbox lives here; looking makes nothing: one may be just removing its folder."""
        try:
            lock = (self.path / "lock").open("r+")
        except (FileNotFoundError, NotADirectoryError):
            return True
        with lock:
            return _locked(lock)

    def write(self, name: str, text: str) -> None:
        """Replace a file, private to this user, whole or not at all."""
        fresh = self.path / f".{name}.new"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        fresh.replace(self.path / name)

    def read_token(self) -> str:
        """The token of the sandbox's own desk; made at the first asking."""
        if not self.token.exists():
            self.write("token", secrets.token_hex(32))
        return self.token.read_text()

    def announce(self, url: str) -> None:
        self.write("endpoint", json.dumps({"url": url, "pid": os.getpid()}))

    def announced(self) -> dict[str, Any] | None:
        """{url, pid} as announced by a sandbox that is, or was, up here."""
        try:
            return dict(json.loads(self.endpoint.read_text()))
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None

    def open_log(self) -> IO[bytes]:
        return os.fdopen(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")

    def write_profiles(self, accounts: list[tuple[str, Account]]) -> None:
        """Credentials and AWS config; (profile name, account) each, of which the first is also `default`."""
        named = [("default", accounts[0][1]), *accounts]
        self.write("credentials", "\n".join(_credentials(name, account) for name, account in named))
        self.write("aws-config", "\n".join(_profile(name) for name, _ in named))


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _credentials(name: str, account: Account) -> str:
    return f"[{name}]\naws_access_key_id = {account.access_key}\naws_secret_access_key = {account.secret_key}\n"


def _profile(name: str) -> str:
    section = name if name == "default" else f"profile {name}"
    return f"[{section}]\nregion = {REGION}\noutput = json\n"
