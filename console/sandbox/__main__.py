"""`python -m console.sandbox FOLDER`: one sandbox, from its first answer to its last saved state."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from console.sandbox.folder import Folder

if TYPE_CHECKING:
    from console.sandbox.server import Endpoint
    from console.sandbox.world import World

SAVE_EVERY = 0.5  # seconds; what SIGKILL can lose
LOG = logging.getLogger("console.sandbox")


def main(words: list[str] | None = None) -> int:
    wish = _parser().parse_args(words)
    gc.disable()  # until the estate stands: what is made then stays, and collecting it costs a fifth of the start
    logging.basicConfig(format="%(asctime)s %(name)s %(levelname)s %(message)s", level=logging.WARNING)
    os.umask(0o077)
    home = Folder(wish.folder)
    home.make()
    with home.held(patience=0.2) as ours:
        if not ours:
            print("busy", flush=True)
            return 5
        if wish.fresh:
            home.state.unlink(missing_ok=True)
        asyncio.run(_live(home, wish))
    if wish.private:
        shutil.rmtree(home.path, ignore_errors=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="console.sandbox")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--keys", type=int, default=0)
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--private", action="store_true")
    parser.add_argument("--empty", action="store_true")
    return parser


async def _live(home: Folder, wish: argparse.Namespace) -> None:
    world = _world(home, wish)
    from console.sandbox.guide import write_guide
    from console.sandbox.server import HOST, Endpoint

    endpoint = Endpoint(world, home.read_token(), wish.latency_ms)
    try:
        server = await endpoint.listen(wish.port)
    except OSError as error:
        print(f"port {wish.port}: {error.strerror}", flush=True)
        return
    url = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
    write_guide(home, world, url)
    home.announce(url)
    gc.freeze()  # later collections need not walk the estate
    gc.enable()
    _end_with_parent(endpoint, private=wish.private)
    _say_ready(url)
    saved = await _serve(home, endpoint, keep=not wish.private)
    server.close()
    home.endpoint.unlink(missing_ok=True)
    if not wish.private and saved != world.version:
        _save(home, world)
    endpoint.workers.shutdown()


def _world(home: Folder, wish: argparse.Namespace) -> World:
    from console.sandbox import emulator, state

    emulator.prepare()
    from console.sandbox.estate import seed
    from console.sandbox.world import World

    try:
        return state.load(home.state)
    except FileNotFoundError:
        pass
    except state.StateError as error:
        LOG.warning("state of an earlier sandbox set aside: %s", error)
        home.state.rename(home.state.with_suffix(".old"))
    world = World()
    seed(world, estate=not wish.empty, keys=wish.keys)
    world.version += 1
    return world


async def _serve(home: Folder, endpoint: Endpoint, *, keep: bool) -> int:
    """Until somebody stops it; the version that was saved last."""
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, endpoint.stopping.set)
    saved = -1
    while not endpoint.stopping.is_set():
        try:
            async with asyncio.timeout(SAVE_EVERY if keep else None):
                await endpoint.stopping.wait()
        except TimeoutError:
            if endpoint.world.version != saved:
                saved = endpoint.world.version
                await loop.run_in_executor(endpoint.workers, _save, home, endpoint.world)
    return saved


def _save(home: Folder, world: World) -> None:
    """A full disk must not end the sandbox: the older state stays and the log says so."""
    from console.sandbox import state

    try:
        state.save(world, home.state)
    except OSError as error:
        LOG.warning("state not saved: %s", error)


def _end_with_parent(endpoint: Endpoint, *, private: bool) -> None:
    """A private sandbox ends when the pipe from its parent does, which no parent can forget to do."""

    def watch() -> None:
        sys.stdin.buffer.read()
        endpoint.stop()

    if private:
        threading.Thread(target=watch, daemon=True).start()


def _say_ready(url: str) -> None:
    print(url, flush=True)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)  # the parent no longer reads
    os.close(nothing)


if __name__ == "__main__":
    sys.exit(main())
