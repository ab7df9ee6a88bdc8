"""What the DynamoDB in memory bills and refuses, where no emulator can be asked."""

import threading
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tools.memory_dynamodb import MemoryDynamoDB
from tools.template import table_definition

KB = 1024  # bytes


@pytest.fixture
def memory() -> MemoryDynamoDB:
    """A table `things` by pk and sk, with an index of everything and one of keys only; and a table of the template."""
    client = MemoryDynamoDB()
    client.create_table(
        TableName="things",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "here")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": name,
                "KeySchema": [
                    {"AttributeName": "here", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": projection},
            }
            for name, projection in (("all", "ALL"), ("keys", "KEYS_ONLY"))
        ],
    )
    return client


def key(sk: str = "a", pk: str = "p") -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def put(memory: MemoryDynamoDB, item: dict[str, Any], **options: Any) -> Any:
    return memory.put_item(TableName="things", Item=item, ReturnConsumedCapacity="INDEXES", **options)


def units(answer: Any) -> tuple[float, dict[str, float]]:
    consumed = answer["ConsumedCapacity"]
    indexes = {name: of["CapacityUnits"] for name, of in consumed.get("GlobalSecondaryIndexes", {}).items()}
    assert consumed["CapacityUnits"] == consumed["Table"]["CapacityUnits"] + sum(indexes.values())
    return consumed["Table"]["CapacityUnits"], indexes


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


# ---- Units -----------------------------------------------------------------------------------------------


def test_a_write_costs_for_the_table_and_for_each_index_that_it_changes(memory: MemoryDynamoDB) -> None:
    here, there = {"here": {"S": "room"}}, {"here": {"S": "hall"}}
    assert units(put(memory, key())) == (1, {})
    assert units(put(memory, {**key(), **here})) == (1, {"all": 1, "keys": 1})
    assert units(put(memory, {**key(), **here})) == (1, {})
    assert units(put(memory, {**key(), **here, "more": {"S": "x" * KB}})) == (2, {"all": 2})
    assert units(put(memory, {**key(), **there})) == (2, {"all": 3, "keys": 2})
    assert units(put(memory, key())) == (1, {"all": 1, "keys": 1})
    assert memory.consumed == {("things", "write"): 8, ("things/all", "write"): 7, ("things/keys", "write"): 4}


@pytest.mark.parametrize(("attempted", "cost"), [(1, 3), (4, 5)])
def test_a_failed_condition_costs_by_the_larger_of_the_stored_and_the_attempted_item(
    memory: MemoryDynamoDB, attempted: int, cost: int
) -> None:
    put(memory, {**key(), "text": {"S": "x" * 2 * KB}})
    memory.consumed.clear()
    with pytest.raises(memory.exceptions.ConditionalCheckFailedException):
        put(memory, {**key(), "text": {"S": "x" * attempted * KB}}, ConditionExpression="attribute_not_exists(pk)")
    assert memory.consumed == {("things", "write"): cost}


def test_reads_cost_before_the_filter_and_by_what_the_index_holds(memory: MemoryDynamoDB) -> None:
    for number in range(8):
        put(memory, {**key(str(number)), "here": {"S": "room"}, "text": {"S": "x" * 2 * KB}})
    found: dict[str, Any] = {
        "TableName": "things",
        "KeyConditionExpression": "here = :room",
        "ExpressionAttributeValues": {":room": {"S": "room"}},
        "ReturnConsumedCapacity": "INDEXES",
    }
    assert units(memory.query(IndexName="all", FilterExpression="attribute_exists(more)", **found)) == (0, {"all": 2.5})
    assert units(memory.query(IndexName="keys", Select="COUNT", **found)) == (0, {"keys": 0.5})
    assert memory.consumed["things/all", "read"] == 2.5


def test_a_batch_of_reads_costs_for_each_key_also_for_one_of_nothing(memory: MemoryDynamoDB) -> None:
    put(memory, {**key("a"), "text": {"S": "x" * 5 * KB}})
    answer = memory.batch_get_item(
        RequestItems={"things": {"Keys": [key("a"), key("b")]}}, ReturnConsumedCapacity="TOTAL"
    )
    assert answer["ConsumedCapacity"] == [{"TableName": "things", "CapacityUnits": 1 + 0.5}]


def test_expiry_costs_nothing_and_empties_the_indexes(memory: MemoryDynamoDB) -> None:
    memory.update_time_to_live(
        TableName="things", TimeToLiveSpecification={"AttributeName": "expires_at", "Enabled": True}
    )
    put(memory, {**key("old"), "here": {"S": "room"}, "expires_at": {"N": "99"}})
    put(memory, {**key("new"), "here": {"S": "room"}, "expires_at": {"N": "100"}})
    put(memory, {**key("kept"), "here": {"S": "room"}})
    before = dict(memory.consumed)
    assert memory.expire(now=100) == 1
    assert memory.consumed == before
    assert memory.scan(TableName="things", IndexName="all")["Count"] == 2


# ---- What DynamoDB refuses -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "item",
    [
        {"pk": {"S": "p"}},
        {**key(), "sk": {"S": ""}},
        {**key(), "sk": {"N": "1"}},
        {**key(), "here": {"S": ""}},
        {**key(), "here": {"N": "1"}},
        {**key(), "pk": {"S": "\N{SNOWMAN}" * 683}},  # 2,049 bytes
        {**key(), "sk": {"S": "x" * 1025}},
        {**key(), "text": {"S": "x" * 400 * KB}},
    ],
)
def test_an_item_that_no_table_can_hold_is_refused_and_changes_nothing(
    memory: MemoryDynamoDB, item: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as error:
        put(memory, item)
    assert code_of(error) == "ValidationException"
    assert memory.scan(TableName="things")["Count"] == 0


def test_the_longest_keys_are_taken(memory: MemoryDynamoDB) -> None:
    put(memory, key(sk="x" * 1024, pk="x" * 2048))


@pytest.mark.parametrize(
    ("method", "request_items"),
    [
        ("batch_write_item", [{"PutRequest": {"Item": key(str(number))}} for number in range(26)]),
        ("batch_write_item", [{"PutRequest": {"Item": key()}}, {"DeleteRequest": {"Key": key()}}]),
        ("batch_write_item", []),
        ("batch_get_item", {"Keys": [key(str(number)) for number in range(101)]}),
        ("batch_get_item", {"Keys": [key(), key()]}),
    ],
)
def test_batches_that_are_too_large_empty_or_repeat_a_key_are_refused(
    memory: MemoryDynamoDB, method: str, request_items: Any
) -> None:
    with pytest.raises(ClientError) as error:
        getattr(memory, method)(RequestItems={"things": request_items})
    assert code_of(error) == "ValidationException"


@pytest.mark.parametrize(
    "request_",
    [
        {"UpdateExpression": "SET pk = :v", "ExpressionAttributeValues": {":v": {"S": "x"}}},
        {"UpdateExpression": "SET a = :v REMOVE a", "ExpressionAttributeValues": {":v": {"S": "x"}}},
        {"UpdateExpression": "SET a = :v", "ExpressionAttributeValues": {":v": {"S": "x"}, ":unused": {"S": "x"}}},
        {"UpdateExpression": "SET a = :v"},
        {"UpdateExpression": "REMOVE a", "ExpressionAttributeNames": {"#unused": "a"}},
        {"UpdateExpression": "SET a = missing"},
    ],
)
def test_updates_that_make_no_sense_are_refused(memory: MemoryDynamoDB, request_: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as error:
        memory.update_item(TableName="things", Key=key(), **request_)
    assert code_of(error) == "ValidationException"


@pytest.mark.parametrize(
    "request_",
    [
        {"KeyConditionExpression": "sk = :p"},
        {"KeyConditionExpression": "pk > :p"},
        {"KeyConditionExpression": "pk = :p AND here = :p"},
        {"KeyConditionExpression": "pk = :p", "FilterExpression": "sk = :p"},
        {"KeyConditionExpression": "pk = :p", "IndexName": "none"},
        {"KeyConditionExpression": "here = :p", "IndexName": "all", "ConsistentRead": True},
        {"KeyConditionExpression": "pk = :p", "ExclusiveStartKey": {"pk": {"S": "p"}}},
        {"KeyConditionExpression": "pk = :p", "ExclusiveStartKey": key(pk="other")},
        {"KeyConditionExpression": "pk = :p AND sk < :p", "ExclusiveStartKey": key("q")},
    ],
)
def test_queries_that_make_no_sense_are_refused(memory: MemoryDynamoDB, request_: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as error:
        memory.query(TableName="things", ExpressionAttributeValues={":p": {"S": "p"}}, **request_)
    assert code_of(error) == "ValidationException"


def test_a_table_that_is_not_there_is_not_found(memory: MemoryDynamoDB) -> None:
    with pytest.raises(memory.exceptions.ResourceNotFoundException):
        memory.scan(TableName="other")


def test_what_is_not_understood_is_not_guessed_at(memory: MemoryDynamoDB) -> None:
    for request in ({"FilterExpression": "sizes(a) > b"}, {"FilterExpression": "a.b = c"}, {"Segment": 1}):
        with pytest.raises(NotImplementedError):
            memory.scan(TableName="things", **request)


# ---- What it does --------------------------------------------------------------------------------------


def test_a_failed_condition_is_botocores_own_error_and_brings_the_item_only_when_asked(memory: MemoryDynamoDB) -> None:
    put(memory, key())
    with pytest.raises(ClientError) as error:
        put(memory, key(), ConditionExpression="attribute_not_exists(pk)")
    assert "Item" not in error.value.response
    with pytest.raises(memory.exceptions.ConditionalCheckFailedException) as failure:
        put(
            memory,
            key(),
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert failure.value.response.get("Item") == key()


# As https://github.com/scylladb/scylladb/issues/5862 tells of DynamoDB; moto makes an item.
def test_an_update_that_only_removes_makes_no_item(memory: MemoryDynamoDB) -> None:
    memory.update_item(TableName="things", Key=key(), UpdateExpression="REMOVE a")
    assert memory.scan(TableName="things")["Count"] == 0


def test_a_page_ends_before_one_megabyte_is_exceeded_and_the_next_goes_on(memory: MemoryDynamoDB) -> None:
    for number in range(5):
        put(memory, {**key(str(number)), "text": {"S": "x" * 300 * KB}})
    first = memory.scan(TableName="things")
    second = memory.scan(TableName="things", ExclusiveStartKey=first["LastEvaluatedKey"])
    assert (first["Count"], second["Count"], "LastEvaluatedKey" in second) == (3, 2, False)


def test_a_batch_of_reads_leaves_over_what_exceeds_sixteen_megabytes(memory: MemoryDynamoDB) -> None:
    keys = [key(f"{number:02}") for number in range(45)]
    for each in keys:
        put(memory, {**each, "text": {"S": "x" * 399 * KB}})
    answer = memory.batch_get_item(RequestItems={"things": {"Keys": keys}})
    assert len(answer["Responses"]["things"]) == 41
    assert answer["UnprocessedKeys"] == {"things": {"Keys": keys[41:]}}


def test_a_limit_that_is_reached_leaves_it_open_whether_more_comes(memory: MemoryDynamoDB) -> None:
    put(memory, key())
    page = memory.scan(TableName="things", Limit=1)
    assert memory.scan(TableName="things", ExclusiveStartKey=page["LastEvaluatedKey"])["Count"] == 0


def test_many_threads_lose_no_update(memory: MemoryDynamoDB) -> None:
    def add() -> None:
        for _ in range(200):
            memory.update_item(
                TableName="things",
                Key=key(),
                UpdateExpression="ADD n :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert memory.get_item(TableName="things", Key=key())["Item"]["n"] == {"N": "1600"}


def test_round_trips_of_several_threads_pass_at_once(memory: MemoryDynamoDB) -> None:
    memory.round_trip = 0.2  # seconds
    threads = [threading.Thread(target=memory.get_item, kwargs={"TableName": "things", "Key": key()}) for _ in range(8)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0.2 <= time.monotonic() - began < 8 * 0.2


@pytest.mark.parametrize("name", ["Presence", "Events"])
def test_it_takes_the_tables_of_the_template(name: str) -> None:
    MemoryDynamoDB().create_table(TableName=name, **table_definition(name))
