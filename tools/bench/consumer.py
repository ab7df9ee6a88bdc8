"""The consumer's events per second and write units, against the straightforward consumer's.

Both write through boto3 to a DynamoDB of straw that answers after 5 ms. The units are those of a DynamoDB in memory,
for members, and a channel, that were known before.
"""

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from botocore.config import Config

from rollcall.consume import Delivery
from rollcall.each import Each
from tools.bench.findings import Findings, Ratio
from tools.bench.straightforward import straightforward_consumer
from tools.bench.straw_dynamodb import client_of, straw_dynamodb
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


class _Speed(NamedTuple):
    events_per_second: float
    processor_ms_per_event: float


def rollcall(client: "DynamoDBClient", each: Each, *, log: bool) -> Contestant:
    retention = USUAL_RETENTION.model_copy(update={"log_events": log})
    consumer = OwnRollcall(client, _now, retention=lambda _: retention, secrets=secrets, each=each).consumer()

    def consume(deliveries: Iterable[Delivery]) -> None:
        outcome = consumer.consume(deliveries, lambda: False)
        if outcome.errors:
            raise Trouble(f"{len(outcome.errors)} writes failed.") from outcome.errors[0]

    def prepare(batch: Sequence[Webhook]) -> Work:
        deliveries = [Delivery(str(number), as_message(webhook)) for number, webhook in enumerate(batch)]
        return lambda: consume(deliveries)

    return prepare


def straightforward(client: "DynamoDBClient", *, log: bool) -> Contestant:
    handler = straightforward_consumer(client, log=log)

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
        )
    )
    with straw_dynamodb(_ROUND_TRIP) as url, ThreadPoolExecutor(_WRITERS) as pool:
        for shape in SHAPES:
            for log in (True, False):
                contestants = {
                    "straightforward": straightforward(client_of(url), log=log),
                    "rollcall": rollcall(client_of(url, _CONFIG), pool.map, log=log),
                }
                with step(f"  {shape.name}, {'with' if log else 'without'} the log"):
                    speeds = _speeds(contestants, shape, rounds)
                _add(findings, shape, speeds, _all_units(shape, log=log), log=log)
    return findings


def _add(findings: Findings, shape: Shape, speeds: dict[str, _Speed], units: dict[str, float], *, log: bool) -> None:
    with_log = "with" if log else "without"
    for name, speed in speeds.items():
        figures = (round(speed.events_per_second), round(speed.processor_ms_per_event, 2), round(units[name], 2))
        findings.rows.append((shape.name, with_log, name, *figures))
    ours, theirs = speeds["rollcall"].events_per_second, speeds["straightforward"].events_per_second
    share = units["rollcall"] / units["straightforward"]
    case = f"{shape.name}, {with_log} the log"
    findings.ratios.append(Ratio(f"events per second, {case}", ours / theirs, at_least=_LEAST_SPEED))
    findings.ratios.append(Ratio(f"write units, {case}", share, at_most=_MOST_UNITS if shape.is_churn else None))


def _speeds(contestants: dict[str, Contestant], shape: Shape, rounds: int) -> dict[str, _Speed]:
    """Medians of rounds in which each runs in turn, after one that is not counted, for the connections."""
    runs = {name: [_speed(contestant, shape)][1:] for name, contestant in contestants.items()}
    for _ in range(rounds):
        for name, contestant in contestants.items():
            runs[name].append(_speed(contestant, shape))
    return {name: _Speed(*map(statistics.median, zip(*speeds, strict=True))) for name, speeds in runs.items()}


def _speed(contestant: Contestant, shape: Shape) -> _Speed:
    batches = list(shape.batches(_now()))
    works = [contestant(batch) for batch in batches]
    began, processor_began = time.perf_counter(), time.process_time()
    for work in works:
        work()
    seconds, processor_seconds = time.perf_counter() - began, time.process_time() - processor_began
    return _Speed(_events(batches) / seconds, processor_seconds * 1000 / _events(batches))


def _all_units(shape: Shape, *, log: bool) -> dict[str, float]:
    """Write units per event."""
    ours, theirs = tables_in_memory(), tables_in_memory()
    contestants = {
        "rollcall": (ours, rollcall(ours.as_boto3, map, log=log)),
        "straightforward": (theirs, straightforward(theirs.as_boto3, log=log)),
    }
    units: dict[str, float] = {}
    for name, (memory, contestant) in contestants.items():
        for began in (_now(), _now() + 60_000):  # the second time counts
            memory.consumed.clear()
            batches = list(shape.batches(began))
            for batch in batches:
                contestant(batch)()
        written = sum(count for (_, kind), count in memory.consumed.items() if kind == "write")
        units[name] = written / _events(batches)
    return units


def _events(batches: Iterable[Iterable[Webhook]]) -> int:
    return sum(webhook.events for batch in batches for webhook in batch)


def _now() -> int:
    return time.time_ns() // 1_000_000
