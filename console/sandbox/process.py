"""The sandbox as a process of its own: started, found again, moved in time, ended. Standard library only."""

from __future__ import annotations

import base64
import http.client
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from console.sandbox.folder import Folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

READY_WITHIN = 60.0  # seconds; a slow machine seeds its estate in a few
STOPS_WITHIN = 20.0  # seconds until a sandbox that does not stop is ended by signals
LOOK_AGAIN = 0.02  # seconds between two looks at a lock
BUSY = "busy"  # what a child says that found the folder held


class SandboxError(Exception):
    """The sandbox could not do as asked; the message is one plain word or line of why."""


@dataclass(frozen=True, slots=True)
class Running:
    """A sandbox that answers: URL, folder, process id, and the environment that gives SDKs its credentials."""

    endpoint: str
    folder: Path
    pid: int
    environment: dict[str, str]


def start(
    folder: Path,
    *,
    port: int = 0,
    latency_ms: float = 0.0,
    keys: int = 0,
    fresh: bool = False,
    private: bool = False,
    empty: bool = False,
) -> Running:
    """Start a sandbox in the folder and wait until it answers, or join the one that is up there.

    Args:
        folder: its own folder, made 0700; credentials, settings and state live there.
        port: on 127.0.0.1; 0 takes a free one.
        latency_ms: added to every answer.
        keys: CMKs beside the estate, for benchmarks.
        fresh: forget the state of earlier times.
        private: keep no state, and end with this process however it ends.
        empty: no estate.

    Raises:
        SandboxError: it did not come up; the folder's `log` says more.
    """
    home = Folder(folder)
    home.make()
    words = [sys.executable, "-P", "-m", "console.sandbox", str(folder), f"--port={port}"]
    words += [f"--latency-ms={latency_ms}", f"--keys={keys}"]
    words += [f"--{name}" for name, wanted in {"fresh": fresh, "private": private, "empty": empty}.items() if wanted]
    child = _spawn(home, words, private=private)
    said = _first_line(child)
    if said == BUSY:
        return _join(home)
    found = running(folder) if said else None
    if found is None:
        child.kill()
        child.wait()
        raise SandboxError(said or "no answer")
    return found


def _spawn(home: Folder, words: list[str], *, private: bool) -> subprocess.Popen[bytes]:
    """The child; a private one reads a pipe whose other end this process never closes.

    The pipe ends with this process, even by SIGKILL, and with the pipe the sandbox.
    """
    reading = os.pipe()[0] if private else os.open(os.devnull, os.O_RDONLY)
    try:
        with home.open_log() as log:
            return subprocess.Popen(words, stdin=reading, stdout=subprocess.PIPE, stderr=log, start_new_session=True)
    finally:
        os.close(reading)


def _neutral(environment: Mapping[str, str]) -> dict[str, str]:
    """Without the caller's own AWS: a profile that is not there would stop botocore in the child."""
    return {name: value for name, value in environment.items() if not name.startswith(("AWS_", "MOTO_"))}


def _first_line(child: subprocess.Popen[bytes]) -> str:
    assert child.stdout is not None  # noqa: S101 - asked for as a pipe
    with selectors.DefaultSelector() as waiting:  # `select` knows no more than 1024 open files
        waiting.register(child.stdout, selectors.EVENT_READ)
        ready = waiting.select(READY_WITHIN)
    said = child.stdout.readline().decode().strip() if ready else ""
    child.stdout.close()
    return said


def _join(home: Folder) -> Running:
    """The sandbox of whoever was first; it may still be seeding."""
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        if found := running(home.path):
            return found
        time.sleep(LOOK_AGAIN)
    raise SandboxError(BUSY)


def running(folder: Path) -> Running | None:
    """The sandbox that answers from this folder, if one does."""
    home = Folder(folder)
    announced = home.announced()
    if announced is None or _asked(home, "GET", "status") is None:
        return None
    return Running(announced["url"], folder, announced["pid"], home.environment)


def stop(folder: Path) -> None:
    """End the folder's sandbox, with its state written; nothing to do where none is up."""
    home = Folder(folder)
    announced = home.announced()
    if announced is None or home.free():
        return
    _asked(home, "POST", "stop")
    for ending in (signal.SIGTERM, signal.SIGKILL):
        if _gone(home):
            return
        os.kill(announced["pid"], ending)
    if not _gone(home):
        raise SandboxError("still up")


def _gone(home: Folder) -> bool:
    until = time.monotonic() + STOPS_WITHIN
    while not home.free():
        if time.monotonic() > until:
            return False
        time.sleep(LOOK_AGAIN)
    return True


def advance(folder: Path, days: float) -> datetime:
    """Move the sandbox's clock ahead; what falls due meanwhile has happened when this returns.

    Raises:
        SandboxError: none is up.
    """
    return _moment(_asked(Folder(folder), "POST", "advance", {"days": days}))


def moment(folder: Path) -> datetime:
    """The sandbox's present, aware, UTC."""
    return _moment(_asked(Folder(folder), "GET", "status"))


def throttle(folder: Path, operations: list[str] | None) -> None:
    """Refuse what goes over AWS's quotas, for these KMS operations (None: for all)."""
    _moment(_asked(Folder(folder), "POST", "throttle", {"operations": operations}))


def calm(folder: Path) -> None:
    """No throttling and no latency any more."""
    _moment(_asked(Folder(folder), "POST", "faults/off"))


def lineage(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Which data key lies under every volume, snapshot, object version and secret version, as the sandbox itself knows.

    `volumes`, `snapshots`, `objects`, `secrets`: lists of the facts that `console.sandbox.lineage` tells.
    """
    told = _known(_asked(Folder(folder), "GET", "lineage"))
    return {kind: facts for kind, facts in told.items() if isinstance(facts, list)}


def read_disk(folder: Path, volume: str) -> bytes:
    """The bytes that a volume holds.

    Raises:
        SandboxError: none is up, or there is no such volume.
    """
    return base64.b64decode(_known(_asked(Folder(folder), "GET", "read", {"volume": volume}))["data"])


def write_disk(
    folder: Path, data: bytes, *, volume: str | None = None, instance: str | None = None, device: str | None = None
) -> str:
    """Write to a volume, or to whatever hangs at the `device` of a running `instance`; the volume's id.

    Raises:
        SandboxError: none is up, there is no such volume, or the machine is not running.
    """
    body = {"volume": volume, "instance": instance, "device": device, "data": base64.b64encode(data).decode()}
    return str(_known(_asked(Folder(folder), "POST", "write", body))["volume"])


def _known(answer: dict[str, Any] | None) -> dict[str, Any]:
    if answer is None:
        raise SandboxError("not up, or not there")
    return answer


def _moment(status: dict[str, Any] | None) -> datetime:
    if status is None:
        raise SandboxError("not up")
    return datetime.fromisoformat(status["now"])


def _asked(home: Folder, method: str, action: str, body: dict[str, Any] | None = None) -> dict[str, Any] | None:
    """The sandbox's own desk; None when nobody answers who knows this folder's token."""
    announced = home.announced()
    if announced is None:
        return None
    url = urlsplit(announced["url"])
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=READY_WITHIN)
    try:
        headers = {"x-sandbox-token": home.read_token()}
        connection.request(method, f"/_sandbox/{action}", json.dumps(body or {}), headers)
        answered = connection.getresponse()
        told = json.loads(answered.read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return told if answered.status == 200 and told.get("pid") == announced["pid"] else None
