"""Who is where, told from all the events that ever came, by the rules as the design states them.

It is slow and knows nothing of registers, merging or tables: it groups the events, looks through all of them, and
answers. What Rollcall answers must be the same.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from rollcall.events import Kind, PresenceEvent


class Place(NamedTuple):
    """A channel at a provider, in one source."""

    provider: str
    source: str
    channel: str


@dataclass(frozen=True)
class Presence:
    user: str
    session: str
    since: int
    last_seen: int
    state: str | None


@dataclass(frozen=True)
class Answer:
    """What is true of one channel at one time."""

    members: tuple[Presence, ...]
    declared_occupied: bool
    reported_occupancy: int | None
    occupied_since: int | None


def places(events: Iterable[PresenceEvent]) -> set[Place]:
    return {Place(event.provider, event.source, event.channel) for event in events}


def answer(events: Iterable[PresenceEvent], place: Place, lease: int, now: int) -> Answer:
    here = [event for event in events if Place(event.provider, event.source, event.channel) == place]
    vacated = _newest(event for event in here if _says_nobody_is_there(event))
    occupied = _newest(event for event in here if event.kind is Kind.CHANNEL_OCCUPIED)
    counted = _newest(
        (event for event in here if event.kind is Kind.OCCUPANCY_REPORTED and event.occupancy is not None),
        what=lambda event: event.occupancy or 0,
    )
    members = [
        presence
        for user, session in sorted({(event.user, event.session) for event in here if event.user})
        if (presence := _presence(here, user, session, vacated, lease, now))
    ]
    if counted and vacated and _is_newer(vacated, counted):
        counted = None  # it counted those who are gone
    if occupied and not _is_newer(occupied, vacated):
        occupied = None  # the provider has taken its word back
    return Answer(
        members=tuple(members),
        declared_occupied=occupied is not None and now < occupied.occurred_at + lease,
        reported_occupancy=counted.occupancy if counted else None,
        # By the provider's word; without one, the members tell.
        occupied_since=occupied.occurred_at if occupied else min((member.since for member in members), default=None),
    )


def log(events: Iterable[PresenceEvent]) -> set[PresenceEvent]:
    """Each event once, however often it came: a retry differs by its receipt, a repeated id by its place as well.

    How fine its clock was is no part of what happened.
    """
    return {
        replace(event, received_at=0, resolution=1, position=0 if event.event_id else event.position)
        for event in events
    }


def _presence(
    here: list[PresenceEvent], user: str, session: str, vacated: PresenceEvent | None, lease: int, now: int
) -> Presence | None:
    own = [event for event in here if event.user == user and event.session == session]
    seen = _newest(event for event in own if event.kind in (Kind.JOINED, Kind.STATE_CHANGED))
    left = _newest(event for event in own if event.kind in (Kind.LEFT, Kind.TIMED_OUT))
    if seen is None or now >= seen.occurred_at + lease:
        return None
    joined = _newest(event for event in own if event.kind is Kind.JOINED)
    # A change of state proves a presence that nothing contradicts; after an end of it only a join does.
    if any(end and not (joined and _is_newer(joined, end)) for end in (left, vacated)):
        return None
    told = _newest(
        (event for event in own if event.kind in (Kind.JOINED, Kind.STATE_CHANGED) and event.state is not None),
        what=lambda event: event.state or "",
    )
    # Nothing from before it last went, or the channel was vacated, counts any more.
    came = joined if joined and _is_newer(joined, left) and _is_newer(joined, vacated) else seen
    current = told if told and _is_newer(told, left) and _is_newer(told, vacated) else None
    return Presence(user, session, came.occurred_at, seen.occurred_at, current.state if current else None)


def _newest(
    events: Iterable[PresenceEvent], what: Callable[[PresenceEvent], int | str] = lambda _event: 0
) -> PresenceEvent | None:
    """The newest of the events that tell one thing.

    Of one time the first received is kept, for a later receipt is a retry; and in one body the last, for those are two
    events. Two bodies received in one millisecond may tell `what` differently at one time and place: then the one of
    the finer clock, then the greater one.
    """
    candidates = list(events)
    if not candidates:
        return None
    latest = max(event.occurred_at for event in candidates)
    candidates = [event for event in candidates if event.occurred_at == latest]
    first = min(event.received_at for event in candidates)
    candidates = [event for event in candidates if event.received_at == first]
    last = max(event.position for event in candidates)
    candidates = [event for event in candidates if event.position == last]
    finest = min(event.resolution for event in candidates)
    return max((event for event in candidates if event.resolution == finest), key=what)


def _says_nobody_is_there(event: PresenceEvent) -> bool:
    return event.kind is Kind.CHANNEL_VACATED or (event.kind is Kind.OCCUPANCY_REPORTED and event.occupancy == 0)


def _is_newer(sign: PresenceEvent, end: PresenceEvent | None) -> bool:
    """Whether a sign of presence came after the end of it; what stands level in all respects has ended.

    Two clocks are compared as if both were as coarse as the coarser one.
    """
    if end is None:
        return True
    tick = max(sign.resolution, end.resolution)
    if sign.occurred_at // tick != end.occurred_at // tick:
        return sign.occurred_at // tick > end.occurred_at // tick
    if sign.received_at != end.received_at:
        return sign.received_at > end.received_at
    return sign.position > end.position
