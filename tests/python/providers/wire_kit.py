"""A local HTTP server for tests of providers: real sockets, real SDKs, faults on demand.

A provider's fake is a function from :class:`Request` to :class:`Answer`; faults are put in front of
it with :meth:`WireServer.fail_next` or, for long runs, with :class:`Weather`.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    """What a client sent; ``target`` is path and query as they stood on the wire."""

    method: str
    target: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What the server says: a JSON value, text or bytes, or a way to misbehave.

    Attributes:
        body: JSON value, or bytes or text sent as they are.
        cut_after: Send only so many bytes of the body, then hang up.
        hang_up: Close the connection without a word.
        delay: Seconds to wait before answering.
    """

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    hang_up: bool = False
    delay: float = 0.0


Handler = Callable[[Request], Answer]
#: A fault is an answer, or a function that spoils the good answer it is given.
Failure = Answer | Callable[[Answer], Answer]

HANG_UP = Answer(hang_up=True)


def truncated(answer: Answer) -> Answer:
    """The right headers, half of the body, then silence."""
    content = _content(answer)
    return Answer(content, answer.status, answer.headers, cut_after=len(content) // 2)


def broken_json(answer: Answer) -> Answer:
    """A complete answer that ends in the middle of its JSON."""
    content = _content(answer)
    return Answer(content[: len(content) // 2], answer.status, answer.headers)


def stalled(seconds: float) -> Callable[[Answer], Answer]:
    """The good answer, too late."""
    return lambda answer: Answer(answer.body, answer.status, answer.headers, delay=seconds)


class Weather:
    """Faults by count: every n-th request meets one, whatever it asks for.

    Args:
        faults: ``{5: Answer(status=429), 17: Answer(status=500)}``: every fifth, every seventeenth.
    """

    def __init__(self, faults: Mapping[int, Failure]) -> None:
        self._faults = dict(sorted(faults.items(), reverse=True))
        self._count = 0
        self._lock = threading.Lock()

    def __call__(self, answer: Callable[[], Answer]) -> Answer:
        with self._lock:
            self._count += 1
            hit = next((f for every, f in self._faults.items() if self._count % every == 0), None)
        if hit is None:
            return answer()
        return hit if isinstance(hit, Answer) else hit(answer())


class WireServer:
    """An HTTP server on 127.0.0.1 with a port of its own; ``requests`` is what came in.

    Args:
        handler: Answers.
        tls: Certificate and key files, to speak https.
        tunnel: Certificate and key files, to be a proxy: whatever host a client wants a tunnel to,
            it speaks https with this server, which answers for all of them.
        weather: Faults for every request; see :class:`Weather`.
    """

    def __init__(
        self,
        handler: Handler,
        tls: tuple[Path, Path] | None = None,
        weather: Weather | None = None,
        tunnel: tuple[Path, Path] | None = None,
    ) -> None:
        self.requests: list[Request] = []
        self._handler = handler
        self._failures: deque[Failure | None] = deque()
        self._weather = weather
        self._lock = threading.Lock()
        self._server = _Quiet(("127.0.0.1", 0), _endpoint(self))
        self._server.daemon_threads = True
        self.tunnel = _tls_context(tunnel) if tunnel else None
        if tls:
            self._server.socket = _tls_context(tls).wrap_socket(
                self._server.socket, server_side=True
            )
        self.port: int = self._server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def fail_next(self, *failures: Failure | None) -> None:
        """Meet the next requests with these faults, in order; ``None`` lets one through."""
        with self._lock:
            self._failures.extend(failures)

    def heal(self) -> None:
        """Forget the faults that are still to come."""
        with self._lock:
            self._failures.clear()

    def answer(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            failure = self._failures.popleft() if self._failures else None
        if failure is not None:
            return failure if isinstance(failure, Answer) else failure(self._handler(request))
        if self._weather:
            return self._weather(lambda: self._handler(request))
        return self._handler(request)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def serving(handler: Handler, **options: Any) -> Iterator[WireServer]:
    """A server for the length of a ``with`` block."""
    server = WireServer(handler, **options)
    try:
        yield server
    finally:
        server.close()


def _tls_context(files: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return context


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that were killed."""


def _content(answer: Answer) -> bytes:
    if isinstance(answer.body, bytes):
        return answer.body
    text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
    return text.encode()


def _endpoint(server: WireServer) -> type[BaseHTTPRequestHandler]:
    class Endpoint(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            request = Request(
                self.command,
                self.path,
                parts.path,
                dict(parse_qsl(parts.query, keep_blank_values=True)),
                dict(self.headers.items()),
                self.rfile.read(length) if length else b"",
            )
            self._send(server.answer(request))

        do_POST = do_GET  # noqa: N815 - the names of http.server

        def do_CONNECT(self) -> None:
            if server.tunnel is None:
                self.send_error(405)
                return
            self.send_response(200, "Connection established")
            self.end_headers()
            self.wfile.flush()
            try:
                self.connection = server.tunnel.wrap_socket(self.connection, server_side=True)
            except OSError:  # the client does not trust the certificate, or has gone
                self.close_connection = True
                return
            self.rfile = self.connection.makefile("rb")
            self.wfile = self.connection.makefile("wb")
            self.close_connection = False

        def _send(self, answer: Answer) -> None:
            if answer.delay:
                time.sleep(answer.delay)
            if answer.hang_up:
                self._hang_up()
                return
            content = _content(answer)
            try:
                self.send_response(answer.status)
                for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: answer.cut_after])
                self.wfile.flush()
            except OSError:  # the client did not wait
                self.close_connection = True
                return
            if answer.cut_after is not None:
                self._hang_up()

        def _hang_up(self) -> None:
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

        def log_message(self, *_arguments: object) -> None:
            pass

    return Endpoint
