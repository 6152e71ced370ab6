"""The sandbox's own desk, under a path that no AWS service has, for whoever holds the folder's token."""

from __future__ import annotations

import hmac
import json
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from console.sandbox.message import Request, Response, json_answer

if TYPE_CHECKING:
    from console.sandbox.server import Endpoint

PREFIX = "/_sandbox/"
HEADER = "x-sandbox-token"


def answer(endpoint: Endpoint, request: Request) -> Response:
    """`status`, `advance` {days}, `throttle` {operations | null}, `latency` {ms}, `snapshots` {seconds},
    `faults/off` (quick and calm again), `stop`; JSON in, status out.
    """
    if not endpoint.token or not hmac.compare_digest(request.headers.get(HEADER, ""), endpoint.token):
        return json_answer({"error": "token"}, 403)
    asked = json.loads(request.body or b"{}")
    action = request.path.removeprefix(PREFIX)
    if action not in ACTIONS:
        return json_answer({"error": "action"}, 404)
    if request.method != ("GET" if action == "status" else "POST"):
        return json_answer({"error": "method"}, 405)
    ACTIONS[action](endpoint, asked)
    return json_answer(_status(endpoint))


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


def _latency(endpoint: Endpoint, asked: dict[str, Any]) -> None:
    endpoint.latency = float(asked["ms"]) / 1000


def _snapshots(endpoint: Endpoint, asked: dict[str, Any]) -> None:
    endpoint.world.emulator.snapshots_take(float(asked["seconds"]))


def _stop(endpoint: Endpoint, asked: dict[str, Any]) -> None:  # noqa: ARG001 - the actions' common shape
    endpoint.stop()


def _nothing(endpoint: Endpoint, asked: dict[str, Any]) -> None:
    """Status changes nothing."""


ACTIONS = {
    "status": _nothing,
    "advance": _advance,
    "throttle": _throttle,
    "faults/off": _calm,
    "latency": _latency,
    "snapshots": _snapshots,
    "stop": _stop,
}
