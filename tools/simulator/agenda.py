"""The world's clock: what is due next, in the order of time; nothing here waits."""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any


class Agenda:
    """`now` is Unix milliseconds. What is due at the same time is done in the order in which it was planned."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.now = start
        self._planned = 0
        self._entries: list[tuple[int, int, Any, Any]] = []  # when, in which turn, an action, its arguments

    def after[*Arguments](self, seconds: float, action: Callable[[*Arguments], None], *args: *Arguments) -> None:
        """Plan `action(*args)`; milliseconds are the finest that providers tell."""
        self._planned += 1
        heappush(self._entries, (self.now + round(seconds * 1000), self._planned, action, args))

    def advance(self) -> bool:
        """Go on to what is due next, and do it. False once nothing is planned any more."""
        if not self._entries:
            return False
        self.now, _, action, args = heappop(self._entries)
        action(*args)
        return True
