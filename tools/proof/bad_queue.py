"""A queue as bad as SQS may be: in any order, some messages twice, some of those hours late."""

import heapq
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import NamedTuple

_VISIBILITY = 540_000  # milliseconds, as in the template, until what met a consumer's death comes again
_RECEIVES = 7  # as in the template; then a message is parked
_DISORDER = 2_000.0  # milliseconds, within which a standard queue mixes what it was given
_LATENESS = 4 * 3_600_000.0  # milliseconds, at most, until what was deleted comes once more


@dataclass(slots=True)
class Message:
    message_id: str
    body: str
    receives: int = 0
    deleted: bool = False
    shown: int = 0  # the number of the time at which it is to come again


class _Visible(NamedTuple):
    """When a message can be received; `again` once more though it was deleted."""

    since: float
    number: int
    message: Message
    again: bool


@dataclass
class BadQueue:
    """`share` of the messages comes once more though they were deleted. Times are milliseconds."""

    chance: Random
    share: float
    parked: list[str] = field(default_factory=list)
    _heap: list[_Visible] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)

    def put(self, body: str, now: int) -> None:
        message = Message(str(next(self._numbers)), body)
        self._show(message, now + self.chance.uniform(0, _DISORDER))

    def receive(self, now: int, most: int, *, all_are_visible: bool = False) -> list[Message]:
        """Up to so many messages; those that are not deleted come again after the visibility time-out."""
        batch: dict[str, Message] = {}
        aside: list[_Visible] = []
        while self._heap and len(batch) < most and (all_are_visible or self._heap[0].since <= now):
            visible = heapq.heappop(self._heap)
            message = visible.message
            if not (visible.again or visible.number == message.shown):
                continue  # it was given another time
            if message.message_id in batch:
                aside.append(visible)  # no batch names a message twice
            elif not message.deleted and message.receives == _RECEIVES:
                self.parked.append(message.body)
            elif visible.again or not message.deleted:
                message.receives += 1
                batch[message.message_id] = message
                if not message.deleted:
                    self._show(message, now + _VISIBILITY)
        for visible in aside:
            heapq.heappush(self._heap, visible)
        return list(batch.values())

    def hide(self, message: Message, seconds: int, now: int) -> None:
        """Let it come again after so long, whatever was said before."""
        self._show(message, now + seconds * 1000)

    def delete(self, message: Message, now: int) -> None:
        if not message.deleted and self.chance.random() < self.share:
            self._show(message, now + self.chance.uniform(0, _LATENESS), again=True)
        message.deleted = True

    def _show(self, message: Message, since: float, *, again: bool = False) -> None:
        number = next(self._numbers)
        if not again:
            message.shown = number
        heapq.heappush(self._heap, _Visible(since, number, message, again))
