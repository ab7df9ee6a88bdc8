"""One connection that is kept open, as providers keep theirs; for one thread."""

import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

KEPT_SECONDS = 4.0  # a server may close what has been silent for five; what is sent into that would seem lost


class Unanswered(Exception):
    """Nobody knows whether the request arrived."""


class Connection:
    """To one host. A company's proxy is not used."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._open: HTTPConnection | None = None
        self._used_at = 0.0

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None, within: float = 35.0
    ) -> tuple[int, bytes]:
        """Status and body of the answer. `within` is in seconds. Raises `Unanswered`."""
        connection = self._connection(within)
        try:
            connection.request(
                method, url.removeprefix(f"{self._parts.scheme}://{self._parts.netloc}"), body, dict(headers)
            )
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException) as error:
            self.close()
            raise Unanswered(str(error) or type(error).__name__) from error
        self._used_at = time.monotonic()
        return answer.status, content

    def close(self) -> None:
        if self._open:
            self._open.close()
            self._open = None

    def _connection(self, within: float) -> HTTPConnection:
        if time.monotonic() - self._used_at > KEPT_SECONDS:
            self.close()
        if self._open is None:
            kind = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
            self._open = kind(self._parts.netloc, timeout=within)
        self._open.timeout = within
        if self._open.sock:
            self._open.sock.settimeout(within)
        return self._open
