"""A DynamoDB that fails at random: before it has done what it was asked, or after."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_THROTTLED = b'{"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "as the test has it"}'


class _Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, target: str, share: float, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = urlsplit(target).netloc
        self.share = share
        self.chance = random.Random(seed)
        self.failures = 0

    def draws_failure(self) -> bool:
        failing = self.chance.random() < self.share
        self.failures += failing
        return failing


class _Handler(BaseHTTPRequestHandler):
    server: _Proxy

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.server.draws_failure():
            self._answer(400, _THROTTLED)
            return
        connection = HTTPConnection(self.server.target, timeout=30)
        connection.request("POST", "/", body, dict(self.headers))
        response = connection.getresponse()
        content = response.read()
        connection.close()
        if self.server.draws_failure():
            self.close_connection = True  # done, but nobody hears of it
            return
        self._answer(response.status, content)

    def _answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it so
        """Say nothing."""


@contextmanager
def faulty_dynamodb(target: str, *, share: float, seed: int) -> Iterator[_Proxy]:
    """In front of the real one; each request fails before and after with the chance `share`."""
    with _Proxy(target, share, seed) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        yield proxy
        proxy.shutdown()
