"""How long it takes from a webhook's acknowledgement until the read API tells of it."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count

from tools.endurance.story import SOURCE
from tools.endurance.traffic import Traffic
from tools.simulator import Delivery, Place
from tools.simulator.connection import Connection
from tools.simulator.provider import Told
from tools.simulator.providers import yalgaar
from tools.simulator.questions import Questions
from tools.trouble import Trouble

EVERY = 0.5  # seconds from one probe to the next, however long it takes until they are told
LOOKS = 0.02  # seconds between two looks; each takes 60 ms
CHANNEL_HOLDS = 100  # probes; one look at a channel finds all of them that have been told
FIRST_NUMBER = 1_000_000_000  # above those of all other webhooks


@dataclass
class Probes:
    """Sends joins of users whom nobody else speaks of, and looks for each until it is told."""

    traffic: Traffic
    questions: Questions
    seconds: list[float] = field(default_factory=list)  # from its acknowledgement until it was told, of each told
    _pending: dict[str, tuple[Place, float]] = field(default_factory=dict)  # by user
    _resting: threading.Event = field(default_factory=threading.Event)
    _over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._sender = threading.Thread(target=self._send)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Probes while the block runs, or until `rest`; what is not told at its end is never told by itself."""
        self._sender.start()
        looker = threading.Thread(target=self._look)
        looker.start()
        try:
            yield
            self.rest()
        finally:
            self._over.set()
            self.rest()
            looker.join()

    def rest(self) -> None:
        """Sends no more, once the last is acknowledged, and goes on looking for those that were sent."""
        self._resting.set()
        self._sender.join()

    def _send(self) -> None:
        with closing(Connection(self.traffic.target.url)) as connection:
            for number in count():
                if self._resting.wait(EVERY):
                    return
                delivery = _probe(number)
                if self.traffic.send(connection, delivery, self._over):
                    place = Place(delivery.provider, delivery.source, delivery.events[0].channel)
                    self._pending[delivery.events[0].user] = place, time.monotonic()

    def _look(self) -> None:
        while not self._over.wait(LOOKS):
            for place in {place for place, _ in self._pending.copy().values()}:
                try:
                    told, _ = self.questions.members(place)
                except Trouble:  # it is just being restarted
                    continue
                for user in told.keys() & self._pending.keys():
                    self.seconds.append(time.monotonic() - self._pending.pop(user)[1])


def _probe(number: int) -> Delivery:
    now = time.time_ns() // 1_000_000
    rendered = yalgaar.render([Told("joined", f"room-{number // CHANNEL_HOLDS}", f"probe-{number}", now)])
    return Delivery("yalgaar", f"{SOURCE}-probes", FIRST_NUMBER + number, rendered, now)
