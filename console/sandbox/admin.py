"""The sandbox's own desk, under a path that no AWS service has, for whoever holds the folder's token."""

from __future__ import annotations

import base64
import hmac
import json
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from console.sandbox import contents, lineage
from console.sandbox.message import Request, Response, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.sandbox.server import Endpoint

PREFIX = "/_sandbox/"
HEADER = "x-sandbox-token"


def answer(endpoint: Endpoint, request: Request) -> Response:
    """`status`, `advance` {days}, `throttle` {operations | null}, `latency` {ms}, `snapshots` {seconds},
    `sizes` {copy, part} (S3's limits in bytes), `jobs` {seconds, tasks, attempted} (of S3 Batch Operations: how long
    in each state, copies a turn, tasks before one may fail), `faults/off` (quick, calm and S3's own again), `stop`;
    JSON in, status out. Beside the status, `lineage` tells what `console.sandbox.lineage` does, `read` {volume} a
    disk's bytes in base64, `write` {volume | instance, device; data} puts others there.
    """
    if not endpoint.token or not hmac.compare_digest(request.headers.get(HEADER, ""), endpoint.token):
        return json_answer({"error": "token"}, 403)
    asked = json.loads(request.body or b"{}")
    action = request.path.removeprefix(PREFIX)
    if action not in ACTIONS:
        return json_answer({"error": "action"}, 404)
    if request.method != ("GET" if action in READS else "POST"):
        return json_answer({"error": "method"}, 405)
    try:
        told = ACTIONS[action](endpoint, asked)
    except contents.NoSuchDisk as missing:
        return json_answer({"error": str(missing)}, 404)
    return json_answer({**_status(endpoint), **(told or {})})


def _status(endpoint: Endpoint) -> dict[str, Any]:
    return {"pid": os.getpid(), "now": endpoint.world.clock.now().isoformat(), "latency_ms": endpoint.latency * 1000}


def _advance(endpoint: Endpoint, asked: dict[str, Any]) -> None:
    endpoint.world.advance(timedelta(days=float(asked["days"])))


def _throttle(endpoint: Endpoint, asked: dict[str, Any]) -> None:
    endpoint.world.kms.throttle_on(asked.get("operations"))


def _calm(endpoint: Endpoint, asked: dict[str, Any]) -> None:  # noqa: ARG001 - the actions' common shape
    endpoint.world.kms.throttle_off()
    endpoint.latency = 0.0
    endpoint.world.emulator.snapshots_take(0.0)
    endpoint.world.emulator.sizes_are()
    endpoint.world.work.pace()


def _latency(endpoint: Endpoint, asked: dict[str, Any]) -> None:
    endpoint.latency = float(asked["ms"]) / 1000


def _snapshots(endpoint: Endpoint, asked: dict[str, Any]) -> None:
    endpoint.world.emulator.snapshots_take(float(asked["seconds"]))


def _sizes(endpoint: Endpoint, asked: dict[str, Any]) -> None:
    endpoint.world.emulator.sizes_are(copy=int(asked["copy"]), part=int(asked["part"]))


def _jobs(endpoint: Endpoint, asked: dict[str, Any]) -> None:
    endpoint.world.work.pace(**asked)


def _stop(endpoint: Endpoint, asked: dict[str, Any]) -> None:  # noqa: ARG001 - the actions' common shape
    endpoint.stop()


def _nothing(endpoint: Endpoint, asked: dict[str, Any]) -> None:
    """Status changes nothing."""


def _lineage(endpoint: Endpoint, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - the actions' common shape
    return lineage.told()


def _read(endpoint: Endpoint, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - the actions' common shape
    return {"data": base64.b64encode(contents.read(asked["volume"])).decode()}


def _write(endpoint: Endpoint, asked: dict[str, Any]) -> dict[str, Any]:
    where = {name: asked.get(name) for name in ("volume", "instance", "device")}
    written = contents.write(**where, data=base64.b64decode(asked["data"]))
    endpoint.world.version += 1
    return {"volume": written}


READS = {"status", "lineage", "read"}
ACTIONS: dict[str, Callable[[Any, dict[str, Any]], dict[str, Any] | None]] = {
    "status": _nothing,
    "advance": _advance,
    "throttle": _throttle,
    "faults/off": _calm,
    "latency": _latency,
    "snapshots": _snapshots,
    "sizes": _sizes,
    "jobs": _jobs,
    "stop": _stop,
    "lineage": _lineage,
    "read": _read,
    "write": _write,
}
