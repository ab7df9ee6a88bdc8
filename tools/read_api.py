"""The read API, asked over HTTP with the read key, as any of its users asks."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from rollcall.keys import SourceKey
from tools import web
from tools.stack import Stack
from tools.trouble import BadInput, Trouble

_PAGE = 1000  # the most that one answer holds

type Found = dict[str, Any]


@dataclass(frozen=True)
class ReadApi:
    """All methods raise `Trouble` with the API's own sentence, and `BadInput` for what cannot be asked."""

    url: str
    key: str = field(repr=False)
    get: Callable[[str, Mapping[str, str]], web.Answer] = web.get

    @classmethod
    def of(cls, stack: Stack) -> "ReadApi":
        return cls(stack.url, stack.read_key)

    def sources(self) -> list[SourceKey]:
        """All that have sent something lately, or hold something."""
        return [SourceKey(one["provider"], one["source"]) for one in self._ask("intake", {})["sources"]]

    def members(self, key: SourceKey, channel: str) -> Iterator[Found]:
        return self._listed(key, "members", channel=channel)

    def channels(self, key: SourceKey, prefix: str) -> Iterator[Found]:
        return self._listed(key, "channels", prefix=prefix)

    def whereabouts(self, key: SourceKey, user: str) -> Found:
        """Of a user, with all channels."""
        pages = list(self._pages(key, "whereabouts", user=user))
        return {**pages[0], "channels": [one for page in pages for one in page["channels"]]}

    def events(self, key: SourceKey, channel: str) -> Iterator[Found]:
        return self._listed(key, "events", channel=channel)

    def _listed(self, key: SourceKey, question: str, **parameters: str) -> Iterator[Found]:
        for page in self._pages(key, question, **parameters):
            yield from page[question]

    def _pages(self, key: SourceKey, question: str, **parameters: str) -> Iterator[Found]:
        path = f"presence/{key.provider}/{key.source}/{question}"
        page = self._ask(path, {"limit": _PAGE, **parameters})
        yield page
        while page["next"]:
            page = self._ask(path, {"limit": _PAGE, **parameters, "next": page["next"]})
            yield page

    def _ask(self, path: str, parameters: Mapping[str, str | int]) -> Found:
        # Names that are no UTF-8 go out as the shell gave them; the API says what it thinks of them.
        query = urlencode(parameters, errors="surrogateescape")
        answer = self.get(f"{self.url}/{path}?{query}", {"Authorization": f"Bearer {self.key}"})
        if answer.status == 400:
            raise BadInput(_sentence(answer))
        if answer.status != 200:
            raise Trouble(f"The read API answered {answer.status}: {_sentence(answer)}")
        found: Found = answer.json()
        return found


def _sentence(answer: web.Answer) -> str:
    content: Found = answer.json()
    return str(content.get("error") or content.get("message") or content)
