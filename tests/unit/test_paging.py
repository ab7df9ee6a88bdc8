"""Pages put together are the whole answer, and cost no more than it, but for what is counted once."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.errors import InvalidParameter
from rollcall.events import Kind, PresenceEvent
from rollcall.keys import ChannelKey, SourceKey, event_channel, event_member
from rollcall.merge import member_evidence
from rollcall.read_shapes import to_cursor
from rollcall.reading import END_OF_TIME, Reading
from tools.memory_dynamodb import MemoryDynamoDB
from tools.own_rollcall import OwnRollcall
from tools.template import table_definition

NOW = 1_795_694_400_000  # Unix milliseconds
SOURCE = SourceKey("pubnub", "main")
ROOM = ChannelKey("pubnub", "main", "room")


class Metered:
    """A client that adds up the read units of queries and gets, as DynamoDB counts them."""

    def __init__(self, inner: MemoryDynamoDB) -> None:
        self._inner = inner
        self.units = 0.0

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._inner, name)
        if name not in ("query", "get_item", "batch_get_item"):
            return call

        def metered(**request: Any) -> Any:
            answer = call(**request, ReturnConsumedCapacity="TOTAL")
            consumed = answer["ConsumedCapacity"]
            self.units += sum(one["CapacityUnits"] for one in (consumed if isinstance(consumed, list) else [consumed]))
            return answer

        return metered


def _event(kind: Kind, user: str, channel: str = "room", *, before: int = 0, event_id: str = "") -> PresenceEvent:
    return PresenceEvent(
        provider="pubnub",
        source="main",
        channel=channel,
        kind=kind,
        user=user,
        occurred_at=NOW - before,
        received_at=NOW,
        event_id=event_id,
    )


def _rollcall(*events: PresenceEvent) -> tuple[Reading, Metered]:
    memory = MemoryDynamoDB()
    for name in ("Presence", "Events"):
        memory.create_table(TableName=name, **table_definition(name))
    client = Metered(memory)
    own = OwnRollcall(cast("Any", client), lambda: NOW)
    consumer = own.consumer()
    for event in events:
        consumer.directory.ensure(event_channel(event))
        if evidence := member_evidence(event):
            consumer.members.write_newer(event_member(event), evidence)
    own.log().write(events)
    client.units = 0
    return own.reading(), client


def _all(ask: Callable[[str], Any], name: str) -> list[Any]:
    found: list[Any] = []
    cursor = ""
    while True:
        page = ask(cursor)
        found += getattr(page, name)
        if page.next is None:
            return found
        cursor = page.next


_some = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 3)), max_size=25, unique_by=lambda one: one[:2]
)


@given(stays=_some, limit=st.integers(1, 7))
def test_pages_of_any_size_are_the_one_big_page(stays: list[tuple[int, int, int]], limit: int) -> None:
    events = [
        _event(Kind.LEFT if gone == 3 else Kind.JOINED, f"user-{user}", f"room-{room}#", before=gone)
        for user, room, gone in stays
    ]
    reading, _ = _rollcall(*events)
    room = ChannelKey("pubnub", "main", "room-1#")
    questions: dict[str, list[Callable[[int, str], Any]]] = {
        "members": [lambda limit, cursor: reading.members(room, limit, cursor)],
        "channels": [
            lambda limit, cursor: reading.channels(SOURCE, "", limit, cursor),
            lambda limit, cursor: reading.whereabouts(SOURCE, "user-1", limit, cursor),
        ],
        "events": [
            lambda limit, cursor: reading.events(room, 0, END_OF_TIME, limit, cursor),
            lambda limit, cursor: reading.events(room, 0, END_OF_TIME, limit, cursor, newest_first=True),
        ],
    }
    for name, asked in questions.items():
        for ask in asked:
            whole = getattr(ask(1000, ""), name)
            paged = _all(lambda cursor, ask=ask: ask(limit, cursor), name)  # type: ignore[misc]  # a default binds it
            assert sorted(map(repr, paged)) == sorted(map(repr, whole))


def test_every_page_of_members_tells_how_many_there_are_on_all_pages() -> None:
    reading, _ = _rollcall(*[_event(Kind.JOINED, f"user-{number}") for number in range(25)])
    occupancies, cursor = [], ""
    while True:
        page = reading.members(ROOM, 10, cursor)
        occupancies.append(page.occupancy)
        if page.next is None:
            break
        cursor = page.next
    assert occupancies == [25, 25, 25]


def test_a_cursor_of_before_counts_were_carried_is_taken() -> None:
    reading, _ = _rollcall(*[_event(Kind.JOINED, f"user-{number}") for number in range(25)])
    behind = f"{NOW:015d}#member#user-5#"
    assert reading.members(ROOM, 100, to_cursor(behind)).occupancy == 25


@pytest.mark.parametrize("position", ["7", "7:", "x:y", f"{'9' * 10}:{NOW:015d}#member#a#", "pubnub#main#room"])
def test_a_cursor_that_somebody_made_is_refused(position: str) -> None:
    reading, _ = _rollcall()
    with pytest.raises(InvalidParameter):
        reading.members(ROOM, 10, to_cursor(position))
    with pytest.raises(InvalidParameter):
        reading.whereabouts(SOURCE, "ann", 10, to_cursor(position))


def test_all_pages_of_a_channel_cost_as_many_times_one_page() -> None:
    reading, client = _rollcall(*[_event(Kind.JOINED, f"user-{number:04}") for number in range(5_000)])
    first = reading.members(ROOM, 100, "")
    counting, client.units = client.units, 0
    reading.members(ROOM, 100, first.next or "")
    page, client.units = client.units, 0
    assert len(_all(lambda cursor: reading.members(ROOM, 100, cursor), "members")) == 5_000
    assert client.units <= counting + 49 * page
    assert client.units <= 2.2 * 50 * (page - 1)  # two passes: one counts, the other is the pages; and the channel


def test_a_page_of_whereabouts_costs_what_it_shows() -> None:
    reading, client = _rollcall(*[_event(Kind.JOINED, "ann", f"room-{number:04}") for number in range(2_000)])
    page = reading.whereabouts(SOURCE, "ann", 100, "")
    assert (len(page.channels), page.online) == (100, True)
    assert client.units <= 210  # a member's record and a channel's for each that is shown, and some keys
    assert len(_all(lambda cursor: reading.whereabouts(SOURCE, "ann", 100, cursor), "channels")) == 2_000


def test_who_is_online_anywhere_stays_so_on_every_page() -> None:
    events = [_event(Kind.JOINED, "ann", f"room-{number}") for number in range(3)]
    reading, _ = _rollcall(*events, _event(Kind.LEFT, "ann", "room-9"))
    first = reading.whereabouts(SOURCE, "ann", 3, "")
    assert (first.online, len(first.channels)) == (True, 3)
    assert first.next is not None
    second = reading.whereabouts(SOURCE, "ann", 3, first.next)
    assert (second.online, second.last_seen, second.channels, second.next) == (True, first.last_seen, [], None)


@pytest.mark.parametrize("newest_first", [True, False])
def test_an_event_that_comes_twice_with_other_times_is_shown_once(newest_first: bool) -> None:
    events = [
        _event(Kind.JOINED, "ann", before=2, event_id="e-1"),
        _event(Kind.JOINED, "ann", before=1, event_id="e-1"),
        _event(Kind.LEFT, "ann", before=0, event_id="e-2"),
        _event(Kind.JOINED, "bob", before=3),
        _event(Kind.JOINED, "bob", before=2),
    ]
    reading, _ = _rollcall(*events)
    told = reading.events(ROOM, 0, END_OF_TIME, 100, "", newest_first=newest_first).events
    assert sorted((event.event_id, event.user) for event in told) == [
        ("", "bob"),
        ("", "bob"),
        ("e-1", "ann"),
        ("e-2", "ann"),
    ]
    (joined,) = [event for event in told if event.event_id == "e-1"]
    assert joined.occurred_at.endswith("59.998Z")


def test_a_message_gets_no_record_unless_the_source_asks_for_it() -> None:
    message = _event(Kind.MESSAGE, "ann")
    reading, _ = _rollcall(message)
    assert reading.events(ROOM, 0, END_OF_TIME, 100, "").events == []
