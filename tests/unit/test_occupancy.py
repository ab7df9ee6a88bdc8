"""The curve of a channel is what the registers would have told at each moment, as far as the log reaches."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.events import Kind, PresenceEvent
from rollcall.occupancy import most

BEGIN, STEPS = 100, 10
TIMES = range(BEGIN, BEGIN + STEPS + 1)
NOW = TIMES[-1]
USERS = "abcd"


def event(at: int, kind: Kind, user: str = "") -> PresenceEvent:
    return PresenceEvent(
        provider="pubnub", source="main", channel="room", kind=kind, user=user, occurred_at=at, received_at=at
    )


def joined(at: int, user: str) -> PresenceEvent:
    return event(at, Kind.JOINED, user)


def left(at: int, user: str) -> PresenceEvent:
    return event(at, Kind.LEFT, user)


# ---- A channel of which everything is told -------------------------------------------------------------


@dataclass(frozen=True)
class Story:
    """Who was there when it began, and what really happened then: each user comes only when away, and goes when there.

    Before the word that the channel was vacated comes a word of each of those who were there.
    """

    there: frozenset[str]
    events: tuple[PresenceEvent, ...]

    def most(self, after: int, until: int) -> int:
        """By counting after each event of the time."""
        there = set(self.there)
        counted = {BEGIN - 1: [len(there)]}  # by the moment
        for happened in self.events:
            (there.add if happened.kind is Kind.JOINED else there.discard)(happened.user)
            counted.setdefault(happened.occurred_at, []).append(len(there))
        at_first = counted[max(moment for moment in counted if moment <= after)][-1]
        return max([at_first, *(one for moment in counted if after < moment <= until for one in counted[moment])])


@st.composite
def stories(draw: st.DrawFn) -> Story:
    begin = draw(st.frozensets(st.sampled_from(USERS)))
    there, events = set(begin), []
    for at in sorted(draw(st.lists(st.integers(BEGIN, NOW), max_size=12))):
        user = draw(st.sampled_from([*USERS, ""]))
        if not user:
            events += [left(at, gone) for gone in sorted(there)] + [event(at, Kind.CHANNEL_VACATED)]
            there.clear()
        elif user in there:
            kind = draw(st.sampled_from((Kind.LEFT, Kind.TIMED_OUT)))
            events.append(event(at, kind, user))
            there.remove(user)
        else:
            events.append(joined(at, user))
            there.add(user)
    return Story(begin, tuple(events))


@given(stories(), st.integers(1, STEPS))
def test_where_every_coming_and_going_is_logged_the_curve_is_the_truth(story: Story, step: int) -> None:
    times = [*range(BEGIN, NOW, step), NOW]
    told = most(story.events, story.most(NOW, NOW), times)
    spans = pairwise([BEGIN - 1, *times[:-1]])
    assert told == [*(story.most(after, until) for after, until in spans), story.most(NOW, NOW)]


def test_who_came_and_went_between_two_times_is_seen() -> None:
    happened = [joined(101, "a"), joined(101, "b"), left(102, "a"), left(103, "b")]
    assert most(happened, 0, [100, 105, 110]) == [0, 2, 0]


# ---- Whatever is told ----------------------------------------------------------------------------------

EVENTS = st.lists(
    st.builds(event, st.integers(BEGIN, NOW + 5), st.sampled_from(Kind), st.sampled_from(USERS)), max_size=12
).map(lambda events: sorted(events, key=lambda one: one.occurred_at))


@given(EVENTS, st.integers(0, 6))
def test_the_curve_ends_with_what_is_known_of_now_and_is_never_below_zero(
    events: Sequence[PresenceEvent], now: int
) -> None:
    told = most(events, now, TIMES)
    assert len(told) == len(TIMES)
    assert told[-1] == now
    assert min(told) >= 0


@given(EVENTS, st.integers(0, 6), st.integers(1, 5))
def test_those_without_events_are_there_all_the_time(events: Sequence[PresenceEvent], now: int, more: int) -> None:
    silent = [one for one in events if one.kind is not Kind.CHANNEL_VACATED]
    there = sum(one.kind in (Kind.JOINED, Kind.STATE_CHANGED) for one in events)
    fewer = most(silent, now + there, TIMES)
    assert most(silent, now + there + more, TIMES) == [count + more for count in fewer]


def test_without_events_it_is_as_it_is_now() -> None:
    assert most([], 3, TIMES) == [3] * len(TIMES)


@pytest.mark.parametrize(
    ("first", "before"), [(Kind.JOINED, 0), (Kind.LEFT, 1), (Kind.TIMED_OUT, 1), (Kind.STATE_CHANGED, 1)]
)
def test_who_does_anything_but_come_was_there_before(first: Kind, before: int) -> None:
    present = int(first in (Kind.JOINED, Kind.STATE_CHANGED))
    assert most([event(105, first, "a")], present, TIMES) == [before] * 5 + [max(before, present)] + [present] * 5


def test_a_vacated_channel_is_empty_though_nobody_said_that_they_went() -> None:
    happened = [joined(101, "a"), joined(102, "b"), event(104, Kind.CHANNEL_VACATED), joined(107, "a")]
    assert most(happened, 1, TIMES) == [0, 1, 2, 2, 2, 0, 0, 1, 1, 1, 1]


def test_who_is_there_without_an_event_has_come_after_the_channel_was_vacated() -> None:
    happened = [joined(101, "a"), event(104, Kind.CHANNEL_VACATED)]
    assert most(happened, 2, TIMES) == [0, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2]


def test_a_lease_that_ended_untold_lowers_the_curve_and_not_below_zero() -> None:
    assert most([joined(105, "a")], 0, TIMES) == [0] * len(TIMES)


def test_what_happens_ahead_of_time_has_happened_now() -> None:
    assert most([joined(NOW + 3, "a")], 1, TIMES) == [0] * STEPS + [1]


def test_connections_of_a_user_are_told_apart() -> None:
    one, two = (
        PresenceEvent(
            provider="p",
            source="s",
            channel="c",
            kind=Kind.JOINED,
            user="a",
            session=session,
            occurred_at=at,
            received_at=at,
        )
        for session, at in (("1", 101), ("2", 103))
    )
    assert most([one, two], 2, TIMES) == [0, 1, 1, *[2] * 8]
