"""How many were in a channel over the last minutes, by its log of events and by how many are there now.

What is known for certain is now; the rest is told backwards from it. Its limits: who has no event in the span counts as
there all the time if there now, and else as never there, so who was emptied out by a `channel_vacated` without a word
of its own is missing before it. Who was there before the span and joined again within it counts from then on. A lease
that has ended counts until the trimmer has told the log, and then back to when it ended.
"""

from collections.abc import Sequence

from rollcall.events import Kind, PresenceEvent

_THERE = {Kind.JOINED, Kind.STATE_CHANGED}
_GONE = {Kind.LEFT, Kind.TIMED_OUT}
_OF_A_MEMBER = _THERE | _GONE

type _Who = tuple[str, str]
"""User and session."""


def counts(events: Sequence[PresenceEvent], members_now: int, times: Sequence[int]) -> list[int]:
    """The occupancy at each of `times` (Unix milliseconds, ascending); the last of them is now.

    `events` are those of one channel since the first of `times`, oldest first. What happens later than now, by a
    provider's clock that is ahead, has happened now.
    """
    now = times[-1]
    there = _there_at_the_beginning(events)
    told: list[int] = []  # of those who have events, at each time
    vacated = 0  # how many of the times lie before the channel was last vacated
    waiting = iter(events)
    event = next(waiting, None)
    for time in times:
        while event and (event.occurred_at <= time or time == now):
            if event.kind is Kind.CHANNEL_VACATED:
                vacated = len(told)
            _apply(event, there)
            event = next(waiting, None)
        told.append(len(there))
    # Of those without events nobody has stayed through a channel's being vacated.
    constant = members_now - told[-1]
    return [max(0, count + (constant if number >= vacated else 0)) for number, count in enumerate(told)]


def _there_at_the_beginning(events: Sequence[PresenceEvent]) -> set[_Who]:
    """Whose first event is not that it came."""
    first: dict[_Who, Kind] = {}
    for event in events:
        if event.kind in _OF_A_MEMBER:
            first.setdefault((event.user, event.session), event.kind)
    return {who for who, kind in first.items() if kind is not Kind.JOINED}


def _apply(event: PresenceEvent, there: set[_Who]) -> None:
    if event.kind in _THERE:
        there.add((event.user, event.session))
    elif event.kind in _GONE:
        there.discard((event.user, event.session))
    elif event.kind is Kind.CHANNEL_VACATED:
        there.clear()
