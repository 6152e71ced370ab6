"""One endpoint on loopback for every AWS client: HTTP/1.1 with keep-alive, KMS answered between two reads."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from console.sandbox import admin, wording
from console.sandbox.errors import AwsError
from console.sandbox.message import Request, Response

if TYPE_CHECKING:
    from concurrent.futures import Future

    from console.sandbox.world import World

HOST = "127.0.0.1"
HEAD_LIMIT = 64 * 1024
BEAT = 0.02
"""Seconds between two turns of what gets on by itself: requests of others come in between."""
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class Endpoint:
    """The listening socket, its one thread for borrowed services, and the delay a network would add.

    KMS is answered on the event loop itself: its calls take less than handing them to a thread would.
    Everything else goes to one thread, because moto serves one request at a time.
    """

    def __init__(self, world: World, token: str = "", latency_ms: float = 0.0) -> None:
        self.world = world
        self.token = token
        self.latency = latency_ms / 1000
        self.stopping = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self.workers = ThreadPoolExecutor(1, "borrowed")
        self._tending = False

    async def listen(self, port: int = 0) -> asyncio.Server:
        """Start accepting; the port is in the answer's sockets."""
        loop = asyncio.get_running_loop()
        self.tend()
        return await loop.create_server(lambda: Connection(self, loop), HOST, port, backlog=512)

    def stop(self) -> None:
        """Ask for the end, from any thread; answers under way are still sent."""
        self._loop.call_soon_threadsafe(self.stopping.set)

    def tend(self) -> None:
        """As long as something in the world gets on by itself, a turn of it every beat, on the borrowed thread."""
        if not self._tending and not self.stopping.is_set() and self.world.at_work:
            self._tending = True
            self._loop.call_later(BEAT, self._turn)

    def _turn(self) -> None:
        if self.stopping.is_set():
            return
        future = self.workers.submit(self.world.work.turn)
        future.add_done_callback(lambda done: self._loop.call_soon_threadsafe(self._turned, done))

    def _turned(self, done: Future[bool]) -> None:
        """The next one; an error in there is ours, and ends the turns until the next request."""
        self._tending = False
        if error := done.exception():
            self._loop.call_exception_handler({"message": "a turn of jobs", "exception": error})
            return
        self.world.version += done.result()
        self.tend()

    def answer(self, request: Request) -> Response:
        if request.path.startswith(admin.PREFIX):
            return admin.answer(self, request)
        return self.world.answer(request)


class Connection(asyncio.Protocol):
    """One client's connection: reads a request, answers it, reads the next."""

    def __init__(self, endpoint: Endpoint, loop: asyncio.AbstractEventLoop) -> None:
        self.endpoint = endpoint
        self.loop = loop
        self.received = bytearray()
        self.transport: asyncio.Transport | None = None
        self.head: tuple[str, str, dict[str, str]] | None = None
        self.busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment] # TCP servers are handed Transports

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self.transport = None

    def data_received(self, data: bytes) -> None:
        self.received += data
        if not self.busy:
            self._next()

    def _next(self) -> None:
        """Take one whole request from what was received, if there is one."""
        if self.head is None and not self._read_head():
            return
        assert self.head is not None  # noqa: S101 - _read_head has just set it
        method, target, headers = self.head
        body = self._read_body(headers)
        if body is None:
            return
        self.head = None
        path, _, query = target.partition("?")
        self._serve(Request(method, path, query, headers, body))

    def _read_head(self) -> bool:
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            if len(self.received) > HEAD_LIMIT:
                self._refuse(431)
            return False
        lines = self.received[:end].decode("latin-1").split("\r\n")
        del self.received[: end + 4]
        words = lines[0].split(" ")
        if len(words) != 3:
            self._refuse(400)
            return False
        headers: dict[str, str] = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            name, value = name.strip().lower(), value.strip()
            headers[name] = f"{headers[name]},{value}" if name in headers else value
        self.head = (words[0], words[1], headers)
        if headers.get("expect", "").lower() == "100-continue" and self.transport:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def _read_body(self, headers: dict[str, str]) -> bytes | None:
        """The body once it is all there; None while more must come."""
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return self._read_chunks(headers)
        length = headers.get("content-length", "0")
        if not length.isdigit():
            self._refuse(400)
            return None
        if len(self.received) < int(length):
            return None
        body = bytes(self.received[: int(length)])
        del self.received[: int(length)]
        return body

    def _read_chunks(self, headers: dict[str, str]) -> bytes | None:
        try:
            body, end = _dechunked(self.received)
        except ValueError:
            self._refuse(400)
            return None
        if not end:
            return None
        del self.received[:end]
        del headers["transfer-encoding"]
        headers["content-length"] = str(len(body))
        return body

    def _serve(self, request: Request) -> None:
        self.busy = True
        endpoint = self.endpoint
        if endpoint.world.quick(request):
            self._finish(request, endpoint.answer(request))
            return
        future = endpoint.workers.submit(endpoint.answer, request)
        future.add_done_callback(lambda done: self.loop.call_soon_threadsafe(self._borrowed, request, done))

    def _borrowed(self, request: Request, done: Future[Response]) -> None:
        """An answer from the other thread; an error in there is ours, and is told as AWS tells its own."""
        if error := done.exception():
            self.loop.call_exception_handler({"message": f"{request.method} {request.path}", "exception": error})
            failure = AwsError("InternalFailure", "The sandbox could not answer this request.", 500)
            self._finish(request, wording.refusal(request, failure, ""))
        else:
            self._finish(request, done.result())
        self.endpoint.tend()

    def _finish(self, request: Request, response: Response) -> None:
        send = partial(self._send, request, response)
        if self.endpoint.latency and not request.path.startswith(admin.PREFIX):
            self.loop.call_later(self.endpoint.latency, send)
        else:
            send()

    def _send(self, request: Request, response: Response) -> None:
        if self.transport is None:
            return
        self.transport.write(_encoded(request, response))
        self.busy = False
        if request.headers.get("connection", "").lower() == "close":
            self.transport.close()
        elif self.received:
            self.loop.call_soon(self._again)

    def _again(self) -> None:
        if not self.busy and self.transport:
            self._next()

    def _refuse(self, status: int) -> None:
        """Not HTTP as we speak it: say so and hang up."""
        if self.transport:
            self.transport.write(_encoded(Request("GET", "/", "", {}), Response(status)))
            self.transport.close()


def _dechunked(received: bytearray) -> tuple[bytes, int]:
    """The body of a chunked message and where it ends; end 0 while more must come.

    Raises:
        ValueError: a chunk that does not say how long it is.
    """
    body, at = bytearray(), 0
    while (end := received.find(b"\r\n", at)) >= 0:
        size = int(bytes(received[at:end]).partition(b";")[0], 16)
        at = end + 2
        if size == 0:
            tail = received.find(b"\r\n", at)
            return bytes(body), tail + 2 if tail >= 0 else 0
        body += received[at : at + size]
        at += size + 2
    return b"", 0


def _encoded(request: Request, response: Response) -> bytes:
    lines = [f"HTTP/1.1 {response.status} {_PHRASES.get(response.status, '')}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    if "Content-Length" not in response.headers and response.status not in {204, 304}:
        lines.append(f"Content-Length: {len(response.body)}")
    head = "\r\n".join(lines).encode("utf-8") + b"\r\n\r\n"
    return head if request.method == "HEAD" else head + response.body
