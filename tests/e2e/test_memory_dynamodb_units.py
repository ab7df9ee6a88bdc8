"""The DynamoDB in memory reckons the units of writes as the embedded AWS does, which needs no deployment for that."""

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tools.embedded_aws import EmbeddedAws
from tools.memory_dynamodb import MemoryDynamoDB
from tools.template import table_definition

KB = 1024  # bytes
TABLES = ("Presence", "Events")


def key(sk: str = "member#ann#") -> dict[str, Any]:
    return {"pk": {"S": "pubnub#prod#room"}, "sk": {"S": sk}}


def update(expression: str, sk: str = "member#ann#", condition: str = "", **values: dict[str, Any]) -> dict[str, Any]:
    """An update of one record; each value of the expression is given by its name."""
    return {
        "TableName": "Presence",
        "Key": key(sk),
        "UpdateExpression": expression,
        "ExpressionAttributeNames": {"#state": "state"} if "#state" in expression else {},
        "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()},
        **({"ConditionExpression": condition} if condition else {}),
    }


ROOM, HALL = {"S": "pubnub#prod#room"}, {"S": "pubnub#prod#hall"}
COMES = "SET seen = :at, here = :room, arrived = if_not_exists(arrived, :at), who = :who, expires_at = :n"
WRITES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("update_item", update(COMES, at={"S": "1"}, room=ROOM, who={"S": "ann"}, n={"N": "1754042400000"})),
    ("update_item", update(COMES, at={"S": "2"}, room=ROOM, who={"S": "ann"}, n={"N": "1754042400001"})),
    ("update_item", update(COMES, at={"S": "2"}, room=ROOM, who={"S": "ann"}, n={"N": "1754042400001"})),
    ("update_item", update("SET #state = :state", state={"S": "x" * KB})),
    ("update_item", update("SET #state = :state", state={"S": "\N{SNOWMAN}" * KB})),
    ("update_item", update("SET here = :hall", hall=HALL)),
    ("update_item", update("SET expires_at = :n", n={"N": "-12.50"})),
    ("update_item", update("SET expires_at = :n", n={"N": "1754042400001"}, condition="attribute_not_exists(pk)")),
    ("update_item", update("SET lefts = :many", many={"L": [{"M": {"a": {"NULL": True}}}, {"B": b"123"}]})),
    ("update_item", update("SET shelf = :shelf REMOVE here, arrived", shelf={"S": "20.1"})),
    ("update_item", update("SET shelf = :shelf", shelf={"S": "21.1"})),
    ("update_item", update("REMOVE #state, who")),
    ("update_item", update("REMOVE shelf", sk="member#nobody#")),
    ("put_item", {"TableName": "Presence", "Item": {**key("member#bob#"), "here": ROOM, "arrived": {"S": "3"}}}),
    ("put_item", {"TableName": "Presence", "Item": key("member#bob#")}),
    ("delete_item", {"TableName": "Presence", "Key": key("member#nobody#")}),
    ("delete_item", {"TableName": "Presence", "Key": key()}),
    ("put_item", {"TableName": "Events", "Item": {**key(), "state": {"S": "x" * (KB - 100)}}}),
    ("put_item", {"TableName": "Events", "Item": {**key(), "state": {"S": "x" * 3 * KB}}}),
    ("delete_item", {"TableName": "Events", "Key": key()}),
    (
        "batch_write_item",
        {
            "RequestItems": {
                "Events": [
                    {"PutRequest": {"Item": {**key(f"{number}"), "state": {"S": "x" * 300 * number}}}}
                    for number in range(1, 26)
                ],
            }
        },
    ),
    (
        "batch_write_item",
        {
            "RequestItems": {
                "Events": [{"DeleteRequest": {"Key": key(f"{number}")}} for number in range(1, 9)],
                "Presence": [{"PutRequest": {"Item": {**key("member#cid#"), "here": ROOM, "arrived": {"S": "3"}}}}],
            }
        },
    ),
)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with EmbeddedAws(state_dir=tmp_path_factory.mktemp("aws")) as aws:
        yield aws.aws.dynamodb


def consumed(client: Any, method: str, request: dict[str, Any]) -> object:
    given = {option: value for option, value in request.items() if value != {}}
    try:
        answer = getattr(client, method)(**given, ReturnConsumedCapacity="INDEXES")
    except ClientError as error:
        return error.response["Error"]["Code"]
    told = answer["ConsumedCapacity"]
    return sorted(told, key=lambda of: str(of["TableName"])) if isinstance(told, list) else told


def test_writes_consume_in_memory_what_they_consume_in_the_embedded_aws(embedded: Any) -> None:
    memory = MemoryDynamoDB()
    for client in (memory, embedded):
        for name in TABLES:
            client.create_table(TableName=name, **table_definition(name))
    for method, request in WRITES:
        assert consumed(memory, method, request) == consumed(embedded, method, request), (method, request)
    assert {name for name, kind in memory.consumed if kind == "write"} == {
        "Events",
        "Presence",
        *(f"Presence/{index['IndexName']}" for index in table_definition("Presence")["GlobalSecondaryIndexes"]),
    }


def test_a_page_stops_where_the_embedded_aws_stops_it(embedded: Any, tmp_path: Path) -> None:
    memory = MemoryDynamoDB()
    name = tmp_path.name
    for client in (memory, embedded):
        client.create_table(TableName=name, **table_definition("Events"))
        for number in range(12):
            client.put_item(TableName=name, Item={**key(f"{number:02}"), "state": {"S": "x" * 100 * KB}})
    ours, theirs = (client.scan(TableName=name) for client in (memory, embedded))
    assert (ours["Count"], ours["LastEvaluatedKey"]) == (theirs["Count"], theirs["LastEvaluatedKey"])
