"""How often a function waits for DynamoDB."""

from collections.abc import Callable, Iterable, Iterator
from math import ceil
from typing import Any

_AT_ONCE = 16  # requests that wait together, as many as the consumer and the query function have connections


class Waits:
    """A client that counts how often its caller waits for an answer; what is asked at once waits once."""

    def __init__(self, client: object) -> None:
        self._client = client
        self.count = 0

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._client, name)
        if not callable(attribute):
            return attribute

        def ask(**request: Any) -> Any:
            self.count += 1
            return attribute(**request)

        return ask

    def each[T, R](self, function: Callable[[T], R], things: Iterable[T], /) -> Iterator[R]:
        """As a pool of threads would, but one after another, so that it comes out the same each time."""
        begin = self.count
        done = [function(thing) for thing in things]
        self.count = begin + ceil((self.count - begin) / _AT_ONCE)
        return iter(done)
