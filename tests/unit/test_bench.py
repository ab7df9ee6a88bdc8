"""The benchmarks compare like with like, and say rightly whether an aim is reached."""

import ast
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tools.bench.consumer import Contestant, batch_writer, books, rollcall, straightforward
from tools.bench.findings import Findings, Ratio, growth, write_json
from tools.bench.webhooks import SHAPES, Shape
from tools.bench.worlds import World
from tools.own_rollcall import tables_in_memory

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT = Path(__file__).parents[2]
BEGAN = 1_754_042_400_000  # some Unix milliseconds

CONTESTANTS: list[Callable[["DynamoDBClient"], Contestant]] = [
    lambda client: rollcall(client, map, log=True),
    lambda client: straightforward(client, log=True),
    lambda client: batch_writer(client, log=True),
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_in_order_all_consumers_find_the_same_members_present(shape: Shape) -> None:
    ours, *others = (list(_present_after_each_batch(contestant, shape)) for contestant in CONTESTANTS)
    assert all(theirs == ours for theirs in others)
    everybody = {user for batch in shape.changes for _, user in batch}
    assert [len(present) for present in ours] == [len(everybody), 0]  # so each batch changes what is stored of all


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_all_consumers_log_every_event(shape: Shape) -> None:
    events = sum(webhook.events for batch in shape.batches(BEGAN) for webhook in batch)
    for contestant in CONTESTANTS:
        client = tables_in_memory().as_boto3
        for batch in shape.batches(BEGAN):
            contestant(client)(batch)()
        logged = client.scan(TableName="Events")["Items"]
        assert sum("kind" in record for record in logged) == events  # the others are the calendar's


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_webhooks_that_come_again_bring_back_nobody_but_with_the_consumers_that_ask_nothing(shape: Shape) -> None:
    wrong = {name: found.wrong for name, found in books(shape, log=False).items()}
    assert wrong.pop("rollcall") == 0
    assert all(wrong.values())


def test_the_benchmark_writes_with_the_settings_of_the_consumer() -> None:
    measured, deployed = (_assigned(ROOT / file) for file in ("tools/bench/consumer.py", "functions/consumer/app.py"))
    assert measured["_WRITERS"] == deployed["_WRITERS"]
    assert measured["_CONFIG"] == deployed["_config"]


def test_a_run_is_billed_for_what_it_asked_and_wrote() -> None:
    world = World(log=False)
    world.hear("joined", [("room", "ann")])
    world.clear_meter()
    assert world.bill()[:3] == (0, 0, 0)
    world.now += 1
    world.hear("left", [("room", "ann")])
    assert world.bill()[:3] == (3, 0, 2)  # the record with its entry in the index, and the figures of the batch


@pytest.mark.parametrize(
    ("ratio", "reached"),
    [
        (Ratio("", 5.0, at_least=5.0), True),
        (Ratio("", 4.99, at_least=5.0), False),
        (Ratio("", 1.1, at_most=1.1), True),
        (Ratio("", 1.11, at_most=1.1), False),
        (Ratio("", 9.9), None),
    ],
)
def test_an_aim_is_reached_or_not(ratio: Ratio, reached: bool | None) -> None:
    assert ratio.reached is reached


def test_growth_is_from_each_size_to_the_next() -> None:
    ratios = growth("cost", (1_000, 10_000, 100_000), (2.0, 3.0, 6.0), at_most=1.6)
    assert [(ratio.value, ratio.reached) for ratio in ratios] == [(1.5, True), (2.0, False)]


def test_the_file_says_what_was_found_and_nothing_of_whose_machine_it_was(tmp_path: Path) -> None:
    findings = Findings(("who", "seconds"), [("ours", 1.5)], [Ratio("ours to theirs", 0.5, at_most=1.0)])
    write_json(tmp_path / "found.json", [("race", findings)])
    found: dict[str, Any] = json.loads((tmp_path / "found.json").read_text())
    assert found["benchmarks"] == [
        {
            "name": "race",
            "rows": [{"who": "ours", "seconds": 1.5}],
            "ratios": [{"of": "ours to theirs", "value": 0.5, "at_least": None, "at_most": 1.0, "reached": True}],
        }
    ]
    assert found["machine"].keys() == {"processors", "architecture", "system", "python"}


def _present_after_each_batch(
    contestant: Callable[["DynamoDBClient"], Contestant], shape: Shape
) -> Iterator[set[tuple[str, str]]]:
    client = tables_in_memory().as_boto3
    prepare = contestant(client)
    for batch in shape.batches(BEGAN):
        prepare(batch)()
        entries = client.scan(TableName="Presence", IndexName="present")["Items"]
        yield {(entry["pk"]["S"], entry["sk"]["S"]) for entry in entries}


def _assigned(file: Path) -> dict[str, str]:
    """What the module's own names are given, as source."""
    body = ast.parse(file.read_text()).body
    assignments = [statement for statement in body if isinstance(statement, ast.Assign)]
    return {ast.unparse(statement.targets[0]): ast.unparse(statement.value) for statement in assignments}
