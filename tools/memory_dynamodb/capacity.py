"""What DynamoDB bills: sizes of items, and the units of reads and writes. Sizes are bytes.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

type AttributeValue = Mapping[str, Any]
type Item = Mapping[str, AttributeValue]

WRITE_UNIT = 1024  # bytes that one unit writes
READ_UNIT = 4096  # bytes that one unit reads consistently

_CONTAINER = 3  # bytes that a list or map takes by itself
_ELEMENT = 1  # byte that each of its elements takes beside its own


def item_size(item: Item) -> int:
    """Names and values together. The 100 bytes of overhead are billed as storage only."""
    size = 0
    for name, value in item.items():
        size += len(name) if name.isascii() else len(name.encode())
        for kind, content in value.items():
            size += len(content) if kind == "S" and content.isascii() else _value_size(kind, content)
    return size


def write_units(before: int, after: int) -> int:
    """The units of a write to a table, by the sizes of the item before and after it, 0 where there is none.

    The larger of both counts, also where a condition failed: then `after` is what the item would have become.
    """
    return _units(max(before, after), WRITE_UNIT)


def index_write_units(before: int | None, after: int | None, *, moved: bool, changed: bool) -> int:
    """The units of what a write means for one index, by the sizes of its entry; `None` where there is none.

    `moved` says that the entry's key in the index is another, `changed` that anything in it is.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
    """
    if before is None or after is None or moved:  # one entry is deleted, another is put, or both
        return sum(_units(size, WRITE_UNIT) for size in (before, after) if size is not None)
    return write_units(before, after) if changed else 0


def read_units(size: int, *, consistent: bool) -> float:
    """The units of a read of so many bytes in all, before any filter or projection; of nothing costs the least."""
    units = _units(size, READ_UNIT)
    return float(units) if consistent else units / 2


def _units(size: int, of: int) -> int:
    return max(1, -(-size // of))


def _value_size(kind: str, content: Any) -> int:
    match kind:
        case "S":
            return _text_size(content)
        case "N":
            return _number_size(content)
        case "B":
            return len(content)
        case "BOOL" | "NULL":
            return 1
        case "SS":
            return sum(map(_text_size, content))
        case "NS":
            return sum(map(_number_size, content))
        case "BS":
            return sum(map(len, content))
        case "L":
            return _CONTAINER + sum(_ELEMENT + _sized(element) for element in content)
        case "M":
            return _CONTAINER + sum(_ELEMENT + _text_size(name) + _sized(value) for name, value in content.items())
    raise ValueError(f"DynamoDB has no type {kind}.")


def _sized(value: AttributeValue) -> int:
    ((kind, content),) = value.items()
    return _value_size(kind, content)


def _text_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _number_size(number: str) -> int:
    """A byte, one for each two significant digits, and one for a sign.

    AWS calls this an approximation. As the embedded AWS has it, digits are paired from the decimal point on.
    """
    digits = number if number.isdecimal() else f"{abs(Decimal(number)):f}"
    whole, _, fraction = digits.partition(".")
    whole, fraction = whole.lstrip("0"), fraction.rstrip("0")
    pairs = (len(whole) + 1) // 2 + (len(fraction) + 1) // 2
    if not fraction:
        pairs -= (len(whole) - len(whole.rstrip("0"))) // 2
    elif not whole:
        pairs -= (len(fraction) - len(fraction.lstrip("0"))) // 2
    return 1 + pairs + number.startswith("-")
