"""A table and its indexes: what is stored, in the order of its keys, and what each write means for each index."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from tools.memory_dynamodb.capacity import AttributeValue, Item, index_write_units, item_size, write_units
from tools.memory_dynamodb.expressions import BeginsWith, Between, Comparison, Condition, Placeholders
from tools.memory_dynamodb.ordered import Ordered
from tools.memory_dynamodb.refusal import invalid

# Bytes. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
_LONGEST_KEY = {"HASH": 2048, "RANGE": 1024}
_LARGEST_ITEM = 400 * 1024


class Place(NamedTuple):
    """Where a record stands: its partition, and its position in there."""

    partition: Any
    position: tuple[Any, ...]


class Record(NamedTuple):
    """An item, its size in bytes, and its places in the table's indexes, where it has any."""

    item: Item
    size: int
    places: tuple[Place | None, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyAttribute:
    name: str
    kind: str  # S, N or B
    longest: int

    def of(self, item: Item) -> Any:
        """The attribute as it sorts; `None` where the item has none."""
        value = item.get(self.name)
        return None if value is None else self.plain(value)

    def plain(self, value: AttributeValue) -> Any:
        content = value.get(self.kind)
        if content is None:
            raise invalid(f"Type mismatch for key {self.name}: expected {self.kind}, actual {', '.join(value)}")
        if self.kind == "N":
            return Decimal(content)
        if not content:
            raise invalid(f"A key attribute cannot be empty: {self.name}")
        # No character takes more than four bytes.
        if len(content) * 4 > self.longest and self._length(content) > self.longest:
            raise invalid(f"Size of {self.name} has exceeded the maximum size limit of {self.longest} bytes")
        return content

    def _length(self, content: Any) -> int:
        return len(content.encode()) if isinstance(content, str) else len(content)


class Key:
    """The one or two attributes by which a table or an index is arranged."""

    def __init__(self, schema: list[Mapping[str, str]], kinds: Mapping[str, str]) -> None:
        self.attributes = [
            KeyAttribute(part["AttributeName"], kinds[part["AttributeName"]], _LONGEST_KEY[part["KeyType"]])
            for part in sorted(schema, key=lambda part: part["KeyType"])
        ]
        self.partition, *self.sorted_by = self.attributes
        self.names = [attribute.name for attribute in self.attributes]

    def values(self, item: Item) -> list[Any] | None:
        """What the item has of the key; `None` if a part is missing."""
        values = [attribute.of(item) for attribute in self.attributes]
        return None if None in values else values


class Arrangement:
    """Records by a key: a table's own, or an index's."""

    def __init__(self, key: Key) -> None:
        self.key = key
        self.partitions: Ordered[Any, Ordered[tuple[Any, ...], Record]] = Ordered()

    def put(self, place: Place, record: Record) -> None:
        partition = self.partitions.get(place.partition)
        if partition is None:
            partition = Ordered()
            self.partitions.put(place.partition, partition)
        partition.put(place.position, record)

    def get(self, place: Place) -> Record | None:
        partition = self.partitions.get(place.partition)
        return None if partition is None else partition.get(place.position)

    def pop(self, place: Place) -> None:
        partition = self.partitions.by_key[place.partition]
        partition.pop(place.position)
        if not partition:
            self.partitions.pop(place.partition)

    def scanned(self, after: Place | None) -> Iterator[Record]:
        """All records, by partition; behind a place, if one is given."""
        first = 0
        if after:
            first = bisect_left(self.partitions.keys, after.partition)
        for partition in self.partitions.values(range(first, len(self.partitions))):
            begin = 0
            if after and partition is self.partitions.get(after.partition):
                begin = bisect_right(partition.keys, after.position)
            yield from partition.values(range(begin, len(partition)))

    def queried(
        self, wanted: "KeyCondition", given: Placeholders, after: Place | None, *, forward: bool
    ) -> Iterator[Record]:
        """The records of one partition that a key condition allows; behind a place, if one is given."""
        partition = self.partitions.get(wanted.partition)
        if partition is None:
            return iter(())
        first, last = wanted.positions(partition.keys, given)
        if after and forward:
            first = max(first, bisect_right(partition.keys, after.position))
        elif after:
            last = min(last, bisect_left(partition.keys, after.position))
        return partition.values(range(first, last) if forward else range(last - 1, first - 1, -1))


class KeyCondition(NamedTuple):
    """What a query asks for: a partition and, perhaps, a part of it."""

    partition: Any
    sorted_by: KeyAttribute | None
    within: Condition | None

    def positions(self, keys: list[tuple[Any, ...]], given: Placeholders) -> tuple[int, int]:
        """From where until before where the condition holds."""

        def plain(operand: Any) -> Any:
            if self.sorted_by is None:
                raise invalid("Query key condition not supported")
            return self.sorted_by.plain(operand.of({}, given))

        def before(value: Any) -> int:
            return bisect_left(keys, value, key=lambda key: key[0])

        def behind(value: Any) -> int:
            return bisect_right(keys, value, key=lambda key: key[0])

        match self.within:
            case None:
                return 0, len(keys)
            case Comparison(_, "=", value):
                return before(plain(value)), behind(plain(value))
            case Comparison(_, "<", value):
                return 0, before(plain(value))
            case Comparison(_, "<=", value):
                return 0, behind(plain(value))
            case Comparison(_, ">", value):
                return behind(plain(value)), len(keys)
            case Comparison(_, ">=", value):
                return before(plain(value)), len(keys)
            case Between(_, low, high):
                if plain(low) > plain(high):
                    raise invalid(
                        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound"
                    )
                return before(plain(low)), behind(plain(high))
            case BeginsWith(_, operand):
                prefix = plain(operand)
                length = len(prefix)
                return before(prefix), bisect_right(keys, prefix, key=lambda key: key[0][:length])
        raise invalid("Invalid operator used in KeyConditionExpression")


class Index(Arrangement):
    """A global secondary index. It holds the items that have all of its key's attributes."""

    def __init__(self, definition: Mapping[str, Any], kinds: Mapping[str, str], of_table: Key) -> None:
        super().__init__(Key(definition["KeySchema"], kinds))
        self.name: str = definition["IndexName"]
        projection = definition["Projection"]
        self._holds_keys_only = projection["ProjectionType"] == "KEYS_ONLY"
        self._projected: frozenset[str] | None = None
        if projection["ProjectionType"] != "ALL":
            more = projection.get("NonKeyAttributes", ())
            self._projected = frozenset({*self.key.names, *of_table.names, *more})

    def place(self, item: Item, in_table: Place) -> Place | None:
        values = self.key.values(item)
        if values is None:
            return None
        partition, *position = values
        # Records of one key stand in the order of the table's own, which tells them apart.
        return Place(partition, (*position, in_table.partition, *in_table.position))

    def move(self, old_place: Place | None, new_place: Place | None, record: Record | None) -> int:
        """Do as the table did with a record; return the units of it."""
        moved = old_place != new_place
        if not moved and (new_place is None or self._holds_keys_only):
            return 0
        old = self.get(old_place) if old_place else None
        new = self._entry(record) if record and new_place else None
        if old_place and moved:
            self.pop(old_place)
        if new_place and new:
            self.put(new_place, new)
        changed = old is None or new is None or old.item != new.item
        return index_write_units(old and old.size, new and new.size, moved=moved, changed=changed)

    def _entry(self, record: Record) -> Record:
        if self._projected is None:
            return record
        item = {name: value for name, value in record.item.items() if name in self._projected}
        return Record(item, item_size(item))


@dataclass(slots=True)
class Units:
    """What a request consumed of a table, and of its indexes by name."""

    table: float = 0.0
    indexes: dict[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        return self.table + sum(self.indexes.values())

    def add(self, other: "Units") -> None:
        self.table += other.table
        for name, units in other.indexes.items():
            self.indexes[name] = self.indexes.get(name, 0.0) + units


class Table(Arrangement):
    def __init__(self, definition: Mapping[str, Any]) -> None:
        kinds = {each["AttributeName"]: each["AttributeType"] for each in definition["AttributeDefinitions"]}
        super().__init__(Key(definition["KeySchema"], kinds))
        self.name: str = definition["TableName"]
        self.indexes = {
            each["IndexName"]: Index(each, kinds, self.key) for each in definition.get("GlobalSecondaryIndexes", ())
        }
        self.expires_by: str | None = None  # the attribute that holds when a record expires

    def place(self, item: Item) -> Place:
        values = self.key.values(item)
        if values is None:
            raise invalid("One or more parameter values were invalid: a key attribute is missing")
        partition, *position = values
        return Place(partition, tuple(position))

    def place_of_key(self, key: Item) -> Place:
        if len(key) != len(self.key.attributes):
            raise invalid("The provided key element does not match the schema")
        return self.place(key)

    def record(self, place: Place, item: Item) -> Record:
        """An item as it can be stored at its place."""
        size = item_size(item)
        if size > _LARGEST_ITEM:
            raise invalid("Item size has exceeded the maximum allowed size")
        return Record(item, size, tuple([index.place(item, place) for index in self.indexes.values()]))

    def write(self, place: Place, before: Record | None, after: Record | None) -> Units:
        """Put or delete a record; `before` is what stands at the place."""
        units = Units(float(write_units(before.size if before else 0, after.size if after else 0)))
        for number, index in enumerate(self.indexes.values()):
            old, new = before and before.places[number], after and after.places[number]
            if consumed := index.move(old, new, after):
                units.indexes[index.name] = float(consumed)
        if after:
            self.put(place, after)
        elif before:
            self.pop(place)
        return units

    def expired(self, now: int) -> Iterator[Record]:
        """The records whose time, in Unix seconds, has come."""
        for record in self.scanned(None):
            when = record.item.get(self.expires_by or "", {}).get("N")
            if when is not None and Decimal(when) < now:
                yield record
