"""Each fault does to a call what it says, and nothing more."""

import random
from itertools import cycle
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tools.faulty_client import Crash, Fault, Faults, FaultyClient, by_chance
from tools.memory_dynamodb import MemoryDynamoDB
from tools.template import table_definition

DEFINITION = table_definition("Events")


def key(number: int) -> dict[str, Any]:
    return {"pk": {"S": "channel"}, "sk": {"S": str(number)}}


@pytest.fixture
def events() -> MemoryDynamoDB:
    memory = MemoryDynamoDB()
    memory.create_table(TableName="Events", **DEFINITION)
    return memory


def written(events: MemoryDynamoDB) -> int:
    count: int = events.scan(TableName="Events")["Count"]
    return count


@pytest.mark.parametrize(
    ("fault", "raised", "writes"),
    [
        (Fault.THROTTLED, ClientError, 0),
        (Fault.OVER_CAPACITY, ClientError, 0),
        (Fault.UNREACHABLE, BotoCoreError, 0),
        (Fault.RESET_BEFORE, BotoCoreError, 0),
        (Fault.RESET_AFTER, BotoCoreError, 1),
        (Fault.TIMED_OUT, BotoCoreError, 1),
        (Fault.PARTLY, ClientError, 0),  # it is no batch
        (Fault.KILLED_BEFORE, Crash, 0),
        (Fault.KILLED_AFTER, Crash, 1),
    ],
)
def test_a_fault_lets_a_call_fail_before_or_after_it_took_effect(
    events: MemoryDynamoDB, fault: Fault, raised: type[BaseException], writes: int
) -> None:
    faulty = FaultyClient(events, Faults({0: fault}.get))
    with pytest.raises(raised):
        faulty.put_item(TableName="Events", Item=key(1))
    assert written(events) == writes
    faulty.put_item(TableName="Events", Item=key(2))
    assert written(events) == writes + 1


def test_a_batch_of_which_a_part_is_done_gives_the_rest_back(events: MemoryDynamoDB) -> None:
    faulty = FaultyClient(events, Faults({0: Fault.PARTLY, 1: Fault.PARTLY}.get))
    puts = [{"PutRequest": {"Item": key(number)}} for number in range(5)]
    answer = faulty.batch_write_item(RequestItems={"Events": puts})
    assert (written(events), answer["UnprocessedItems"]) == (3, {"Events": puts[3:]})
    wanted = {"Keys": [key(0), key(1)], "ConsistentRead": True}
    answer = faulty.batch_get_item(RequestItems={"Events": wanted})
    assert answer["Responses"] == {"Events": [key(0)]}
    assert answer["UnprocessedKeys"] == {"Events": {"Keys": [key(1)], "ConsistentRead": True}}


def test_meanwhile_something_else_happens_and_time_runs_out(events: MemoryDynamoDB) -> None:
    happened: list[int] = []
    faults = Faults({0: Fault.MEANWHILE, 1: Fault.TIME_OVER}.get, meanwhile=lambda: happened.append(written(events)))
    faulty = FaultyClient(events, faults)
    faulty.put_item(TableName="Events", Item=key(1))
    assert (happened, faults.time_is_over) == ([0], False)
    faulty.put_item(TableName="Events", Item=key(2))
    assert (written(events), faults.time_is_over) == (2, True)


def test_what_fails_by_chance_fails_again_by_the_same_seed_and_in_the_share_asked_for() -> None:
    one, other = (Faults(by_chance(random.Random(7), share=0.02)) for _ in range(2))
    drawn = [one.next() for _ in range(10_000)]
    assert drawn == [other.next() for _ in range(10_000)]
    assert 130 < one.struck.total() < 270  # 200 are expected; five standard deviations are 70
    assert set(one.struck) == set(Fault)


def test_clients_that_share_faults_share_their_count(events: MemoryDynamoDB) -> None:
    faults = Faults(dict(zip(range(4), cycle([None, Fault.THROTTLED]))).get)
    one, other = FaultyClient(events, faults), FaultyClient(events, faults)
    one.put_item(TableName="Events", Item=key(1))
    with pytest.raises(ClientError):
        other.put_item(TableName="Events", Item=key(2))
    assert (faults.calls, one.consumed is events.consumed) == (2, True)
