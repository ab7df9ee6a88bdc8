"""The consumer's events per second and write units, against the straightforward consumer's and boto3's batch_writer's.

All write through boto3 to a DynamoDB of straw that answers after 5 ms. The units are those of a DynamoDB in memory,
for members, and a channel, that were known before. Wrong is who is said to be there and is not, after a tenth of the
first webhooks has come again when all members have left.
"""

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.config import Config

from rollcall.consume import Delivery, Interpret
from rollcall.each import Each
from rollcall.intake import interpret
from rollcall.sandbox import Sandbox
from tools import processor_time
from tools.bench.batch_writer import BatchWriterConsumer
from tools.bench.findings import Findings, Ratio
from tools.bench.straightforward import straightforward_consumer
from tools.bench.straw_dynamodb import Straw, client_of, straw_dynamodb
from tools.bench.webhooks import SHAPES, Shape, Webhook, as_message, as_record, secrets
from tools.own_rollcall import USUAL_RETENTION, OwnRollcall, tables_in_memory
from tools.progress import step
from tools.trouble import Trouble

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ROUND_TRIP = 5  # milliseconds, the usual one from a Lambda function to DynamoDB
_LEAST_SPEED = 5.0  # times the straightforward consumer's
_MOST_UNITS = 0.5  # of the straightforward consumer's, under churn
_WRITERS = 16  # as many as the function has
_SHARE_AGAIN = 100  # milliseconds from one webhook that comes again to the next: a tenth of them, which are 10 ms apart
_CONFIG = Config(  # as in functions/consumer/app.py, which has the reasons
    connect_timeout=1,
    read_timeout=1,
    retries={"mode": "standard", "total_max_attempts": 2},
    max_pool_connections=_WRITERS,
    parameter_validation=False,
    user_agent="rollcall",
)

type Work = Callable[[], object]
type Contestant = Callable[[Sequence[Webhook]], Work]
"""Makes ready to consume a batch; what it returns is what is measured."""


class Books(NamedTuple):
    """Write units per event, and how many are said to be there, though nobody is."""

    write_units: float
    wrong: int


class _Speed(NamedTuple):
    events_per_second: float
    processor_ms_per_event: float


def rollcall(client: "DynamoDBClient", each: Each, *, log: bool, reading: Interpret = interpret) -> Contestant:
    retention = USUAL_RETENTION.model_copy(update={"log_events": log})
    own = OwnRollcall(client, _now, retention=lambda _: retention, secrets=secrets, each=each)
    consumer = replace(own.consumer(), interpret=reading)

    def consume(deliveries: Iterable[Delivery]) -> None:
        outcome = consumer.consume(deliveries, lambda: False)
        if outcome.errors:
            raise Trouble(f"{len(outcome.errors)} writes failed.") from outcome.errors[0]

    def prepare(batch: Sequence[Webhook]) -> Work:
        deliveries = [Delivery(str(number), as_message(webhook)) for number, webhook in enumerate(batch)]
        return lambda: consume(deliveries)

    return prepare


def straightforward(client: "DynamoDBClient", *, log: bool) -> Contestant:
    return _of_handler(straightforward_consumer(client, log=log))


def batch_writer(client: "DynamoDBClient", *, log: bool) -> Contestant:
    return _of_handler(BatchWriterConsumer(client, log=log))


def _of_handler(handler: Callable[[dict[str, Any]], object]) -> Contestant:
    def prepare(batch: Sequence[Webhook]) -> Work:
        event = {"Records": [as_record(webhook, number) for number, webhook in enumerate(batch)]}
        return lambda: handler(event)

    return prepare


def measure(rounds: int) -> Findings:
    findings = Findings(
        (
            "events come",
            "log",
            "consumer",
            "events per second",
            "processor ms per event",
            "write units per event",
            "wrong members",
        )
    )
    sandbox = Sandbox()  # as the deployed consumer has one
    with closing(sandbox), straw_dynamodb(_ROUND_TRIP) as straw, ThreadPoolExecutor(_WRITERS) as pool:
        for shape in SHAPES:
            for log in (True, False):
                contestants = {
                    "straightforward": straightforward(client_of(straw.url), log=log),
                    "batch_writer": batch_writer(client_of(straw.url), log=log),
                    "rollcall": rollcall(client_of(straw.url, _CONFIG), pool.map, log=log, reading=sandbox.interpret),
                }
                with step(f"  {shape.name}, {'with' if log else 'without'} the log"):
                    speeds = _speeds(contestants, shape, rounds, straw)
                _add(findings, shape, speeds, books(shape, log=log), log=log)
    return findings


def _add(findings: Findings, shape: Shape, speeds: dict[str, _Speed], books: dict[str, Books], *, log: bool) -> None:
    with_log = "with" if log else "without"
    for name, speed in speeds.items():
        units, wrong = books[name]
        figures = (round(speed.events_per_second), round(speed.processor_ms_per_event, 2), round(units, 2), wrong)
        findings.rows.append((shape.name, with_log, name, *figures))
    ours = speeds["rollcall"].events_per_second
    share = books["rollcall"].write_units / books["straightforward"].write_units
    case = f"{shape.name}, {with_log} the log"
    findings.ratios += [
        Ratio(
            f"events per second, {case}, to straightforward",
            ours / speeds["straightforward"].events_per_second,
            at_least=_LEAST_SPEED,
        ),
        Ratio(f"events per second, {case}, to batch_writer", ours / speeds["batch_writer"].events_per_second),
        Ratio(f"write units, {case}", share, at_most=_MOST_UNITS if shape.is_churn else None),
    ]


def _speeds(contestants: dict[str, Contestant], shape: Shape, rounds: int, straw: Straw) -> dict[str, _Speed]:
    """Medians of rounds in which each runs in turn, after one that is not counted, for the connections."""
    runs = {name: [_speed(contestant, shape, straw)][1:] for name, contestant in contestants.items()}
    for _ in range(rounds):
        for name, contestant in contestants.items():
            runs[name].append(_speed(contestant, shape, straw))
    return {name: _Speed(*map(statistics.median, zip(*speeds, strict=True))) for name, speeds in runs.items()}


def _speed(contestant: Contestant, shape: Shape, straw: Straw) -> _Speed:
    batches = list(shape.batches(_now()))
    works = [contestant(batch) for batch in batches]
    began, processor_began = time.perf_counter(), _spent_without(straw)
    for work in works:
        work()
    seconds, processor_seconds = time.perf_counter() - began, _spent_without(straw) - processor_began
    return _Speed(_events(batches) / seconds, processor_seconds * 1000 / _events(batches))


def _spent_without(straw: Straw) -> float:
    """Seconds of processor time of this process and of those that contestants make."""
    return processor_time.spent() - processor_time.spent(straw.process)


def books(shape: Shape, *, log: bool) -> dict[str, Books]:
    """Of each contestant, by its name."""
    contestants: dict[str, Callable[[DynamoDBClient], Contestant]] = {
        "straightforward": partial(straightforward, log=log),
        "batch_writer": partial(batch_writer, log=log),
        "rollcall": partial(rollcall, each=map, log=log),
    }
    return {name: _kept(contestant, shape) for name, contestant in contestants.items()}


def _kept(contestant: "Callable[[DynamoDBClient], Contestant]", shape: Shape) -> Books:
    memory = tables_in_memory()
    consume = contestant(memory.as_boto3)
    for began in (_now(), _now() + 60_000):  # the second time counts
        memory.consumed.clear()
        batches = list(shape.batches(began))
        for batch in batches:
            consume(batch)()
    written = sum(count for (_, kind), count in memory.consumed.items() if kind == "write")
    again = [webhook for webhook in batches[0] if webhook.at % _SHARE_AGAIN == batches[0][0].at % _SHARE_AGAIN]
    consume(again)()
    present = memory.as_boto3.scan(TableName="Presence", IndexName="present")["Items"]
    return Books(written / _events(batches), len(present))


def _events(batches: Iterable[Iterable[Webhook]]) -> int:
    return sum(webhook.events for batch in batches for webhook in batch)


def _now() -> int:
    return time.time_ns() // 1_000_000
