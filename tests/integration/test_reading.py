"""Answers come in pages that Lambda can send, and cursors of other questions do no harm."""

import json
from itertools import batched

import pytest

from rollcall.errors import InvalidParameter
from rollcall.keys import ARRIVAL, SourceKey
from rollcall.read_shapes import from_cursor, to_cursor
from rollcall.reading import END_OF_TIME
from rollcall.timestamps import to_iso
from tests.integration.tables import LEASE, MINUTE, ROOM, Clockwork

MAIN = SourceKey("pubnub", "main")
LAMBDA_ANSWERS = 6_291_556  # bytes at most, of the answer in which the body is a text
LARGE = 100_000  # bytes


def state_changes(rollcall: Clockwork, users: int, state: object) -> None:
    items = [
        {"action": "state-change", "channel": "room", "uuid": f"user-{n:03}", "timestamp": rollcall.time, "data": state}
        for n in range(users)
    ]
    for some in batched(items, 20, strict=False):  # so that each body is within its bound
        outcome = rollcall.receive(json.dumps(some).encode())
        assert (outcome.errors, outcome.parked) == ([], {})


@pytest.mark.parametrize("question", ["members", "events"])
@pytest.mark.parametrize(
    "state",
    ["x" * LARGE, [""] * (LARGE // 3), "\0" * (LARGE // 6), "é" * (LARGE // 6), "\ud800" * (LARGE // 6)],
    ids=["letters", "quotes", "control characters", "beyond ASCII", "halves of characters"],
)
def test_a_page_of_large_states_fits_into_an_answer_of_lambdas(
    rollcall: Clockwork, question: str, state: object
) -> None:
    state_changes(rollcall, users=70, state=state)
    users: list[str] = []
    cursor = ""
    while True:
        page = (
            rollcall.reading.members(ROOM, 1000, cursor)
            if question == "members"
            else rollcall.reading.events(ROOM, 0, 10**15 - 1, 1000, cursor)
        )
        body = json.dumps(page.model_dump(), separators=(",", ":"))
        assert len(json.dumps({"body": body})) < LAMBDA_ANSWERS - 1_000  # the rest is for headers
        users += [one.user for one in getattr(page, question)]
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


def test_the_newest_events_come_first_page_by_page_if_asked_so(rollcall: Clockwork) -> None:
    items = [
        {"action": "join", "channel": "room", "uuid": f"user-{n}", "timestamp": rollcall.time - 1000 * (n // 3)}
        for n in range(20)
    ]
    rollcall.receive(json.dumps(items).encode())
    oldest_first = [event.user for event in rollcall.reading.events(ROOM, 0, END_OF_TIME, 100, "").events]
    users: list[str] = []
    cursor = ""
    while True:
        page = rollcall.reading.events(ROOM, 0, END_OF_TIME, 7, cursor, newest_first=True)
        users += [event.user for event in page.events]
        if page.next is None:
            break
        cursor = page.next
    assert users == oldest_first[::-1]
    assert len(set(users)) == 20


def test_the_newest_events_are_those_before_the_last_moment_and_since_the_first(rollcall: Clockwork) -> None:
    for at in (10_000, 20_000, 30_000):
        event = {"action": "join", "channel": "room", "uuid": str(at), "timestamp": rollcall.time - 60_000 + at}
        rollcall.receive(json.dumps(event).encode())
    begin, end = rollcall.time - 60_000 + 10_000, rollcall.time - 60_000 + 30_000
    told = rollcall.reading.events(ROOM, begin, end, 100, "", newest_first=True)
    assert [event.user for event in told.events] == ["20000", "10000"]


def on_the_minute(rollcall: Clockwork) -> int:
    rollcall.time -= rollcall.time % MINUTE
    return rollcall.time


def test_the_curve_of_a_channel_ends_now_with_whoever_is_there(rollcall: Clockwork) -> None:
    begin = on_the_minute(rollcall)
    for minute, (action, user) in enumerate((("join", "ann"), ("join", "ben"), ("leave", "ann"))):
        rollcall.time = begin + minute * MINUTE
        event = {"action": action, "channel": "room", "uuid": user, "timestamp": rollcall.time}
        rollcall.receive(json.dumps(event).encode())
    rollcall.time = begin + 58 * MINUTE
    told = rollcall.reading.occupancy(ROOM, 60)
    assert told.occupancy == [0, 1, 2, 2, *[1] * 57]  # on the minute at which ann went there still were two
    assert told.complete
    assert told.model_dump(by_alias=True)["from"] == to_iso(begin - MINUTE)
    assert told.until == to_iso(rollcall.time)
    rollcall.time = begin + 2 * LEASE  # nobody is there any more, though no trimmer has run
    assert rollcall.reading.occupancy(ROOM, 60).occupancy == [0] * 61


def test_the_past_looks_the_same_whenever_it_is_asked_for(rollcall: Clockwork) -> None:
    begin = on_the_minute(rollcall)
    for second, (action, user) in enumerate((("join", "ann"), ("join", "ben"), ("leave", "ann"), ("leave", "ben"))):
        rollcall.time = begin + second * 1000
        event = {"action": action, "channel": "room", "uuid": user, "timestamp": rollcall.time}
        rollcall.receive(json.dumps(event).encode())
    seen = set()
    for second in (61, 70, 95, 119):
        rollcall.time = begin + second * 1000
        seen.add(tuple(rollcall.reading.occupancy(ROOM, 60).occupancy))
    assert [max(told) for told in seen] == [2]


@pytest.mark.parametrize(
    ("settings", "minutes", "complete"),
    [
        ({"log_events": False}, 1, False),
        ({"event_retention_minutes": 30}, 30, True),
        ({"event_retention_minutes": 30}, 31, False),
        ({"event_retention_minutes": 30, "trim_events": False}, 31, True),
    ],
)
def test_a_curve_is_complete_as_far_as_the_log_is_kept(
    rollcall: Clockwork, settings: dict[str, int], minutes: int, complete: bool
) -> None:
    rollcall.retention = rollcall.retention.model_copy(update=settings)
    assert rollcall.reading.occupancy(ROOM, minutes).complete == complete


def test_of_more_events_than_are_read_the_curve_follows_the_newest(
    rollcall: Clockwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rollcall.reading._MOST_EVENTS", 4)
    begin = on_the_minute(rollcall)
    for minute in range(6):
        rollcall.time = begin + minute * MINUTE
        event = {"action": "join", "channel": "room", "uuid": f"user-{minute}", "timestamp": rollcall.time}
        rollcall.receive(json.dumps(event).encode())
    told = rollcall.reading.occupancy(ROOM, 60)
    assert not told.complete
    assert told.occupancy[-5:] == [3, 4, 5, 6, 6]
    assert rollcall.reading.occupancy(ROOM, 3).complete


def test_of_states_too_large_to_be_read_the_curve_follows_the_newest_events(rollcall: Clockwork) -> None:
    state_changes(rollcall, users=70, state="x" * 100_000)
    told = rollcall.reading.occupancy(ROOM, 60)
    assert (told.complete, told.occupancy[-1]) == (False, 70)
