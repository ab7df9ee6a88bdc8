"""Who is present, by what is known and a time: the rules, one by one."""

from functools import reduce

import pytest

from rollcall.events import Kind, PresenceEvent
from rollcall.merge import Channel, Member, channel_evidence, member_evidence
from rollcall.presence import is_declared_occupied, is_present, reported_occupancy, stay

SECOND = 1_000
LEASE = 60 * SECOND
NOON = 1_795_694_400_000  # Unix milliseconds, a whole second


def _event(
    kind: Kind, after: int = 0, *, coarse: bool = False, receipt: int = 0, count: int | None = None
) -> PresenceEvent:
    """What happened `after` noon, by a clock of milliseconds or, if it is coarse, of seconds; received in this turn."""
    at = NOON + after
    return PresenceEvent(
        provider="pubnub",
        source="prod",
        channel="room",
        kind=kind,
        user="ann",
        occurred_at=at - at % SECOND if coarse else at,
        received_at=NOON + LEASE // 2 + receipt,
        resolution=SECOND if coarse else 1,
        state='"away"' if kind is Kind.STATE_CHANGED else None,
        occupancy=count,
    )


def _known(*events: PresenceEvent) -> tuple[Member, Channel]:
    members = filter(None, map(member_evidence, events))
    channels = filter(None, map(channel_evidence, events))
    return reduce(Member.merge, members, Member()), reduce(Channel.merge, channels, Channel())


def _is_there(*events: PresenceEvent, now: int = NOON + 10 * SECOND) -> bool:
    return is_present(*_known(*events), LEASE, now)


# ---- Times of two clocks -------------------------------------------------------------------------------

ENDS = (Kind.LEFT, Kind.TIMED_OUT, Kind.CHANNEL_VACATED)


@pytest.mark.parametrize("end", ENDS)
def test_a_coarse_end_within_the_second_of_a_fine_join_ends_it_if_it_was_received_later(end: Kind) -> None:
    join = _event(Kind.JOINED, 400, receipt=1)
    assert not _is_there(join, _event(end, 900, coarse=True, receipt=2))
    assert _is_there(join, _event(end, 900, coarse=True, receipt=0))


@pytest.mark.parametrize("end", ENDS)
def test_a_coarse_join_within_the_second_of_a_fine_end_counts_if_it_was_received_later(end: Kind) -> None:
    ended = _event(end, 400, receipt=1)
    assert _is_there(ended, _event(Kind.JOINED, 900, coarse=True, receipt=2))
    assert not _is_there(ended, _event(Kind.JOINED, 900, coarse=True, receipt=0))


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("coarse", [True, False])
def test_beyond_the_second_the_clocks_decide_and_not_the_receipt(end: Kind, coarse: bool) -> None:
    assert _is_there(_event(end, 999, coarse=coarse, receipt=2), _event(Kind.JOINED, 1_000, receipt=1))
    assert not _is_there(_event(Kind.JOINED, 999, receipt=2), _event(end, 1_000, coarse=coarse, receipt=1))


def test_two_fine_clocks_are_compared_to_the_millisecond() -> None:
    assert _is_there(_event(Kind.LEFT, 399, receipt=2), _event(Kind.JOINED, 400, receipt=1))


def test_a_channel_that_is_vacated_within_the_second_is_vacated_if_that_was_received_later() -> None:
    occupied = _event(Kind.CHANNEL_OCCUPIED, 400, receipt=1)
    _, channel = _known(occupied, _event(Kind.CHANNEL_VACATED, 900, coarse=True, receipt=2))
    assert not is_declared_occupied(channel, LEASE, NOON + SECOND)
    _, channel = _known(occupied, _event(Kind.CHANNEL_VACATED, 900, coarse=True, receipt=0))
    assert is_declared_occupied(channel, LEASE, NOON + SECOND)


# ---- Weak evidence -------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ENDS)
def test_a_change_of_state_brings_back_nobody_who_has_gone(end: Kind) -> None:
    join, ended = _event(Kind.JOINED), _event(end, 5 * SECOND)
    assert not _is_there(join, ended, _event(Kind.STATE_CHANGED, 6 * SECOND))
    assert not _is_there(ended, _event(Kind.STATE_CHANGED, 6 * SECOND))


def test_a_change_of_state_is_a_sign_where_nobody_says_that_the_member_left() -> None:
    assert _is_there(_event(Kind.STATE_CHANGED))


def test_a_change_of_state_prolongs_a_presence() -> None:
    join, state = _event(Kind.JOINED), _event(Kind.STATE_CHANGED, LEASE - 1)
    assert not _is_there(join, now=NOON + LEASE)
    assert _is_there(join, state, now=NOON + LEASE)
    assert _is_there(join, _event(Kind.STATE_CHANGED, 2 * LEASE), now=NOON + 2 * LEASE)


@pytest.mark.parametrize("end", ENDS)
def test_a_join_that_arrives_late_makes_an_earlier_change_of_state_count(end: Kind) -> None:
    state = _event(Kind.STATE_CHANGED, 8 * SECOND)
    member, channel = _known(_event(end, 5 * SECOND), state, _event(Kind.JOINED, 6 * SECOND))
    assert is_present(member, channel, LEASE, NOON + 8 * SECOND + LEASE - 1)
    told = stay("ann", member, channel)
    assert (told.since, told.last_seen, told.state) == (NOON + 6 * SECOND, NOON + 8 * SECOND, '"away"')


# ---- Counts --------------------------------------------------------------------------------------------


def test_a_count_of_nobody_empties_the_channel() -> None:
    assert not _is_there(_event(Kind.JOINED), _event(Kind.OCCUPANCY_REPORTED, SECOND, count=0))
    assert _is_there(_event(Kind.JOINED), _event(Kind.OCCUPANCY_REPORTED, SECOND, count=1))


@pytest.mark.parametrize("kind", [Kind.JOINED, Kind.LEFT, Kind.TIMED_OUT])
def test_the_count_that_comes_with_another_event_is_a_hint(kind: Kind) -> None:
    assert channel_evidence(_event(kind, count=0)) is None


def test_a_count_is_void_once_the_channel_was_vacated_until_the_next_count() -> None:
    counted, vacated = _event(Kind.OCCUPANCY_REPORTED, count=57), _event(Kind.CHANNEL_VACATED, 10 * SECOND)
    occupied, next_count = (
        _event(Kind.CHANNEL_OCCUPIED, 20 * SECOND),
        _event(Kind.OCCUPANCY_REPORTED, 30 * SECOND, count=3),
    )
    assert reported_occupancy(_known(counted)[1]) == 57
    assert reported_occupancy(_known(counted, vacated)[1]) is None
    assert reported_occupancy(_known(counted, vacated, occupied)[1]) is None
    assert reported_occupancy(_known(counted, vacated, occupied, next_count)[1]) == 3


def test_a_count_of_nobody_is_told_as_it_is() -> None:
    assert reported_occupancy(_known(_event(Kind.OCCUPANCY_REPORTED, count=0))[1]) == 0
