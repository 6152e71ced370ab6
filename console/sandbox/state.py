"""The whole AWS in one file: written whole or not at all, read back only from a folder that is ours alone."""

from __future__ import annotations

import logging
import os
import pickle
from typing import TYPE_CHECKING, Any

from console.sandbox import emulator

if TYPE_CHECKING:
    from pathlib import Path

    from console.sandbox.world import World

FORMAT = 5  # raise when records change shape: an older state is set aside, not guessed at
LOG = logging.getLogger(__name__)
_UNPICKLABLE = (pickle.PicklingError, TypeError, AttributeError, RecursionError)


class StateError(Exception):
    """The file is not ours to trust, or of another version."""


def save(world: World, path: Path) -> None:
    """Replace the file by the world as it is now; a reader sees the old state or the new one."""
    blob = _dumped(world)
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(blob)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def load(path: Path) -> World:
    """The world of the file, its moto state put back in place.

    Raises:
        StateError: not private to this user, another format, or damaged.
        FileNotFoundError: there is none.
    """
    from console.sandbox.world import World

    _judge(path)
    emulator.prepare()
    try:
        state = pickle.loads(path.read_bytes())  # noqa: S301 - a 0600 file in our own 0700 folder, checked above
    except (pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError) as error:
        raise StateError(str(error)) from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise StateError("format")
    world = World(parts=state["parts"], seed=state["seed"])
    _put_back(state["moto"], state["chance"])
    return world


def _judge(path: Path) -> None:
    for one, forbidden in ((path, 0o077), (path.parent, 0o022)):
        facts = one.stat()
        if facts.st_uid != os.getuid() or facts.st_mode & forbidden:
            raise StateError("private")


def _dumped(world: World) -> bytes:
    from moto.moto_api._internal import mock_random

    with world.lock:
        world.trail.prune(world.clock.now())
        state = {
            "format": FORMAT,
            "seed": world.seed,
            "parts": world.parts,
            "chance": mock_random.getstate(),
            "moto": _borrowed(),
        }
        try:
            return pickle.dumps(state, pickle.HIGHEST_PROTOCOL)
        except _UNPICKLABLE:
            state["moto"] = {name: held for name, held in state["moto"].items() if _keeps(name, held)}
            return pickle.dumps(state, pickle.HIGHEST_PROTOCOL)


def _keeps(name: str, held: Any) -> bool:
    """Whether a service's state can be written; one that cannot is lost at the next start, and said so."""
    try:
        pickle.dumps(held, pickle.HIGHEST_PROTOCOL)
    except _UNPICKLABLE as error:
        LOG.warning("the state of %s cannot be kept: %s", name, error)
        return False
    return True


def _borrowed() -> dict[str, Any]:
    """Moto's state: {service: (what its registry knows besides, {account: {region: backend}})}."""
    from moto.core.base_backend import BackendDict

    return {
        registry.service_name: (
            _besides(registry),
            {account: dict(regions.items()) for account, regions in registry.items()},
        )
        for registry in BackendDict._instances  # noqa: SLF001 - moto has no public list of its registries
    }


def _besides(registry: Any) -> dict[str, Any]:
    """What S3 and Organizations keep across accounts: whose bucket, whose member."""
    return {name: vars(registry)[name] for name in ("bucket_accounts", "master_accounts") if name in vars(registry)}


def _put_back(moto: dict[str, Any], chance: Any) -> None:
    from moto.backends import get_backend
    from moto.moto_api._internal import mock_random

    for service, (besides, accounts) in moto.items():
        registry = get_backend(service)
        for name, value in besides.items():
            getattr(registry, name).update(value)
        for account, regions in accounts.items():
            for region, backend in regions.items():
                registry[account][region] = backend
    mock_random.setstate(chance)
