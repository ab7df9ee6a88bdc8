"""The client: boto3's own methods for DynamoDB, as far as Rollcall uses them, on tables in memory.

Why beside moto and the embedded AWS? moto takes milliseconds for what takes microseconds here, so a million events
can be proved in minutes; and no emulator tells all units that AWS bills, which are exact here, also those of reads and
of failed conditions. It is held to moto's answers and to the embedded AWS's write units by tests.

Two things are simpler than in DynamoDB: indexes show a write at once, and the values of attributes are shared with
whoever gave or got them, who must not change them.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from itertools import islice
from typing import TYPE_CHECKING, Any, Concatenate, cast

from tools.memory_dynamodb import expressions
from tools.memory_dynamodb.capacity import Item, read_units, write_units
from tools.memory_dynamodb.expressions import And, Comparison, Condition, Parsed, Path, Placeholders, paths_of
from tools.memory_dynamodb.refusal import Refused, exceptions, invalid
from tools.memory_dynamodb.table import Arrangement, Index, Key, KeyCondition, Place, Record, Table, Units

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Request = dict[str, Any]
type Answer = dict[str, Any]

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
_LARGEST_BATCH = {"BatchWriteItem": 25, "BatchGetItem": 100}  # records
_LARGEST_PAGE = 1024 * 1024  # bytes that a query or a scan reads at once
_LARGEST_GET = 16 * 1024 * 1024  # bytes that a batch of reads answers

_EXPRESSIONS = ("ExpressionAttributeNames", "ExpressionAttributeValues")
_CONDITIONAL = (*_EXPRESSIONS, "ConditionExpression", "ReturnValuesOnConditionCheckFailure", "ReturnValues")
_PAGED = (
    *_EXPRESSIONS,
    "IndexName",
    "FilterExpression",
    "ProjectionExpression",
    "Select",
    "Limit",
    "ExclusiveStartKey",
    "ConsistentRead",
)

_NOTHING: Item = {}


def _operation(
    *options: str,
) -> Callable[[Callable[["MemoryDynamoDB", Request], Answer]], Callable[Concatenate["MemoryDynamoDB", ...], Answer]]:
    """One of DynamoDB's operations, and the options of it that are understood; others raise `NotImplementedError`."""

    def understood(method: Callable[["MemoryDynamoDB", Request], Answer]) -> Callable[..., Answer]:
        name = "".join(map(str.capitalize, method.__name__.split("_")))
        known = frozenset({*options, "TableName", "ReturnConsumedCapacity"})

        @wraps(method)
        def call(self: "MemoryDynamoDB", **request: Any) -> Answer:
            if unknown := request.keys() - known:
                raise NotImplementedError(f"{name} has no {', '.join(sorted(unknown))} here.")
            if self.round_trip:
                time.sleep(self.round_trip)
            try:
                with self._lock:
                    return method(self, request)
            except Refused as refused:
                error = refused.as_client_error(name)
            raise error

        return call

    return understood


class MemoryDynamoDB:
    """`round_trip` is how many seconds every call takes beside its own work.

    `consumed` adds up all units, by name (of an index: "Presence/present") and "write" or "read", also of failed
    conditions, of which the answer tells nothing.
    """

    def __init__(self, round_trip: float = 0.0) -> None:
        self.round_trip = round_trip
        self.consumed: Counter[tuple[str, str]] = Counter()
        self._tables: dict[str, Table] = {}
        self._lock = threading.Lock()

    @property
    def exceptions(self) -> Any:  # botocore makes its members at run time
        return exceptions()

    @property
    def as_boto3(self) -> "DynamoDBClient":
        """Itself, as a type checker must see it where a client of boto3 is asked for."""
        return cast("DynamoDBClient", self)

    # ---- Tables ----------------------------------------------------------------------------------------

    @_operation("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    def create_table(self, request: Request) -> Answer:
        if request["TableName"] in self._tables:
            raise Refused("ResourceInUseException", f"Table already exists: {request['TableName']}")
        self._tables[request["TableName"]] = Table(request)
        return {"TableDescription": request}

    @_operation()
    def delete_table(self, request: Request) -> Answer:
        del self._tables[self._table(request["TableName"]).name]
        return {}

    @_operation("TimeToLiveSpecification")
    def update_time_to_live(self, request: Request) -> Answer:
        specification = request["TimeToLiveSpecification"]
        table = self._table(request["TableName"])
        table.expires_by = specification["AttributeName"] if specification["Enabled"] else None
        return {"TimeToLiveSpecification": specification}

    def expire(self, now: int) -> int:
        """Delete what TTL would have deleted by `now`, in Unix seconds; return how much. It costs nothing."""
        with self._lock:
            expired = [(table, record) for table in self._tables.values() for record in list(table.expired(now))]
            for table, record in expired:
                table.write(table.place(record.item), record, None)
        return len(expired)

    # ---- Writing ---------------------------------------------------------------------------------------

    @_operation("Item", *_CONDITIONAL)
    def put_item(self, request: Request) -> Answer:
        table = self._table(request["TableName"])
        item = dict(request["Item"])
        return self._write(request, table, table.place(item), lambda _stored, _given: item)

    @_operation("Key", *_CONDITIONAL)
    def delete_item(self, request: Request) -> Answer:
        table = self._table(request["TableName"])
        return self._write(request, table, table.place_of_key(request["Key"]), lambda _stored, _given: None)

    @_operation("Key", "UpdateExpression", *_CONDITIONAL)
    def update_item(self, request: Request) -> Answer:
        table = self._table(request["TableName"])
        place = table.place_of_key(request["Key"])
        update = expressions.update(request["UpdateExpression"])

        def updated(stored: Item | None, given: Placeholders) -> Item | None:
            if stored is None and update.expression.only_removes:
                return None  # https://github.com/scylladb/scylladb/issues/5862 tells so of DynamoDB
            return update.expression.applied_to(request["Key"] if stored is None else stored, given)

        given = _given(request)
        names = [path.name(given) for path in update.expression.paths()]
        if len(set(names)) < len(names):
            raise invalid("Two document paths overlap with each other")
        if not set(table.key.names).isdisjoint(names):
            raise invalid("Cannot update an attribute that is part of the key")
        return self._write(request, table, place, updated, update)

    @_operation("RequestItems")
    def batch_write_item(self, request: Request) -> Answer:
        writes: dict[tuple[str, Place], Record | None] = {}
        for name, wanted in request["RequestItems"].items():
            table = self._table(name)
            for each in wanted:
                item = each["PutRequest"]["Item"] if "PutRequest" in each else None
                place = table.place(item) if item else table.place_of_key(each["DeleteRequest"]["Key"])
                _require_new((name, place), writes)
                writes[name, place] = table.record(place, dict(item)) if item else None
        _require_at_most("BatchWriteItem", len(writes))
        consumed: dict[str, Units] = {}
        for (name, place), record in writes.items():
            table = self._table(name)
            units = table.write(place, table.get(place), record)
            consumed.setdefault(name, Units()).add(units)
        return {"UnprocessedItems": {}, **self._consume_each(request, consumed, "write")}

    def _write(
        self,
        request: Request,
        table: Table,
        place: Place,
        change: Callable[[Item | None, Placeholders], Item | None],
        *parsed: Parsed[Any],
    ) -> Answer:
        """Write what `change` makes of the stored item, unless the request's condition fails."""
        given = _given(request)
        wanted = expressions.condition(request["ConditionExpression"]) if "ConditionExpression" in request else None
        _require_all_used(given, *parsed, *([wanted] if wanted else ()))
        before = table.get(place)
        stored = before.item if before else None
        fails = wanted is not None and not wanted.expression.holds(stored or _NOTHING, given)
        item = change(stored, given)
        after = None if item is None else table.record(place, item)
        if fails:
            units = Units(float(write_units(before.size if before else 0, after.size if after else 0)))
            self._consume(request, table, units, "write")
            asked = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
            raise Refused(
                "ConditionalCheckFailedException", "The conditional request failed", stored if asked else None
            )
        units = table.write(place, before, after)
        return {**_returned(request, stored, item), **self._consume(request, table, units, "write")}

    # ---- Reading ---------------------------------------------------------------------------------------

    @_operation("Key", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames")
    def get_item(self, request: Request) -> Answer:
        table = self._table(request["TableName"])
        record = table.get(table.place_of_key(request["Key"]))
        units = Units(read_units(record.size if record else 0, consistent=request.get("ConsistentRead", False)))
        project = _projection(request, _given(request))
        found = {"Item": project(record.item)} if record else {}
        return {**found, **self._consume(request, table, units, "read")}

    @_operation("RequestItems")
    def batch_get_item(self, request: Request) -> Answer:
        asked: dict[tuple[str, Place], Item] = {}
        for name, wanted in request["RequestItems"].items():
            if unknown := wanted.keys() - {
                "Keys",
                "ConsistentRead",
                "ProjectionExpression",
                "ExpressionAttributeNames",
            }:
                raise NotImplementedError(f"BatchGetItem has no {', '.join(sorted(unknown))} here.")
            for key in wanted["Keys"]:
                place = self._table(name).place_of_key(key)
                _require_new((name, place), asked)
                asked[name, place] = key
        _require_at_most("BatchGetItem", len(asked))
        found: dict[str, list[Item]] = {name: [] for name in request["RequestItems"]}
        left: dict[str, Any] = {}
        consumed: dict[str, Units] = {}
        size = 0
        for (name, place), key in asked.items():
            wanted = request["RequestItems"][name]
            record = self._table(name).get(place)
            size += record.size if record else 0
            if size > _LARGEST_GET:
                left.setdefault(name, {**wanted, "Keys": []})["Keys"].append(key)
                continue
            if record:
                found[name].append(_projection(wanted, _given(wanted))(record.item))
            units = read_units(record.size if record else 0, consistent=wanted.get("ConsistentRead", False))
            consumed.setdefault(name, Units()).table += units
        return {"Responses": found, "UnprocessedKeys": left, **self._consume_each(request, consumed, "read")}

    @_operation("KeyConditionExpression", "ScanIndexForward", *_PAGED)
    def query(self, request: Request) -> Answer:
        table = self._table(request["TableName"])
        arrangement = _arrangement(table, request)
        given = _given(request)
        parsed = expressions.condition(request["KeyConditionExpression"])
        wanted = _key_condition(parsed.expression, arrangement.key, given)
        after = _start(request, table, arrangement)
        if after and not parsed.expression.holds(request["ExclusiveStartKey"], given):
            raise invalid("The provided starting key is outside query boundaries based on provided conditions")
        records = arrangement.queried(wanted, given, after, forward=request.get("ScanIndexForward", True))
        return self._page(request, table, arrangement, records, parsed)

    @_operation(*_PAGED)
    def scan(self, request: Request) -> Answer:
        table = self._table(request["TableName"])
        arrangement = _arrangement(table, request)
        records = arrangement.scanned(_start(request, table, arrangement))
        return self._page(request, table, arrangement, records)

    def _page(
        self, request: Request, table: Table, arrangement: Arrangement, records: Iterator[Record], *parsed: Parsed[Any]
    ) -> Answer:
        given = _given(request)
        filtered = _filter(request, arrangement, given) if "FilterExpression" in request else None
        projected = (
            [expressions.projection(request["ProjectionExpression"])] if "ProjectionExpression" in request else ()
        )
        _require_all_used(given, *parsed, *([filtered] if filtered else ()), *projected)
        found, last, count, size = [], None, 0, 0
        for record in islice(records, request.get("Limit")):
            if last and size + record.size > _LARGEST_PAGE:
                break
            last = record
            count += 1
            size += record.size
            if filtered is None or filtered.expression.holds(record.item, given):
                found.append(record.item)
        else:
            if count != request.get("Limit"):  # DynamoDB does not look whether anything comes behind the last one
                last = None
        answer: Answer = {"Count": len(found), "ScannedCount": count}
        if request.get("Select") != "COUNT":
            project = _projection(request, given)
            answer["Items"] = [project(item) for item in found]
        if last:
            names = dict.fromkeys((*arrangement.key.names, *table.key.names))
            answer["LastEvaluatedKey"] = {name: last.item[name] for name in names}
        consumed = read_units(size, consistent=request.get("ConsistentRead", False))
        index = request.get("IndexName")
        units = Units(0.0, {index: consumed}) if index else Units(consumed)
        return {**answer, **self._consume(request, table, units, "read")}

    # ---- What both have --------------------------------------------------------------------------------

    def _table(self, name: str) -> Table:
        try:
            return self._tables[name]
        except KeyError:
            raise Refused("ResourceNotFoundException", "Requested resource not found") from None

    def _consume(self, request: Request, table: Table, units: Units, kind: str) -> Answer:
        """Add up, and what the answer says of it."""
        if units.table:
            self._add(table.name, kind, units.table)
        for name, of_index in units.indexes.items():
            self._add(f"{table.name}/{name}", kind, of_index)
        return {"ConsumedCapacity": _told(request, table.name, units)} if _is_told(request) else {}

    def _add(self, name: str, kind: str, units: float) -> None:
        self.consumed[name, kind] += units  # type: ignore[assignment]  # typed for whole numbers; reads cost halves

    def _consume_each(self, request: Request, consumed: Mapping[str, Units], kind: str) -> Answer:
        for name, units in consumed.items():
            self._consume({}, self._table(name), units, kind)
        if not _is_told(request):
            return {}
        return {"ConsumedCapacity": [_told(request, name, units) for name, units in consumed.items()]}


def _is_told(request: Request) -> bool:
    return request.get("ReturnConsumedCapacity") in ("TOTAL", "INDEXES")


def _told(request: Request, name: str, units: Units) -> Answer:
    told: Answer = {"TableName": name, "CapacityUnits": units.total}
    if request["ReturnConsumedCapacity"] == "INDEXES":
        told["Table"] = {"CapacityUnits": units.table}
        if units.indexes:
            told["GlobalSecondaryIndexes"] = {
                index: {"CapacityUnits": consumed} for index, consumed in units.indexes.items()
            }
    return told


def _given(request: Request) -> Placeholders:
    return Placeholders(
        request.get("ExpressionAttributeNames", _NOTHING), request.get("ExpressionAttributeValues", _NOTHING)
    )


def _require_all_used(given: Placeholders, *parsed: Parsed[Any]) -> None:
    names: frozenset[str] = frozenset().union(*(each.names for each in parsed))
    values: frozenset[str] = frozenset().union(*(each.values for each in parsed))
    if given.names.keys() != names or given.values.keys() != values:
        odd = sorted((given.names.keys() ^ names) | (given.values.keys() ^ values))
        raise invalid(f"Given and unused in expressions, or used and not given: {', '.join(odd)}")


def _require_new(key: tuple[str, Place], known: Mapping[tuple[str, Place], object]) -> None:
    if key in known:
        raise invalid("Provided list of item keys contains duplicates")


def _require_at_most(operation: str, records: int) -> None:
    if not 0 < records <= _LARGEST_BATCH[operation]:
        raise invalid(f"{operation} takes from one to {_LARGEST_BATCH[operation]} records, not {records}")


def _returned(request: Request, before: Item | None, after: Item | None) -> Answer:
    match request.get("ReturnValues", "NONE"):
        case "ALL_OLD":
            item = before
        case "ALL_NEW":
            item = after
        case "UPDATED_OLD":
            item = _changed(request, before)
        case "UPDATED_NEW":
            item = _changed(request, after)
        case _:
            item = None
    return {"Attributes": dict(item)} if item else {}


def _changed(request: Request, item: Item | None) -> Item:
    paths = expressions.update(request["UpdateExpression"]).expression.paths()
    given = _given(request)
    names = {path.name(given) for path in paths}
    return {name: value for name, value in (item or _NOTHING).items() if name in names}


def _projection(request: Request, given: Placeholders) -> Callable[[Item], Item]:
    if "ProjectionExpression" not in request:
        return dict
    names = [path.name(given) for path in expressions.projection(request["ProjectionExpression"]).expression]
    return lambda item: {name: item[name] for name in names if name in item}


def _arrangement(table: Table, request: Request) -> Arrangement:
    if "IndexName" not in request:
        return table
    if request.get("ConsistentRead"):
        raise invalid("Consistent reads are not supported on global secondary indexes")
    try:
        return table.indexes[request["IndexName"]]
    except KeyError:
        raise invalid(f"The table does not have the specified index: {request['IndexName']}") from None


def _start(request: Request, table: Table, arrangement: Arrangement) -> Place | None:
    """The place behind which a page begins."""
    key = request.get("ExclusiveStartKey")
    if key is None:
        return None
    if key.keys() != {*table.key.names, *arrangement.key.names}:
        raise invalid("The provided starting key is invalid")
    in_table = table.place(key)
    return arrangement.place(key, in_table) if isinstance(arrangement, Index) else in_table


def _key_condition(wanted: Condition, key: Key, given: Placeholders) -> KeyCondition:
    parts = [wanted.left, wanted.right] if isinstance(wanted, And) else [wanted]
    partition: Any = None
    within: Condition | None = None
    for part in parts:
        match part:
            case Comparison(Path() as path, "=", value) if path.name(given) == key.partition.name:
                partition = key.partition.of({key.partition.name: value.of(_NOTHING, given) or _NOTHING})
            case _:
                within = part
    names = {path.name(given) for path in paths_of(within)}
    sorted_by = key.sorted_by[0] if key.sorted_by else None
    if partition is None or (within and (sorted_by is None or names != {sorted_by.name})):
        raise invalid("Query condition missed key schema element")
    return KeyCondition(partition, sorted_by, within)


def _filter(request: Request, arrangement: Arrangement, given: Placeholders) -> Parsed[Condition]:
    parsed = expressions.condition(request["FilterExpression"])
    if {path.name(given) for path in paths_of(parsed.expression)} & set(arrangement.key.names):
        raise invalid("Filter Expression can only contain non-primary key attributes")
    return parsed
