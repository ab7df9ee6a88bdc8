"""Several writers of one record at once: whoever comes between two steps of another, nothing is lost."""

from collections import deque
from collections.abc import Sequence
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.converge import converge
from rollcall.errors import Unavailable
from rollcall.merge import Channel, Member, Stamp, stamps
from tests.fakes import Contended, MemoryRegisters, contended
from tests.histories import CHANNELS, MEMBERS

KEY = "the record that all of them write"

_MEMBERS = MEMBERS.filter(stamps)
_CHANNELS = CHANNELS.filter(stamps)


@given(st.lists(_MEMBERS, min_size=1, max_size=3), st.lists(st.none() | _MEMBERS, max_size=9))
def test_writers_of_one_member_at_once_lose_nothing(own: list[Member], rivals: list[Member | None]) -> None:
    assert _written(Member(), own, rivals) == reduce(Member.merge, [*own, *filter(None, rivals)])


@given(st.lists(_CHANNELS, min_size=1, max_size=3), st.lists(st.none() | _CHANNELS, max_size=9))
def test_writers_of_one_channel_at_once_lose_nothing(own: list[Channel], rivals: list[Channel | None]) -> None:
    assert _written(Channel(), own, rivals) == reduce(Channel.merge, [*own, *filter(None, rivals)])


@given(st.lists(_MEMBERS, min_size=1, max_size=4))
def test_what_the_record_knows_is_not_written_again(known: list[Member]) -> None:
    registers = MemoryRegisters[str, Member](Member())
    for member in known:
        converge(registers, KEY, member)
    watched = Contended(registers, deque())
    assert not any(converge(watched, KEY, member) for member in known)
    assert set(watched.steps) == {"write_newer"}


def test_a_writer_that_always_comes_too_late_gives_up_and_harms_nothing() -> None:
    rivals = [Member(seen=Stamp(time, time, 0)) for time in range(2, 50)]
    stored = MemoryRegisters[str, Member](Member())
    registers = Contended(stored, deque[Member | None](rivals))
    late = Member(left=Stamp(1, 1, 0))
    with pytest.raises(Unavailable):
        converge(registers, KEY, late)
    written = rivals[: len(registers.steps)]
    assert stored.records[KEY] == reduce(Member.merge, written)

    registers.rivals.clear()
    assert converge(registers, KEY, late)
    assert stored.records[KEY] == reduce(Member.merge, written, late)


def _written[Evidence: (Member, Channel)](
    nothing: Evidence, own: Sequence[Evidence], rivals: Sequence[Evidence | None]
) -> Evidence:
    stored = MemoryRegisters[str, Evidence](nothing)
    contended(stored, KEY, own, rivals)
    return stored.records[KEY]
