"""How many were in a channel over the last minutes, by its log of events and by how many are there now.

What is known for certain is now; the rest is told backwards from it. Its limits: who has no event in the span counts as
there all the time if there now, and else as never there, so who was emptied out by a `channel_vacated` without a word
of its own is missing before it. Who was there before the span and joined again within it counts from then on. Who came
within the span and whose lease has ended lowers the whole curve by one, until the trimmer has told the log.
"""

from collections.abc import Sequence

from rollcall.events import Kind, PresenceEvent

_GONE = {Kind.LEFT, Kind.TIMED_OUT}
_OF_A_MEMBER = {Kind.JOINED, Kind.STATE_CHANGED, *_GONE}

type _Who = tuple[str, str]
"""User and session."""


def most(events: Sequence[PresenceEvent], members_now: int, times: Sequence[int]) -> list[int]:
    """The most that were there at once, until each of `times` (Unix milliseconds, ascending) since the one before.

    The last time is now, and has how many there are now. `events` are those of one channel since the first of `times`,
    oldest first. What happens later than now, by a provider's clock that is ahead, has happened now.
    """
    now = times[-1]
    there = _there_at_the_beginning(events)
    told: list[tuple[int, int]] = []  # the number of the time, and how many of those who have events
    vacated = 0  # how much is told of before the channel was last vacated
    waiting = iter(events)
    event = next(waiting, None)
    for number, time in enumerate(times):
        told.append((number, len(there)))
        while event and (event.occurred_at <= time or time == now):
            _apply(event, there)
            if event.empties_channel:
                vacated = len(told)
            told.append((number, len(there)))
            event = next(waiting, None)
    # Of those without events nobody has stayed through a channel's being vacated.
    constant = members_now - len(there)
    found = [0] * len(times)
    for position, (number, count) in enumerate(told):
        found[number] = max(found[number], count + (constant if position >= vacated else 0))
    return [*found[:-1], members_now]


def without_repeats(oldest_first: Sequence[PresenceEvent]) -> list[PresenceEvent]:
    """The events, without those that a provider has told before under the same id: it may do so with another time."""
    first: dict[tuple[str, Kind, str, str], PresenceEvent] = {}
    return [event for event in oldest_first if not event.event_id or first.setdefault(_told(event), event) is event]


def _told(event: PresenceEvent) -> tuple[str, Kind, str, str]:
    return event.event_id, event.kind, event.user, event.session


def _there_at_the_beginning(events: Sequence[PresenceEvent]) -> set[_Who]:
    """Whose first event is not that it came."""
    first: dict[_Who, Kind] = {}
    for event in events:
        if event.kind in _OF_A_MEMBER:
            first.setdefault((event.user, event.session), event.kind)
    return {who for who, kind in first.items() if kind is not Kind.JOINED}


def _apply(event: PresenceEvent, there: set[_Who]) -> None:
    if event.kind is Kind.JOINED:  # who changes a state is there already, or has gone and stays so
        there.add((event.user, event.session))
    elif event.kind in _GONE:
        there.discard((event.user, event.session))
    elif event.empties_channel:
        there.clear()
