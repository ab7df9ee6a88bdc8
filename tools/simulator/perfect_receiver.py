"""What a receiver that makes no mistake knows, of what was delivered and acknowledged.

It shares no code with Rollcall, so that what Rollcall answers can be held against it. The rules are those of Rollcall's
design: the newest evidence wins, by the provider's own clock.
"""

from collections.abc import Iterator
from typing import NamedTuple

from tools.simulator.wire import Delivery, WireEvent


class Sign(NamedTuple):
    """When something happened (provider's clock), when it was received (Unix milliseconds), its place in its body.

    Of two signs that contradict each other the later one wins, as far as the coarser of their clocks tells; then the
    one that was received later, then the one with the later place.
    """

    occurred_at: int
    received_at: int
    position: int
    resolution: int = 1

    def contradicts(self, other: "Sign") -> bool:
        tick = max(self.resolution, other.resolution)
        mine, theirs = self.occurred_at // tick, other.occurred_at // tick
        return mine > theirs if mine != theirs else self[1:3] > other[1:3]

    def same_time(self, other: "Sign") -> bool:
        tick = max(self.resolution, other.resolution)
        return self.occurred_at // tick == other.occurred_at // tick


class Stay(NamedTuple):
    """How a present member is there. `state` is JSON text with sorted keys."""

    since: int
    last_seen: int
    state: str | None


class Occupancy(NamedTuple):
    """How many members are in an occupied channel; 0 where only the provider's word says that it is."""

    members: int
    since: int | None


class Register:
    """The newest sign of one thing, and what it carried.

    Of one time the first received stays, for what comes later is a retry; of one body the last, for those are two.
    """

    __slots__ = ("carried", "sign")

    def __init__(self) -> None:
        self.sign: Sign | None = None
        self.carried = ""

    def note(self, sign: Sign, carried: str = "") -> None:
        known = self.sign
        if known is None or sign[0] > known[0]:
            self.sign, self.carried = sign, carried
        elif sign[0] == known[0]:
            earlier, same = sign[1] < known[1], sign[1] == known[1]
            if earlier or (same and (sign[2], -sign[3], carried) > (known[2], -known[3], self.carried)):
                self.sign, self.carried = sign, carried

    def is_newer_than(self, other: "Register") -> bool:
        return self.sign is not None and (other.sign is None or self.sign.contradicts(other.sign))


class _Member:
    __slots__ = ("joined", "left", "seen", "state")

    def __init__(self) -> None:
        self.seen = Register()
        self.left = Register()
        self.joined = Register()
        self.state = Register()


class _Room:
    __slots__ = ("members", "occupied", "vacated")

    def __init__(self) -> None:
        self.members: dict[str, _Member] = {}
        self.occupied = Register()
        self.vacated = Register()


class Place(NamedTuple):
    provider: str
    source: str
    channel: str


class PerfectReceiver:
    """Hand it each delivery that was acknowledged, then ask. Leases and times are milliseconds."""

    def __init__(self) -> None:
        self._rooms: dict[Place, _Room] = {}

    def receive(self, delivery: Delivery, received_at: int | None = None) -> None:
        """`received_at` is for who knows better than the delivery when it truly arrived."""
        at = delivery.received_at if received_at is None else received_at
        for event in delivery.rendered.events:
            place = Place(delivery.provider, delivery.source, event.channel)
            room = self._rooms.get(place)
            if room is None:
                room = self._rooms[place] = _Room()
            _note(room, event, Sign(event.occurred_at, at, event.position, event.resolution))

    def places(self) -> list[Place]:
        """All channels ever heard of."""
        return list(self._rooms)

    def members(self, provider: str, source: str, channel: str, now: int, lease: int) -> dict[str, Stay]:
        """Who is in a channel, and how."""
        room = self._rooms.get(Place(provider, source, channel))
        return {} if room is None else dict(_stays(room, now, lease))

    def known_members(self, place: Place) -> list[str]:
        """All of whom anything was ever heard in the channel, there or not."""
        room = self._rooms.get(place)
        return [] if room is None else list(room.members)

    def member(self, place: Place, user: str, now: int, lease: int) -> Stay | None:
        room = self._rooms.get(place)
        known = room.members.get(user) if room else None
        return _stay(room, known, now, lease) if room and known else None

    def channels(self, provider: str, source: str, now: int, lease: int) -> dict[str, Occupancy]:
        """The occupied channels of a source."""
        rooms = ((place, room) for place, room in self._rooms.items() if place[:2] == (provider, source))
        found = ((place.channel, _occupancy(room, now, lease)) for place, room in rooms)
        return {channel: occupancy for channel, occupancy in found if occupancy is not None}

    def whereabouts(self, provider: str, source: str, user: str, now: int, lease: int) -> dict[str, Stay]:
        """The channels in which a user is, and how."""
        of_source = (place for place in self._rooms if place[:2] == (provider, source))
        stays = ((place.channel, self.member(place, user, now, lease)) for place in of_source)
        return {channel: stay for channel, stay in stays if stay is not None}

    def hangs_on_order(self, place: Place, user: str) -> bool:
        """Whether two bodies say the opposite of a member at one time, so that their order of receipt decides."""
        room = self._rooms.get(place)
        member = room.members.get(user) if room else None
        if room is None or member is None:
            return False
        signs = [sign for sign in (member.seen.sign, member.joined.sign) if sign is not None]
        ends = [end for end in (member.left.sign, room.vacated.sign) if end is not None]
        return any(sign.same_time(end) for sign in signs for end in ends)


def _note(room: _Room, event: WireEvent, sign: Sign) -> None:
    kind = event.kind
    if kind == "channel_occupied":
        room.occupied.note(sign)
    elif kind == "channel_vacated" or (kind == "occupancy_reported" and event.occupancy == 0):
        room.vacated.note(sign)
    elif kind in ("joined", "state_changed", "left", "timed_out"):
        member = room.members.get(event.user)
        if member is None:
            member = room.members[event.user] = _Member()
        if kind in ("left", "timed_out"):
            member.left.note(sign)
            return
        member.seen.note(sign)
        if kind == "joined":
            member.joined.note(sign)
        if event.state is not None:
            member.state.note(sign, event.state)


def _stays(room: _Room, now: int, lease: int) -> Iterator[tuple[str, Stay]]:
    for user, member in room.members.items():
        stay = _stay(room, member, now, lease)
        if stay is not None:
            yield user, stay


def _stay(room: _Room, member: _Member, now: int, lease: int) -> Stay | None:
    seen, joined, left, vacated = member.seen, member.joined, member.left, room.vacated
    if seen.sign is None or now >= seen.sign.occurred_at + lease:
        return None
    # Who has gone comes back by a join; to be there without one, nobody must have said that the member has gone.
    if any(end.sign is not None and not joined.is_newer_than(end) for end in (left, vacated)):
        return None
    # Nothing from before it last went counts any more.
    came = joined.sign if joined.is_newer_than(left) and joined.is_newer_than(vacated) else seen.sign
    carries = member.state.is_newer_than(left) and member.state.is_newer_than(vacated)
    return Stay((came or seen.sign).occurred_at, seen.sign.occurred_at, member.state.carried if carries else None)


def _occupancy(room: _Room, now: int, lease: int) -> Occupancy | None:
    declared = room.occupied.sign if room.occupied.is_newer_than(room.vacated) else None
    since = [stay.since for _, stay in _stays(room, now, lease)]
    if not since and (room.members or declared is None or now >= declared.occurred_at + lease):
        return None  # where members are known they decide, for the word that a channel is vacated may be lost
    return Occupancy(len(since), declared.occurred_at if declared else min(since))
