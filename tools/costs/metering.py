"""The meter: Rollcall's own code is run in this process, on a DynamoDB in memory, and what AWS would bill is counted.

Exact are requests, chunks and units. How long functions run is measured elsewhere (`tools.costs.processor`); here is
only counted how often they wait for DynamoDB.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from rollcall.consume import Consumer, Delivery
from rollcall.envelope import envelop
from rollcall.presence_routes import presence_routes
from rollcall.read_api import api
from rollcall.trimming import Bookmark, Order, Report
from rollcall.trimming import Run as TrimmerRun
from tools import template
from tools.costs import billing
from tools.costs.prices import Unit
from tools.costs.questions import Question, as_query
from tools.costs.scenarios import Batch, Scenario, Step, Trim
from tools.costs.straw_sqs import StrawSqs
from tools.costs.waits import Waits
from tools.costs.webhooks import Webhook, as_request, stored_secrets
from tools.memory_dynamodb import MemoryDynamoDB
from tools.own_rollcall import USUAL_RETENTION, OwnRollcall, tables_in_memory
from tools.trouble import Trouble

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLES = ("Presence", "Events")


class Billed(NamedTuple):
    """A unit, and which function, request, table or index it is billed for."""

    unit: Unit
    of: str


class Run(NamedTuple):
    """An invocation of a function, and how often, one after another, it waited for AWS."""

    function: str
    waits: int


@dataclass
class Consumption:
    units: Counter[Billed] = field(default_factory=Counter)
    runs: list[Run] = field(default_factory=list)


def consumption(scenario: Scenario, now: int) -> Consumption:
    """What the measured part of a scenario consumes."""
    memory = tables_in_memory()
    meter = Meter(memory.as_boto3, now, log=scenario.log)
    for batch in scenario.before:
        meter.take(batch)
    memory.consumed.clear()
    meter.consumption = Consumption()
    for step in scenario.measured:
        meter.take(step)
    for (place, kind), units in memory.consumed.items():
        unit = Unit.WRITE_UNITS if kind == "write" else Unit.READ_UNITS
        meter.consumption.units[Billed(unit, place)] += units
    return meter.consumption


def fill(memory: MemoryDynamoDB, batches: Iterable[Batch], now: int) -> None:
    """Apply webhooks without metering."""
    meter = Meter(memory.as_boto3, now)
    for batch in batches:
        meter.take(batch)


class Meter:
    """Takes one step after another, with one consumer that stays warm."""

    def __init__(
        self, client: "DynamoDBClient", now: int, *, log: bool = True, tables: tuple[str, str] = TABLES
    ) -> None:
        self.consumption = Consumption()
        self._now = self._clock = now
        self._sqs = StrawSqs(fair=template.environment("Ingest")["FAIR_QUEUE"] == "ENABLED")
        self._waits = Waits(client)
        self._client = cast("DynamoDBClient", self._waits)
        retention = USUAL_RETENTION.model_copy(update={"log_events": log})
        presence, events = tables
        self._rollcall = OwnRollcall(
            self._client,
            lambda: self._clock,
            presence,
            events,
            retention=lambda _: retention,
            secrets=stored_secrets,
            each=self._waits.each,
        )
        self._consumer: Consumer = self._rollcall.consumer()

    def take(self, step: Step) -> None:
        self._clock = step.webhooks[-1].received_at if isinstance(step, Batch) else self._now
        match step:
            case Batch():
                self._consume(step)
            case Trim():
                self._trim(step)
            case Question():
                self._answer(step)

    def _consume(self, batch: Batch) -> None:
        messages = [self._ingest(webhook) for webhook in batch.webhooks]
        deliveries = [Delivery(str(number), message) for number, message in enumerate(messages)]
        begin = self._waits.count
        outcome = self._consumer.consume(deliveries, lambda: False)
        if outcome.errors:
            raise Trouble(f"{len(outcome.errors)} writes failed.") from outcome.errors[0]
        self._ran("Consumer", self._waits.count - begin)
        self._asked_sqs("receive", billing.sqs_receives([len(message) for message in messages]))
        self._asked_sqs("delete", billing.sqs_deletes(len(messages)))

    def _ingest(self, webhook: Webhook) -> str:
        self._sqs.queue.put(envelop(as_request(webhook, "")))
        message = self._sqs.request["MessageBody"]
        self._count(Unit.HTTP_API_REQUESTS, "webhook", billing.http_api_requests(len(webhook.body)))
        self._ran("Ingest", waits=1)
        self._asked_sqs("send", billing.sqs_requests(len(message)))
        return message

    def _trim(self, trim: Trim) -> None:
        report = Report(Order(kind=trim.kind))
        begin = self._waits.count
        bookmark = Bookmark(self._client, self._rollcall.presence_table)
        position = bookmark.read(trim.kind).position
        end = self._rollcall.trimmer(trim.kind).run(report, position, lambda: False)
        bookmark.write(trim.kind, end, TrimmerRun(self._clock, report.complete))
        self._ran("Trimmer", self._waits.count - begin)
        self._count(Unit.SCHEDULE_STARTS, trim.kind, 1)

    def _answer(self, question: Question) -> None:
        begin = self._waits.count
        answer = api(presence_routes(self._rollcall.reading())).resolve(as_query(question), cast("Any", None))
        if answer["statusCode"] != 200:
            raise Trouble(f"The read API answered {answer['statusCode']}: {answer['body']}")
        self._ran("Query", self._waits.count - begin)
        self._count(Unit.HTTP_API_REQUESTS, "read", billing.http_api_requests(len(answer["body"])))

    def _ran(self, function: str, waits: int) -> None:
        self._count(Unit.LAMBDA_REQUESTS, function, 1)
        self.consumption.runs.append(Run(function, waits))

    def _asked_sqs(self, action: str, requests: int) -> None:
        self._count(Unit.SQS_REQUESTS, action, requests)
        if "MessageGroupId" in self._sqs.request:
            # Which of the requests about such a message cost more was not to be found out: so all are taken.
            self._count(Unit.SQS_FAIR_QUEUE_REQUESTS, action, requests)

    def _count(self, unit: Unit, of: str, amount: int) -> None:
        self.consumption.units[Billed(unit, of)] += amount
