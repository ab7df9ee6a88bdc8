"""What DynamoDB leaves over of a request is asked for again, after a while that grows; nothing of it is lost."""

from typing import TYPE_CHECKING, Any, cast

import pytest

from rollcall.aws import attempts
from rollcall.errors import Unavailable
from rollcall.event_log import EventLog
from rollcall.events import Kind, PresenceEvent
from rollcall.keys import SourceKey, event_channel, event_member
from rollcall.merge import Member, member_evidence
from rollcall.presence_reader import PresenceReader
from rollcall.presence_table import RegistersTable
from rollcall.records import MEMBERS
from tools.faulty_client import Fault, Faults, FaultyClient
from tools.memory_dynamodb import MemoryDynamoDB
from tools.own_rollcall import tables_in_memory, usual_retention

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

AT = 1_800_000_000_000  # Unix milliseconds
MAIN = SourceKey("pusher", "main")


def joined(number: int) -> PresenceEvent:
    return PresenceEvent(
        provider=MAIN.provider,
        source=MAIN.source,
        channel=f"room-{number}",
        kind=Kind.JOINED,
        user="ann",
        occurred_at=AT,
        received_at=AT,
        position=number,
    )


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def memory() -> MemoryDynamoDB:
    return tables_in_memory()


def partly(memory: MemoryDynamoDB, calls: range) -> "DynamoDBClient":
    """A client by which only the first half of these calls is done."""
    return FaultyClient(memory, Faults(dict.fromkeys(calls, Fault.PARTLY).get)).as_boto3


def logged(memory: MemoryDynamoDB) -> int:
    return sum("kind" in item for item in memory.scan(TableName="Events")["Items"])


@pytest.mark.parametrize("times", [0, 1, 3])  # whereupon nothing is left of a dozen
def test_half_of_a_batch_of_the_log_that_was_left_unprocessed_is_written(
    memory: MemoryDynamoDB, slept: list[float], times: int
) -> None:
    log = EventLog(partly(memory, range(times)), "Events", usual_retention, lambda: AT, sleep=slept.append)
    log.write(map(joined, range(12)))
    assert logged(memory) == 12
    assert len(slept) == times


class Full:
    """A DynamoDB that does nothing of what it is asked."""

    def batch_write_item(self, **request: Any) -> Any:
        return {"UnprocessedItems": request["RequestItems"]}


def test_what_is_left_over_of_the_log_every_time_comes_again_with_its_webhook(slept: list[float]) -> None:
    log = EventLog(cast("Any", Full()), "Events", usual_retention, lambda: AT, sleep=slept.append)
    with pytest.raises(Unavailable):
        log.write([joined(1)])
    assert len(slept) == 4


@pytest.mark.parametrize("times", [0, 1, 3])  # whereupon nothing is left of a dozen
def test_half_of_the_records_that_was_left_unprocessed_is_read(
    memory: MemoryDynamoDB, slept: list[float], times: int
) -> None:
    members = RegistersTable(memory.as_boto3, "Presence", MEMBERS, usual_retention)
    for event in map(joined, range(12)):
        members.write_newer(event_member(event), member_evidence(event) or Member())
    # The first call asks the index for the keys.
    reader = PresenceReader(partly(memory, range(1, 1 + times)), "Presence", sleep=slept.append)
    places = {
        place.channel_key: place.member.seen is not None
        for place in reader.places(list(reader.channels_of(MAIN, "ann")))
    }
    assert places == {event_channel(joined(number)): True for number in range(12)}
    assert len(slept) == times


def test_records_that_are_left_over_every_time_are_no_answer(memory: MemoryDynamoDB, slept: list[float]) -> None:
    members = RegistersTable(memory.as_boto3, "Presence", MEMBERS, usual_retention)
    for event in map(joined, range(64)):  # so many that five times half of the rest is not all
        members.write_newer(event_member(event), member_evidence(event) or Member())
    reader = PresenceReader(partly(memory, range(1, 6)), "Presence", sleep=slept.append)
    with pytest.raises(Unavailable):
        reader.places(list(reader.channels_of(MAIN, "ann")))


def test_each_wait_is_chosen_from_a_time_twice_as_long() -> None:
    waits: list[list[float]] = [[], [], [], []]
    for _ in range(100):
        slept: list[float] = []
        assert list(attempts(slept.append)) == [0, 1, 2, 3, 4]
        for wait, so_far in zip(slept, waits, strict=True):
            so_far.append(wait)
    for drawn, longest in zip(waits, (0.1, 0.2, 0.4, 0.8), strict=True):
        assert 0 <= min(drawn) < longest / 2 < max(drawn) <= longest
