"""What all simulated providers have in common: they notice connections, and tell of members and channels."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import ClassVar, NamedTuple

from tools.simulator.agenda import Agenda
from tools.simulator.knobs import Knobs
from tools.simulator.wire import Rendered
from tools.simulator.world import State


class Told(NamedTuple):
    """One thing that the provider tells, before it is put into words. `at` is Unix milliseconds."""

    kind: str
    channel: str
    user: str
    at: int
    state: State | None = None
    occupancy: int | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Around one app's provider: the clock, chance, the way to Rollcall, and a tally of events that it lost."""

    knobs: Knobs
    agenda: Agenda
    chance: Random
    post: Callable[[Rendered], None]
    lost: Counter[str]


class Provider:
    """One app at one provider. It counts connections, and knows no more of the world than they tell it.

    The defaults are those of a provider that tells of each member's first and last connection, and of its channels.
    """

    NAME: ClassVar[str]  # under which Rollcall knows it
    NOTICES_AFTER: ClassVar[tuple[float, float]]  # seconds; how long a connection that vanished seems to be there
    WAITS_FOR: ClassVar[float]  # seconds, for the answer to a webhook

    def __init__(self, circumstances: Circumstances) -> None:
        self.knobs = circumstances.knobs
        self.agenda = circumstances.agenda
        self.chance = circumstances.chance
        self.post = circumstances.post
        self.lost = circumstances.lost
        self._connections: dict[tuple[str, str], set[int]] = {}
        self._occupancy: dict[str, int] = {}

    # ---- What it notices ---------------------------------------------------------------------------

    def connect(self, channel: str, user: str, connection: int) -> None:
        known = self._connections.setdefault((channel, user), set())
        known.add(connection)
        if len(known) == 1:
            self.first_came(channel, user)
        else:
            self.another_came(channel, user)

    def disconnect(self, channel: str, user: str, connection: int) -> None:
        self._lose(channel, user, connection, "left")

    def vanish(self, channel: str, user: str, connection: int) -> None:
        self.agenda.after(self.chance.uniform(*self.NOTICES_AFTER), self._lose, channel, user, connection, "timed_out")

    def change(self, channel: str, user: str, state: State) -> None:
        """Most providers know no state."""

    def _lose(self, channel: str, user: str, connection: int, kind: str) -> None:
        known = self._connections[channel, user]
        known.remove(connection)
        if not known:
            del self._connections[channel, user]
            self.last_went(channel, user, kind)

    # ---- What it makes of it -----------------------------------------------------------------------

    def first_came(self, channel: str, user: str) -> None:
        if self.count(channel, 1) == 1:
            self.tell("channel_occupied", channel)
        self.tell("joined", channel, user)

    def another_came(self, channel: str, user: str) -> None:
        """A second device is silent."""

    def last_went(self, channel: str, user: str, kind: str) -> None:
        left = self.count(channel, -1)
        self.tell_leave(kind, channel, user)
        if not left:
            self.tell("channel_vacated", channel)

    def count(self, channel: str, change: int) -> int:
        self._occupancy[channel] = occupancy = self._occupancy.get(channel, 0) + change
        return occupancy

    def tell_leave(self, kind: str, channel: str, user: str) -> None:
        if self.chance.random() < self.knobs.lost_leaves:
            self.lost["leaves never told"] += 1
        else:
            self.tell(kind, channel, user)

    # ---- How it puts it ----------------------------------------------------------------------------

    def tell(self, kind: str, channel: str, user: str = "", state: State | None = None) -> None:
        """Say so, at once or in a batch."""
        raise NotImplementedError

    @staticmethod
    def retry_delay(attempt: int, chance: Random) -> float | None:
        """Seconds from the failure of this attempt (the first is 1) to the next one; `None` if it gives up."""
        raise NotImplementedError

    @staticmethod
    def names(count: int) -> tuple[list[str], list[str]]:
        """So many channels and so many users, named as the provider allows it."""
        raise NotImplementedError


class Batch:
    """Collects until there are `largest`, or until `window` seconds after the first; then it is one body."""

    def __init__(self, agenda: Agenda, largest: int, window: float, send: Callable[[list[Told]], None]) -> None:
        self._agenda = agenda
        self._largest = largest
        self._window = window
        self._send = send
        self._items: list[Told] = []
        self._sent = 0

    def add(self, told: Told) -> None:
        self._items.append(told)
        if len(self._items) >= self._largest:
            self._flush()
        elif len(self._items) == 1:
            self._agenda.after(self._window, self._close, self._sent)

    def _close(self, sent: int) -> None:
        if sent == self._sent:  # else it was full before
            self._flush()

    def _flush(self) -> None:
        self._sent += 1
        items, self._items = self._items, []
        self._send(items)


@cache
def quoted(name: str) -> str:
    """A name as JSON; there are few, and each is needed a thousand times."""
    return json.dumps(name, ensure_ascii=False)


def iso(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
