"""Units are reckoned as AWS's own worked examples reckon them; each stands under the address of its page."""

import pytest

from tools.memory_dynamodb.capacity import Item, index_write_units, item_size, read_units, write_units

KB = 1024  # bytes, as AWS counts them


# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html#read-operation-consumption
@pytest.mark.parametrize(
    ("size", "consistent", "units"),
    [
        (3_500, True, 1),  # as much as 4 KB
        (8 * KB, True, 2),
        (8 * KB, False, 1),
        (3.5 * KB, True, 1),  # rounded to 4 KB
        (10 * KB, True, 3),  # rounded to 12 KB
        (40.8 * KB, True, 11),  # a query's ten items together, rounded to 44 KB
        (1_500 * 64, True, 24),  # 1,500 items of 64 bytes in a query: 96 KB
        (80 * KB, False, 10),
        (0, True, 1),  # what does not exist
        (0, False, 0.5),
    ],
)
def test_reads_cost_what_aws_says(size: float, consistent: bool, units: float) -> None:
    assert read_units(int(size), consistent=consistent) == units


# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
def test_each_item_of_a_batch_is_rounded_by_itself() -> None:
    assert sum(read_units(int(size * KB), consistent=True) for size in (1.5, 6.5)) == 12 / 4
    assert sum(write_units(0, int(size)) for size in (500, 3.5 * KB)) == 5


# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html#write-operation-consumption
@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (0, 500, 1),
        (0, 512, 1),
        (0, 1.6 * KB, 2),
        (1.6 * KB, 0, 2),  # a delete costs by what it deletes
        (0, 0, 1),  # also when that is nothing
        (3 * KB, 1 * KB, 3),  # the larger of both counts
        (1 * KB, 3 * KB, 3),
        (300 * KB, 310 * KB, 310),  # also where a condition failed
    ],
)
def test_writes_cost_what_aws_says(before: float, after: float, units: int) -> None:
    assert write_units(int(before), int(after)) == units


# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
@pytest.mark.parametrize(
    ("before", "after", "moved", "changed", "units"),
    [
        (None, 200, True, True, 1),  # a new entry
        (200, 200, True, True, 2),  # its key changed: one is deleted, one is put
        (200, None, True, True, 1),  # the entry is deleted
        (None, None, False, False, 0),  # in the index neither before nor after
        (200, 220, False, True, 1),  # only what is projected changed
        (200, 200, False, False, 0),  # nothing of the entry changed
        (1.5 * KB, 2.5 * KB, True, True, 5),  # entries over 1 KB cost more
        (1.5 * KB, 2.5 * KB, False, True, 3),
    ],
)
def test_what_a_write_means_for_an_index_costs_what_aws_says(
    before: float | None, after: float | None, moved: bool, changed: bool, units: int
) -> None:
    old, new = (None if size is None else int(size) for size in (before, after))
    assert index_write_units(old, new, moved=moved, changed=changed) == units


# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Reads
def test_eight_index_entries_of_2000_bytes_cost_two_units() -> None:
    assert read_units(8 * 2_000, consistent=False) == 2


# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"name": {"S": "ann"}}, 4 + 3),
        ({"\N{SNOWMAN}": {"S": "\N{PARTY POPPER}"}}, 3 + 4),  # bytes of UTF-8
        ({"n": {"N": "27"}}, 1 + 2),  # a byte for two digits, and one
        ({"n": {"N": "-27"}}, 1 + 3),
        ({"n": {"N": "0"}}, 1 + 1),
        ({"n": {"N": "100000"}}, 1 + 2),  # zeroes at either end count for nothing
        ({"n": {"N": "000.0012"}}, 1 + 2),
        ({"n": {"N": "1754042400000"}}, 1 + 6),  # 1 75 40 42 40 and two pairs of zeroes
        ({"b": {"B": b"1234"}}, 1 + 4),
        ({"t": {"BOOL": True}, "u": {"NULL": True}}, 2 + 2),
        ({"e": {"L": []}, "m": {"M": {}}}, 2 + 3 + 3),
        ({"l": {"L": [{"S": "ab"}, {"N": "1"}]}}, 1 + 3 + (1 + 2) + (1 + 2)),
        ({"m": {"M": {"key": {"S": "ab"}}}}, 1 + 3 + (1 + 3 + 2)),
        ({"s": {"SS": ["ab", "c"]}, "n": {"NS": ["1", "12"]}}, 1 + 3 + 1 + 4),
    ],
)
def test_names_and_values_make_the_size_of_an_item(item: Item, size: int) -> None:
    assert item_size(item) == size
