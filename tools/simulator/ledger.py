"""Both sides of a run at one moment, for all threads: what truly is, and what could be known of it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import RLock
from typing import NamedTuple

from tools.simulator.perfect_receiver import PerfectReceiver, Place, Stay
from tools.simulator.simulation import App, Simulation
from tools.simulator.wire import Delivery

MEMBER_EVENTS = ("joined", "state_changed", "left", "timed_out")


class Turn(NamedTuple):
    """An acknowledged event that changed what is known of a member. Times are Unix milliseconds, of our time."""

    place: Place
    user: str
    occurred_at: int
    acknowledged_at: float
    stay: Stay | None


@dataclass
class Ledger:
    """`lock` keeps the sides together; all that is counted here is counted under it."""

    simulation: Simulation
    lease: int  # milliseconds
    receiver: PerfectReceiver = field(default_factory=PerfectReceiver)
    lock: RLock = field(default_factory=RLock)
    acknowledged: int = 0  # deliveries
    events: int = 0  # of them
    given_up: int = 0  # deliveries
    troubles: Counter[str] = field(default_factory=Counter)  # attempts that were not acknowledged, by answer
    listener: Callable[[Turn], None] | None = None  # hears of the next turn, and then no more
    _doubtful: set[tuple[Place, str]] = field(default_factory=set)
    _repeated: set[tuple[Place, str]] = field(default_factory=set)

    def acknowledge(self, delivery: Delivery, received_at: int, now: float, *, repeated: bool) -> None:
        """`repeated`: an earlier attempt may have arrived as well."""
        with self.lock:
            self.acknowledged += 1
            self.events += len(delivery.events)
            if repeated:
                self._repeated.update(_members(delivery))
            if self.listener is None:
                self.receiver.receive(delivery, received_at)
            else:
                self._receive_and_tell(delivery, received_at, now)

    def give_up(self, delivery: Delivery, *, unclear: bool) -> None:
        """The provider tries no more. `unclear`: nobody knows whether an attempt arrived."""
        with self.lock:
            self.given_up += 1
            if unclear:
                self._doubtful.update(_members(delivery))

    def is_doubtful(self, place: Place, user: str) -> bool:
        """Whether even a perfect receiver may be right in two ways: not all that was sent was clearly answered."""
        member = place, user
        return (
            member in self._doubtful
            or (place, "") in self._doubtful
            or (
                (member in self._repeated or (place, "") in self._repeated)
                and self.receiver.hangs_on_order(place, user)
            )
        )

    def truth(self) -> dict[App, dict[str, set[str]]]:
        """Who is truly where, now."""
        with self.lock:
            return {
                app: {channel: set(users) for channel, users in truth.there.items() if users}
                for app, truth in self.simulation.truth.items()
            }

    def _receive_and_tell(self, delivery: Delivery, received_at: int, now: float) -> None:
        event = next((event for event in delivery.events if event.kind in MEMBER_EVENTS), None)
        place = Place(delivery.provider, delivery.source, event.channel) if event else None
        before = self.receiver.member(place, event.user, received_at, self.lease) if place and event else None
        self.receiver.receive(delivery, received_at)
        if place and event and self.listener:
            after = self.receiver.member(place, event.user, received_at, self.lease)
            if after != before:
                listener, self.listener = self.listener, None
                listener(Turn(place, event.user, event.occurred_at, now, after))


def _members(delivery: Delivery) -> list[tuple[Place, str]]:
    return [(Place(delivery.provider, delivery.source, event.channel), event.user) for event in delivery.events]
