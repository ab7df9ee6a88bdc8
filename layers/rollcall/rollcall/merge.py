"""What Rollcall remembers of a member and of a channel, and how two memories become one.

Every register keeps the newest evidence of one thing, by a total order, so merging is a maximum: commutative,
associative and idempotent. Webhooks may come twice, late, in any order and in any batches: the same evidence always
leaves the same registers.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import NamedTuple, Self

from rollcall.events import Kind, PresenceEvent


class Stamp(NamedTuple):
    """When an event happened, when it was received (both Unix milliseconds), and where in its body it stood.

    `resolution` is that of the clock that told when it happened, in milliseconds: whatever happened between `begin` and
    `end` carries this stamp.
    """

    occurred_at: int
    received_at: int
    position: int
    resolution: int = 1

    @property
    def begin(self) -> int:
        return self.occurred_at - self.occurred_at % self.resolution

    @property
    def end(self) -> int:
        return self.begin + self.resolution - 1

    def is_newer_than(self, other: "Stamp | None") -> bool:
        """The order *between* registers: whether this contradicts the other, or all if there is no other.

        A clock of whole seconds cannot say what came first within one, so times compare at the coarser of the two
        resolutions. Where they are equal the later receipt decides, then the later position in the body.
        """
        if other is None:
            return True
        coarser = max(self.resolution, other.resolution)
        own, others = self.occurred_at // coarser, other.occurred_at // coarser
        return (own, self.received_at, self.position) > (others, other.received_at, other.position)

    def ties_with(self, other: "Stamp | None") -> bool:
        """Whether only the receipt says which of the two is newer."""
        if other is None:
            return False
        coarser = max(self.resolution, other.resolution)
        return self.occurred_at // coarser == other.occurred_at // coarser


class State(NamedTuple):
    """The data that a member carries, as JSON text."""

    stamp: Stamp
    data: str


class Count(NamedTuple):
    """An occupancy that the provider reported."""

    stamp: Stamp
    members: int


@dataclass(frozen=True, slots=True)
class Member:
    """The evidence about one member: the newest sign of it, that it has gone, that it came, what it carries.

    A join is strong evidence, and speaks of `seen` and `joined`. A change of its state is weak: it prolongs a presence,
    and contradicts nothing, so it speaks of `seen` alone.
    """

    seen: Stamp | None = None
    left: Stamp | None = None
    joined: Stamp | None = None
    state: State | None = None

    def merge(self, other: Self) -> Self:
        return type(self)(
            seen=_newest(self.seen, other.seen, _rank),
            left=_newest(self.left, other.left, _rank),
            joined=_newest(self.joined, other.joined, _rank),
            state=_newest(self.state, other.state, _rank_of_valued),
        )


@dataclass(frozen=True, slots=True)
class Channel:
    """The evidence about one channel as a whole."""

    occupied: Stamp | None = None
    vacated: Stamp | None = None
    reported: Count | None = None

    def merge(self, other: Self) -> Self:
        return type(self)(
            occupied=_newest(self.occupied, other.occupied, _rank),
            vacated=_newest(self.vacated, other.vacated, _rank),
            reported=_newest(self.reported, other.reported, _rank_of_valued),
        )


def member_evidence(event: PresenceEvent) -> Member | None:
    """What an event says of its member; `None` where it says nothing of one."""
    stamp = _stamp(event)
    match event.kind:
        case Kind.JOINED:
            return Member(seen=stamp, joined=stamp, state=_state(event))
        case Kind.STATE_CHANGED:
            return Member(seen=stamp, state=_state(event))
        case Kind.LEFT | Kind.TIMED_OUT:
            return Member(left=stamp)
        case _:
            return None


def channel_evidence(event: PresenceEvent) -> Channel | None:
    """What an event says of its channel as a whole; `None` where it says nothing of it.

    The occupancy that providers add to joins and leaves is not taken: it would cost a write of the channel's record
    with each of them, for a hint.
    """
    stamp = _stamp(event)
    match event.kind:
        case Kind.CHANNEL_OCCUPIED:
            return Channel(occupied=stamp)
        case Kind.CHANNEL_VACATED:
            return Channel(vacated=stamp)
        case Kind.OCCUPANCY_REPORTED if event.occupancy is not None:
            # A count of nobody names everybody: it is the word that the channel was vacated.
            return Channel(reported=Count(stamp, event.occupancy), vacated=stamp if event.empties_channel else None)
        case _:
            return None


def stamps(evidence: Member | Channel) -> list[Stamp]:
    """The stamps of all the registers that hold something."""
    values = [getattr(evidence, field.name) for field in fields(evidence)]
    return [value if isinstance(value, Stamp) else value.stamp for value in values if value is not None]


def _stamp(event: PresenceEvent) -> Stamp:
    return Stamp(event.occurred_at, event.received_at, event.position, event.resolution)


def _state(event: PresenceEvent) -> State | None:
    return None if event.state is None else State(_stamp(event), event.state)


def _rank(stamp: Stamp) -> tuple[int, int, int, int]:
    """The order *within* a register: of equal times the first received is kept, for a later receipt is a retry;
    within one body the last position, for those are two events.

    It is total, or merging would depend on the order: so resolutions count only where all else is equal.
    """
    return stamp.occurred_at, -stamp.received_at, stamp.position, -stamp.resolution


def _rank_of_valued(value: State | Count) -> tuple[tuple[int, int, int, int], object]:
    # The value itself comes last, so that even two bodies of the same millisecond cannot make the order matter.
    return _rank(value.stamp), value[1]


def _newest[T](one: T | None, other: T | None, rank: Callable[[T], tuple[object, ...]]) -> T | None:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other, key=rank)
