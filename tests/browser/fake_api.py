"""An API of a few lines on this machine: the page comes from the real handler, the answers are canned."""

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from functions.console import app as console
from tests.browser.canned import KEY, Canned

PREFIX = "/_aws/x/$default"  # the page is to work under any


class FakeApi:
    """As a context manager it answers for as long as the block does; `stop` and `start` take it off the network."""

    def __init__(self) -> None:
        self.canned = Canned()
        self._port = 0
        self._server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}{PREFIX}"

    @property
    def is_up(self) -> bool:
        return self._server is not None

    def start(self) -> None:
        """Listens, at the same port each time."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), _handler(self))
        self._port = self._server.server_address[1]
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def answer(self, url: str, headers: dict[str, str]) -> tuple[int, dict[str, str], str]:
        """Status, headers and body, as API Gateway would pass them on."""
        parts = urlsplit(url)
        path = parts.path.removeprefix(f"{PREFIX}/")
        if path == "console" or path.startswith("console/"):
            named = {"file": path.removeprefix("console/")} if "/" in path else None
            page = console.handler({"pathParameters": named, "headers": headers}, None)
            return page["statusCode"], page["headers"], page["body"]
        asked = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.canned.asked.append(f"{path}?{parts.query}")
        status, body = self._told(path, asked, headers.get("authorization", ""))
        return status, {"content-type": "application/json", "cache-control": "no-store"}, json.dumps(body)

    def _told(self, path: str, asked: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        time.sleep(self.canned.slow)
        if self.canned.failing:
            return self.canned.failing, {"message": "Service Unavailable"}  # as API Gateway itself says it
        if authorization != f"Bearer {KEY}":
            return 401, {"error": "The read key is wrong or missing: send it as Authorization: Bearer KEY."}
        told = self.canned.answer(path, asked)
        return (404, {"error": "There is nothing at this address."}) if told is None else (200, told)


def _handler(api: FakeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        wbufsize = -1  # one packet for headers and body
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # the name that http.server calls
            if not api.is_up:  # on a connection that was opened before
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, answered, body = api.answer(self.path, headers)
            self.send_response(status)
            for name, value in {**answered, "content-length": str(len(body.encode()))}.items():
                self.send_header(name, value)
            if status == 401 or api.canned.failing:
                self.close_connection = True
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing: the browser asks every few seconds."""

    return Handler
