"""An AWS that fails at random: before it has done what it was asked, or after."""

import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from http.client import HTTPConnection, HTTPException, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

SILENCE = 2.5  # seconds; the functions wait for an answer two at most, the trimmer apart
_TARGET_TIMEOUT = 30  # seconds; an AWS that is just being restarted does not answer at all
_ALL_AT_ONCE = 128  # connections that wait to be taken; ten consumers with sixteen writers each may come together
# All that the functions ask for speaks JSON, where any service may answer so.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
_THROTTLED = b'{"__type": "com.amazonaws#ThrottlingException", "message": "Not this time."}'
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER, zero seconds: closing sends RST instead of FIN


class Fault(StrEnum):
    """How a request fails."""

    THROTTLED = "throttled"
    RESET_BEFORE = "connection reset before it took effect"
    RESET_AFTER = "connection reset after it took effect"
    TIMED_OUT_AFTER = "timed out after it took effect"


class FaultyAws(ThreadingHTTPServer):
    """Stands in front of the AWS at `target`; of the requests to it the share `share` fails, in one of `faults`."""

    daemon_threads = True
    request_queue_size = _ALL_AT_ONCE

    def __init__(self, target: str, share: float, seed: int, faults: tuple[Fault, ...]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = urlsplit(target).netloc
        self.share = share
        self.requests = 0
        self.failures: Counter[tuple[str, Fault]] = Counter()  # by what was asked
        self._faults = faults
        self._chance = random.Random(seed)  # noqa: S311  chance is seeded, and guards nothing
        self._drawing = threading.Lock()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def draw(self, asked: str) -> Fault | None:
        """How this request is to fail, if it is."""
        with self._drawing:
            self.requests += 1
            if self._chance.random() >= self.share:
                return None
            fault = self._chance.choice(self._faults)
            self.failures[asked, fault] += 1
            return fault

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        self.close_request(request)  # and not politely shut down before, which would rule out a reset

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: functions are killed in the middle of a request, and the target is restarted."""


class _Handler(BaseHTTPRequestHandler):
    server: FaultyAws
    protocol_version = "HTTP/1.1"  # as AWS: a connection serves many requests
    wbufsize = -1  # headers and content leave together
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self._target = HTTPConnection(self.server.target, timeout=_TARGET_TIMEOUT)

    def finish(self) -> None:
        self._target.close()
        super().finish()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        fault = self.server.draw(self.headers.get("x-amz-target", ""))
        if fault is Fault.THROTTLED:
            self._answer(400, "application/x-amz-json-1.0", _THROTTLED)
            return
        if fault is Fault.RESET_BEFORE:
            self._reset()
            return
        try:
            self._target.request("POST", self.path, body, dict(self.headers))
            response = self._target.getresponse()
            content = response.read()
        except (OSError, HTTPException):
            self._reset()  # as the target did
            return
        self._hand_back(response, content, fault)

    def _hand_back(self, response: HTTPResponse, content: bytes, fault: Fault | None) -> None:
        if fault is Fault.TIMED_OUT_AFTER:
            time.sleep(SILENCE)
        if fault:
            self._reset()
        else:
            self._answer(response.status, response.headers["content-type"], content)

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)

    def _answer(self, status: int, content_type: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it so
        """Say nothing."""


@contextmanager
def faulty_aws(
    target: str, *, share: float, seed: int, faults: tuple[Fault, ...] = tuple(Fault)
) -> Iterator[FaultyAws]:
    with FaultyAws(target, share, seed, faults) as aws:
        threading.Thread(target=aws.serve_forever, daemon=True).start()
        try:
            yield aws
        finally:
            aws.shutdown()
