"""The DynamoDB in memory answers, refuses and stores as moto does; moto's units are wrong, and left out."""

from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from tools.memory_dynamodb import MemoryDynamoDB
from tools.template import table_definition

_DEFINITION = table_definition("Presence")
_INDEXES = {
    index["IndexName"]: [part["AttributeName"] for part in index["KeySchema"]]
    for index in _DEFINITION["GlobalSecondaryIndexes"]
}
_NUMBERS = count()

a_fifth = settings(max_examples=max(1, settings().max_examples // 5))  # moto takes milliseconds for each call


class Call(NamedTuple):
    """One call of a client, but for the name of the table."""

    method: str
    request: dict[str, Any]


# ---- What is drawn: few keys and few values, so that calls meet ------------------------------------------

_TEXTS = st.sampled_from(["a", "b", "ab", "\N{SNOWMAN}", "a#", "\uffff", "\N{PARTY POPPER}"])
_STRINGS = _TEXTS.map(lambda text: {"S": text})
_NUMBERS_GIVEN = st.integers(-12, 120).map(lambda number: {"N": str(number)})
_KEYS = st.builds(lambda pk, sk: {"pk": pk, "sk": sk}, _STRINGS, _STRINGS)
_KEYED = sorted({name for names in _INDEXES.values() for name in names} - {"pk", "sk"})
_ATTRIBUTES = st.fixed_dictionaries(
    {}, optional={**dict.fromkeys([*_KEYED, "seen", "left"], _STRINGS), "expires_at": _NUMBERS_GIVEN}
)
_NAMES = st.sampled_from([*_KEYED, "seen", "left", "expires_at"])


@st.composite
def _conditions(draw: st.DrawFn, names: st.SearchStrategy[str] = _NAMES) -> tuple[str, dict[str, Any]]:
    """A condition, with the values that it compares with; its names are placeholders."""
    values: dict[str, Any] = {}

    def value(of: str) -> str:
        values[f":c{len(values)}"] = draw(_NUMBERS_GIVEN if of == "expires_at" else _STRINGS)
        return f":c{len(values) - 1}"

    def simple() -> str:
        name = draw(names)
        match draw(
            st.sampled_from(["exists", "exists not", "begins", "between", "in", "=", "<>", "<", "<=", ">", ">="])
        ):
            case "exists":
                return f"attribute_exists(#{name})"
            case "exists not":
                return f"attribute_not_exists(#{name})"
            case "begins" if name != "expires_at":
                return f"begins_with(#{name}, {value(name)})"
            case "between":
                low, high = value(name), value(name)
                (kind,) = values[low]
                low_value, high_value = sorted(
                    (values[low][kind], values[high][kind]), key=int if kind == "N" else None
                )
                values[low], values[high] = {kind: low_value}, {kind: high_value}
                return f"#{name} BETWEEN {low} AND {high}"
            case "in":
                return f"#{name} IN ({value(name)}, {value(name)})"
            case sign:
                return f"#{name} {sign if sign != 'begins' else '='} {value(name)}"

    def combined(depth: int) -> str:
        shape = draw(st.sampled_from(["simple", "AND", "OR", "NOT"])) if depth else "simple"
        if shape == "simple":
            return simple()
        if shape == "NOT":
            return f"NOT ({combined(depth - 1)})"
        return f"({combined(depth - 1)}) {shape} {combined(depth - 1)}"

    return combined(2), values


def _naming(*texts: str) -> dict[str, str]:
    words = " ".join(texts).replace("(", " ").replace(")", " ").replace(",", " ").split()
    return {word: word[1:] for word in words if word[0] == "#"}


@st.composite
def _updates(draw: st.DrawFn) -> Call:
    values = {f":{name}": value for name, value in draw(_ATTRIBUTES).items()}
    set_names = [name[1:] for name in values]
    once = draw(st.sets(st.sampled_from(set_names))) if set_names else set()
    removed = sorted(draw(st.sets(_NAMES, max_size=2)) - set(set_names))
    parts = []
    if set_names:
        parts.append(
            "SET "
            + ", ".join(
                f"#{name} = if_not_exists(#{name}, :{name})" if name in once else f"#{name} = :{name}"
                for name in set_names
            )
        )
    if removed:
        parts.append("REMOVE " + ", ".join(f"#{name}" for name in removed))
    if not set_names:  # for an update that only removes makes an item in moto, and none in DynamoDB
        parts.append("ADD #version :one")
        values[":one"] = draw(_NUMBERS_GIVEN)
    update = " ".join(parts)
    request = {"Key": draw(_KEYS), "UpdateExpression": update}
    condition, compared = draw(_conditions() | st.just(("", {})))
    if condition:
        request["ConditionExpression"] = condition
    request["ReturnValues"] = draw(st.sampled_from(["NONE", "ALL_OLD", "ALL_NEW"]))
    request["ReturnValuesOnConditionCheckFailure"] = draw(st.sampled_from(["NONE", "ALL_OLD"]))
    return Call("update_item", _with_placeholders(request, {**values, **compared}))


@st.composite
def _puts_and_deletes(draw: st.DrawFn) -> Call:
    key = draw(_KEYS)
    puts = draw(st.booleans())
    request: dict[str, Any] = {"Item": {**key, **draw(_ATTRIBUTES)}} if puts else {"Key": key}
    condition, compared = draw(_conditions() | st.just(("", {})))
    if condition:
        request["ConditionExpression"] = condition
    request["ReturnValues"] = draw(st.sampled_from(["NONE", "ALL_OLD"]))
    request["ReturnValuesOnConditionCheckFailure"] = draw(st.sampled_from(["NONE", "ALL_OLD"]))
    return Call("put_item" if puts else "delete_item", _with_placeholders(request, compared))


@st.composite
def _gets(draw: st.DrawFn) -> Call:
    request: dict[str, Any] = {"Key": draw(_KEYS), "ConsistentRead": draw(st.booleans())}
    if draw(st.booleans()):
        request["ProjectionExpression"] = "pk, #seen"
    return Call("get_item", _with_placeholders(request, {}))


@st.composite
def _batches(draw: st.DrawFn) -> Call:
    keys = draw(st.lists(_KEYS, min_size=1, max_size=4, unique_by=str))  # moto does not refuse all that AWS does
    if draw(st.booleans()):
        return Call("batch_get_item", {"RequestItems": {"": {"Keys": keys}}})
    writes = [
        {"PutRequest": {"Item": {**key, **draw(_ATTRIBUTES)}}}
        if draw(st.booleans())
        else {"DeleteRequest": {"Key": key}}
        for key in keys
    ]
    return Call("batch_write_item", {"RequestItems": {"": writes}})


@st.composite
def _reads(draw: st.DrawFn) -> Call:
    index = draw(st.sampled_from([None, *_INDEXES]))
    request: dict[str, Any] = {"IndexName": index} if index else {"ConsistentRead": draw(st.booleans())}
    values: dict[str, Any] = {}
    names = _INDEXES[index] if index else ["pk", "sk"]
    if scans := draw(st.booleans()):
        method = "scan"
    else:
        method = "query"
        values[":partition"] = draw(_STRINGS)
        wanted = f"#{names[0]} = :partition"
        if len(names) > 1 and draw(st.booleans()):
            condition, compared = draw(_key_conditions(names[1]))
            wanted += f" AND {condition}"
            values |= compared
        request["KeyConditionExpression"] = wanted
        request["ScanIndexForward"] = draw(st.booleans())
    if draw(st.booleans()):
        request["FilterExpression"], compared = draw(_conditions(_NAMES.filter(lambda name: name not in names)))
        values |= compared
    if draw(st.booleans()):
        request["Select"] = "COUNT"
    elif draw(st.booleans()) and not scans:
        request["ProjectionExpression"] = "pk, #sk"
    if draw(st.booleans()):
        request["Limit"] = draw(st.integers(1, 4))
    return Call(method, _with_placeholders(request, values))


@st.composite
def _key_conditions(draw: st.DrawFn, name: str) -> tuple[str, dict[str, Any]]:
    low, high = sorted(draw(st.tuples(_TEXTS, _TEXTS)))
    comparisons = [f"#{{}} {sign} :low" for sign in ("=", "<", "<=", ">", ">=")]
    shape = draw(st.sampled_from(["begins_with(#{}, :low)", "#{} BETWEEN :low AND :high", *comparisons]))
    values = {":low": {"S": low}, ":high": {"S": high}}
    return shape.format(name), {given: value for given, value in values.items() if given in shape}


def _with_placeholders(request: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    names = _naming(*(text for option, text in request.items() if option.endswith("Expression")))
    return (
        request
        | ({"ExpressionAttributeNames": names} if names else {})
        | ({"ExpressionAttributeValues": values} if values else {})
    )


_CALLS = st.lists(_updates() | _puts_and_deletes() | _gets() | _batches() | _reads(), max_size=12)


# ---- How it is compared ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def moto() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client(
            "dynamodb", region_name="eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing"
        )


@a_fifth
@given(written=st.lists(_updates() | _puts_and_deletes(), max_size=12), calls=_CALLS)
def test_it_answers_refuses_and_stores_as_moto_does(moto: Any, written: list[Call], calls: list[Call]) -> None:
    table = f"table-{next(_NUMBERS)}"
    clients = (MemoryDynamoDB(), moto)
    for client in clients:
        client.create_table(TableName=table, **_DEFINITION)
    for call in (*written, *calls):
        ours, theirs = (_outcome(client, table, call) for client in clients)
        assert ours == theirs, call
    for index in (None, *_INDEXES):
        ours, theirs = (_contents(client, table, index) for client in clients)
        assert ours == theirs, index
    moto.delete_table(TableName=table)


def _outcome(client: Any, table: str, call: Call) -> object:
    request = call.request
    request = (
        {"RequestItems": {table: request["RequestItems"][""]}}
        if "RequestItems" in request
        else {"TableName": table, **request}
    )
    try:
        if call.method in ("query", "scan"):
            return _all_pages(client, call.method, request)
        answer = dict(getattr(client, call.method)(**request))
    except ClientError as error:
        return error.response["Error"]["Code"], error.response.get("Item"), type(error).__name__
    for name in ("ResponseMetadata", "ConsumedCapacity", "ItemCollectionMetrics"):  # which moto tells unasked
        answer.pop(name, None)
    if "Responses" in answer:
        answer["Responses"] = {name: _in_order(items) for name, items in answer["Responses"].items()}
    return answer


def _all_pages(client: Any, method: str, request: dict[str, Any]) -> object:
    """Where a page ends may differ: after the last item there may come an empty one."""
    items: list[Any] = []
    found = scanned = 0
    while True:
        page = getattr(client, method)(**request)
        items += page.get("Items", [])
        found, scanned = found + page["Count"], scanned + page["ScannedCount"]
        if "LastEvaluatedKey" not in page:
            # Scans are in no order to rely on, nor are those whose keys in an index are the same.
            return _in_order(items) if method == "scan" or "IndexName" in request else items, found, scanned
        request = {**request, "ExclusiveStartKey": page["LastEvaluatedKey"]}


def _contents(client: Any, table: str, index: str | None) -> list[Any]:
    request = {"IndexName": index} if index else {}
    return _in_order(client.scan(TableName=table, **request)["Items"])


def _in_order(items: list[Any]) -> list[Any]:
    return sorted(items, key=lambda item: sorted((name, str(value)) for name, value in item.items()))
