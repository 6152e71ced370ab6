"""The front door's hand on the embedded AWS; nobody else touches it."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from console.commands.sandbox import SandboxState
from console.errors import ConsoleError
from console.settings import load, with_sandbox

if TYPE_CHECKING:
    from contextlib import ExitStack
    from typing import Any

    from console.sandbox.process import Running
    from console.settings import Settings


def home() -> Path:
    """The folder of the sandbox that outlives one command: endpoint, credentials, settings, state and cache."""
    import platformdirs

    given = os.environ.get("KMS_CONSOLE_SANDBOX")
    return Path(given) if given else Path(platformdirs.user_data_dir("kms-console", appauthor=False)) / "sandbox"


class SandboxDoor:
    """`sandbox up`, `down`, `status` and `advance`, on the folder that `home` names."""

    def up(self, *, port: int, latency_ms: float, keys: int) -> SandboxState:
        from console.sandbox import process

        running = process.running(home())
        if running is None:
            with _plainly():
                running = process.start(home(), port=port, latency_ms=latency_ms, keys=keys, fresh=False)
        return _state(running)

    def down(self) -> SandboxState:
        from console.sandbox import process

        was_up = process.running(home()) is not None
        process.stop(home())
        return SandboxState("down" if was_up else "absent", folder=str(home()))

    def status(self) -> SandboxState:
        from console.sandbox import process

        running = process.running(home())
        return _state(running) if running else SandboxState("absent", folder=str(home()))

    def advance(self, days: int) -> SandboxState:
        from console.sandbox import process

        running = process.running(home())
        if running is None:
            raise ConsoleError("sandbox.not_up")
        moment = process.advance(home(), days)
        return replace(_state(running), moment=int(moment.timestamp()))


def enter(flags: dict[str, Any], stack: ExitStack) -> Settings:
    """The same wish, in the sandbox: the one that is up, or a private one that ends with `stack`."""
    from console.sandbox import process

    running = process.running(home())
    if running is None:
        folder = Path(tempfile.mkdtemp(prefix="kms-console-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        with _plainly():
            running = process.start(folder, fresh=True, private=True)
        stack.callback(process.stop, folder)
    os.environ.update(running.environment)
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        os.environ.pop(name, None)
    inside = {k: v for k, v in flags.items() if k not in ("config", "endpoint_url", "profile", "region")}
    inside["config"] = str(running.folder / "config.toml")
    inside.setdefault("store", str(running.folder / "estate.db"))
    return _as_tenant(with_sandbox(load(inside), running.endpoint))


def _as_tenant(settings: Settings) -> Settings:
    """An owner comes to the exchange with the credentials of the tenant's own account, as in life."""
    from console.sandbox.agencies import CAST

    tenant = settings.scope.tenant if settings.role == "owner" and settings.scope else ""
    profile = next((agency.slug for agency in CAST if agency.name == tenant), "")
    return replace(settings, exchange=replace(settings.exchange, profile=profile))


def _state(running: Running) -> SandboxState:
    from console.sandbox import process

    moment = process.moment(running.folder)
    return SandboxState(
        "up",
        running.endpoint,
        str(running.folder),
        int(moment.timestamp()),
        tuple(running.environment.items()),
    )


class _plainly:  # noqa: N801 - reads as a word in `with _plainly():`
    """The sandbox's own failure as one sentence."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from console.sandbox.process import SandboxError

        if isinstance(error, SandboxError):
            raise ConsoleError("sandbox.failed", reason=str(error)) from error
