"""What truly happens in one app: users come with several devices, change their state, go, or vanish.

Nobody but the provider watches, and what it makes of it is its own affair: the world alone knows who is there.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple, Protocol

from tools.simulator.agenda import Agenda
from tools.simulator.knobs import Knobs

MOODS = ("calm", "busy", "wild", "häppy 🎈")
CLOSINGS = 0.005  # of what happens: a channel closes, as a class or a meeting does, and all in it go
CLOSING_SECONDS = 3.0  # in which they go
TRIES = 10  # to find a channel for somebody who comes; most of them are open
CLOSED_SECONDS = 60.0  # in which nobody comes
RELOAD_SECONDS = (0.1, 10.0)  # shorter and longer than the three seconds for which Pusher keeps a leave back
POPULARITY = 3  # a quarter of those who come choose the first of fifty channels, and hardly anybody the last ones
FASHION_SECONDS = 300.0  # after which another channel is the most popular one, so that all fill and empty


class State(NamedTuple):
    """A user's state as its client wrote it, and as JSON text with sorted keys."""

    written: str
    canonical: str


class Witness(Protocol):
    """What the provider notices. A connection has a number that no other ever has."""

    def connect(self, channel: str, user: str, connection: int) -> None: ...
    def disconnect(self, channel: str, user: str, connection: int) -> None: ...
    def vanish(self, channel: str, user: str, connection: int) -> None: ...
    def change(self, channel: str, user: str, state: State) -> None: ...


@dataclass(slots=True)
class Truth:
    """Who is there, and who no longer is. Times are Unix milliseconds."""

    there: dict[str, dict[str, int]] = field(default_factory=dict)  # channel, user: since when
    gone: dict[tuple[str, str], int] = field(default_factory=dict)  # (channel, user): since when

    def came(self, channel: str, user: str, at: int) -> None:
        self.there.setdefault(channel, {})[user] = at
        self.gone.pop((channel, user), None)

    def went(self, channel: str, user: str, at: int) -> None:
        del self.there[channel][user]
        self.gone[channel, user] = at

    def members(self, channel: str) -> set[str]:
        return set(self.there.get(channel, ()))


@dataclass(slots=True, eq=False)
class _Connection:
    number: int
    channel: str
    user: str
    place: int  # in the list of those open


class World:
    """One app. Once `events` things have happened, nothing does any more."""

    def __init__(
        self,
        knobs: Knobs,
        events: int,
        rate: float,
        agenda: Agenda,
        chance: Random,
        witness: Witness,
        names: Callable[[int], tuple[list[str], list[str]]],
    ) -> None:
        self.truth = Truth()
        self.happened = 0
        self._knobs = knobs
        self._events = events
        self._rate = rate
        self._agenda = agenda
        self._chance = chance
        self._witness = witness
        self._channels, self._users = names(knobs.channels)[0], names(knobs.users)[1]
        self._open: list[_Connection] = []
        self._of_member: dict[tuple[str, str], int] = {}
        self._in_channel: dict[str, dict[int, _Connection]] = {name: {} for name in self._channels}
        self._closed_until: dict[str, int] = {}
        self._connections = 0
        self._beside = 0  # things that happened besides, and for which the rest has yet to wait
        self._plan()

    def _plan(self) -> None:
        if self.happened < self._events:
            self._agenda.after(self._chance.expovariate(self._rate), self._happen)

    def _happen(self) -> None:
        if self._beside:
            self._beside -= 1
        elif not self._happens():
            return
        self._plan()

    def _happens(self) -> bool:
        """The next thing of its own accord; False once enough has happened."""
        if self.happened >= self._events:
            return False
        chance = self._chance.random
        if self._open and chance() < CLOSINGS:
            self._close(self._anybody().channel)
        elif self._open and chance() < self._knobs.states:
            self._change(self._anybody())
        # Level at half of twice the crowd: the more are there, the fewer come.
        elif chance() * 2 * self._knobs.crowd < len(self._open) or not self._come():
            self._depart(self._anybody())
        return True

    def _come(self) -> bool:
        """Somebody comes to a channel that is open to them, if one is soon found, or if nobody is there yet."""
        for _ in range(TRIES):
            channel, user = self._popular_channel(), self._chance.choice(self._users)
            if self._arrive(channel, user):
                return True
        return not self._open

    def _anybody(self) -> _Connection:
        return self._open[int(self._chance.random() * len(self._open))]

    def _popular_channel(self) -> str:
        count = len(self._channels)
        fashion = (self._agenda.now - self._agenda.start) // round(FASHION_SECONDS * 1000)
        return self._channels[(int(count * self._chance.random() ** POPULARITY) + fashion) % count]

    def _arrive(self, channel: str, user: str) -> bool:
        """False if the channel is closed, or the user has no more devices."""
        member = channel, user
        devices = self._of_member.get(member, 0)
        if devices >= self._knobs.devices or self._agenda.now < self._closed_until.get(channel, 0):
            return False
        self.happened += 1
        self._connections += 1
        connection = _Connection(self._connections, channel, user, len(self._open))
        self._open.append(connection)
        self._in_channel[channel][connection.number] = connection
        self._of_member[member] = devices + 1
        if not devices:
            self.truth.came(channel, user, self._agenda.now)
        self._witness.connect(channel, user, connection.number)
        return True

    def _depart(self, connection: _Connection) -> None:
        channel, user, number = connection.channel, connection.user, connection.number
        self.happened += 1
        self._remove(connection)
        if self._chance.random() < self._knobs.vanishing:
            self._witness.vanish(channel, user, number)
        else:
            self._witness.disconnect(channel, user, number)
        if self._chance.random() < self._knobs.reloads:
            self._agenda.after(self._chance.uniform(*RELOAD_SECONDS), self._reload, channel, user)

    # What follows from something else happens beside the rest, which then waits: the rate is that of all together.

    def _reload(self, channel: str, user: str) -> None:
        if self.happened < self._events and self._arrive(channel, user):
            self._beside += 1

    def _close(self, channel: str) -> None:
        self._closed_until[channel] = self._agenda.now + round(CLOSED_SECONDS * 1000)
        for connection in list(self._in_channel[channel].values()):
            self._agenda.after(self._chance.uniform(0, CLOSING_SECONDS), self._leave_closed, connection)

    def _leave_closed(self, connection: _Connection) -> None:
        if self.happened < self._events and connection.number in self._in_channel[connection.channel]:
            self._depart(connection)
            self._beside += 1

    def _remove(self, connection: _Connection) -> None:
        last = self._open.pop()
        if last is not connection:
            self._open[connection.place] = last
            last.place = connection.place
        del self._in_channel[connection.channel][connection.number]
        member = connection.channel, connection.user
        self._of_member[member] -= 1
        if not self._of_member[member]:
            del self._of_member[member]
            self.truth.went(*member, self._agenda.now)

    def _change(self, connection: _Connection) -> None:
        self.happened += 1
        self._witness.change(connection.channel, connection.user, self._some_state())

    def _some_state(self) -> State:
        state = {"seat": self._chance.randrange(1000), "mood": self._chance.choice(MOODS)}
        return State(
            json.dumps(state, ensure_ascii=False, separators=(",", ":")),
            json.dumps(state, sort_keys=True, separators=(",", ":")),
        )
