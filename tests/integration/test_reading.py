"""Answers come in pages that Lambda can send, and cursors of other questions do no harm."""

import json
from collections.abc import Iterator

import pytest

from rollcall.errors import InvalidParameter
from rollcall.keys import ARRIVAL, ChannelKey, SourceKey
from rollcall.read_shapes import from_cursor, to_cursor
from tests.integration.tables import Clockwork, clockwork

ROOM = ChannelKey("pubnub", "main", "room")
MAIN = SourceKey("pubnub", "main")
LAMBDA_ANSWERS = 6_000_000  # bytes at most


@pytest.fixture
def rollcall() -> Iterator[Clockwork]:
    with clockwork() as made:
        yield made


def state_changes(rollcall: Clockwork, users: int, state: str) -> None:
    items = [
        {"action": "state-change", "channel": "room", "uuid": f"user-{n:03}", "timestamp": rollcall.time, "data": state}
        for n in range(users)
    ]
    assert rollcall.receive(json.dumps(items).encode()).errors == []


@pytest.mark.parametrize("question", ["members", "events"])
def test_a_page_of_large_states_fits_into_an_answer_of_lambdas(rollcall: Clockwork, question: str) -> None:
    state_changes(rollcall, users=70, state="x" * 100_000)
    users: list[str] = []
    cursor = ""
    while True:
        page = (
            rollcall.reading.members(ROOM, 1000, cursor)
            if question == "members"
            else rollcall.reading.events(ROOM, 0, 10**15 - 1, 1000, cursor)
        )
        assert len(page.model_dump_json()) < LAMBDA_ANSWERS
        users += [json.loads(one.model_dump_json())["user"] for one in getattr(page, question)]
        if page.next is None:
            break
        cursor = page.next
    assert len(users) == len(set(users)) == 70


def test_a_cursor_from_beyond_the_end_is_an_empty_answer(rollcall: Clockwork) -> None:
    state_changes(rollcall, users=3, state="x")
    beyond = rollcall.reading.events(ROOM, 0, 10**15 - 1, 2, "").next
    assert beyond is not None
    assert rollcall.reading.events(ROOM, 0, rollcall.time - 1000, 2, beyond).events == []


def test_a_listing_goes_on_behind_channels_that_are_empty(rollcall: Clockwork) -> None:
    for number in range(12):
        for action in ("join", "leave") if number % 3 else ("join",):
            event = {"action": action, "channel": f"room-{number:02}", "uuid": "ann", "timestamp": rollcall.time}
            rollcall.receive(json.dumps(event).encode())
            rollcall.time += 1
    names: list[str] = []
    cursor = ""
    while True:
        page = rollcall.reading.channels(MAIN, "room", 2, cursor)
        names += [channel.channel for channel in page.channels]
        if page.next is None:
            break
        cursor = page.next
    assert names == ["room-00", "room-03", "room-06", "room-09"]


@pytest.mark.parametrize(
    "cursor", ["é", "x", to_cursor("another question"), to_cursor(f"{7:015d}#member#" + "x" * 2000)]
)
def test_a_cursor_that_no_answer_gave_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidParameter):
        from_cursor(cursor, like=ARRIVAL)
