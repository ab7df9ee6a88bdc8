"""What the read API says after the stream."""

from typing import Any
from urllib.parse import quote

from tools import web
from tools.stack import Stack
from tools.trouble import Trouble


class Answers:
    """The read API, asked about one source."""

    def __init__(self, stack: Stack, source: str) -> None:
        self._stack = stack
        self._source = source

    def channels(self, provider: str) -> list[dict[str, Any]]:
        """Those that are occupied."""
        return self._all_pages(f"{provider}/{self._source}/channels?limit=1000", "channels")

    def members(self, provider: str, channel: str) -> list[dict[str, Any]]:
        """Who is in the channel."""
        return self._all_pages(f"{provider}/{self._source}/members?limit=1000&channel={quote(channel, '')}", "members")

    def whereabouts(self, provider: str, user: str) -> list[str]:
        """In which channels the user is."""
        found = self._all_pages(f"{provider}/{self._source}/whereabouts?limit=1000&user={quote(user, '')}", "channels")
        return [entry["channel"] for entry in found]

    def _all_pages(self, question: str, wanted: str) -> list[dict[str, Any]]:
        page = self._ask(question)
        found: list[dict[str, Any]] = page[wanted]
        while page["next"]:
            page = self._ask(f"{question}&next={quote(page['next'], '')}")
            found += page[wanted]
        return found

    def _ask(self, question: str) -> Any:
        authorization = {"Authorization": f"Bearer {self._stack.read_key}"}
        answer = web.get(f"{self._stack.url}/presence/{question}", authorization)
        if answer.status != 200:
            raise Trouble(f"The read API answered {answer.status} to {question}: {answer.body[:200]!r}")
        return answer.json()
