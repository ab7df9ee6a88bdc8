"""HTTP as the tools need it: every answer is an answer, whatever its status."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.trouble import Trouble

TIMEOUT_SECONDS = 35  # API Gateway gives up after 30

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_usual = urllib.request.build_opener()


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Trouble(f"The answer ({self.status}) is not JSON: {self.body[:200]!r}") from error


def get(url: str, headers: Mapping[str, str] | None = None) -> Answer:
    return _ask(urllib.request.Request(url, headers=dict(headers or {})))


def post(url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
    return _ask(urllib.request.Request(url, data=body, headers=dict(headers or {}), method="POST"))


def is_up(url: str) -> bool:
    """Whether somebody answers 200 there."""
    try:
        return get(url).status == 200
    except Trouble:
        return False


def _ask(request: urllib.request.Request) -> Answer:
    # A company's proxy does not know this machine.
    opener = _direct if request.host.startswith("127.0.0.1") else _usual
    try:
        with opener.open(request, timeout=TIMEOUT_SECONDS) as response:
            return Answer(response.status, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read())
    except OSError as error:
        raise Trouble(f"{request.host} cannot be reached: {error}") from error
