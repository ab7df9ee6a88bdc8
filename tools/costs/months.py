"""What a stack costs in a month, by how many webhooks come: all that is billed, fixed and by use."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import mean
from typing import NamedTuple

from rollcall.trimming import Trimmed
from tools import template
from tools.costs import billing
from tools.costs.bill import ALL, Bill
from tools.costs.logs import Metric
from tools.costs.metering import fill
from tools.costs.prices import Unit, price_list
from tools.costs.scenarios import BY_TENS, SPARSE, Batch, nothing_to_trim
from tools.memory_dynamodb.capacity import item_size
from tools.own_rollcall import tables_in_memory

# Webhooks a month, and how many are applied together: one in two and a half seconds is alone, 38 a second may be.
_MONTHS = ((0, SPARSE), (10_000, SPARSE), (1_000_000, SPARSE), (100_000_000, SPARSE), (100_000_000, BY_TENS))

_MILLION = 1_000_000
_STORED_BESIDE = 100  # bytes that DynamoDB bills with each item, https://aws.amazon.com/dynamodb/pricing/on-demand/


class MonthlyLine(NamedTuple):
    """What a stack costs in a month in which nothing happens."""

    what: str
    amount: float
    dollars: float


class Month(NamedTuple):
    """Dollars, for webhooks that come evenly; `idle` is what costs without any."""

    webhooks: int
    scenario: str
    idle: float
    passing: float
    logs: float
    metrics: float
    stored: float

    @property
    def total(self) -> float:
        return self.idle + self.passing + self.logs + self.metrics + self.stored


def months(bills: Sequence[Bill]) -> Iterator[Month]:
    by_name = {bill.scenario.name: bill for bill in bills}
    idle = sum(line.dollars for line in idle_month(bills))
    for webhooks, name in _MONTHS:
        bill = by_name[name]
        logs = bill.dollars(Unit.LOG_GB)
        metrics = len(bill.measured["Consumer"].metrics) * billing.metric_months(webhooks)
        yield Month(
            webhooks,
            name,
            idle=idle,
            passing=(bill.total() - logs) * webhooks / _MILLION,
            logs=logs * webhooks / _MILLION,
            metrics=metrics * price_list().of[Unit.METRIC_MONTHS],
            stored=_stored_gb(bill, webhooks) * (_price(Unit.STORED_GB_MONTHS) + _price(Unit.RESTORABLE_GB_MONTHS)),
        )


def idle_month(bills: Iterable[Bill]) -> Iterator[MonthlyLine]:
    """Schedules start a trimmer that has gone cold, Lambda asks the empty queue, and secrets and alarms are kept."""
    by_name = {bill.scenario.name: bill for bill in bills}
    written: dict[Metric, int] = {}
    for kind, seconds in template.schedules().items():
        starts = billing.starts_per_month(seconds)
        start = by_name[nothing_to_trim(Trimmed(kind.lower()))]
        written |= {
            metric: max(starts, written.get(metric, 0))  # as seldom as the schedule, or as often as another's
            for metric in start.measured["Trimmer"].metrics
        }
        dollars = starts * start.total(cold=ALL) / _MILLION
        yield MonthlyLine(f"starts of the trimmer of {kind.lower()}", starts, dollars)
    for what, amount, unit in (
        ("metrics of the trimmer, by the hour", _metric_months(written), Unit.METRIC_MONTHS),
        ("empty receives of Webhooks", billing.empty_receives_per_month(), Unit.SQS_REQUESTS),
        ("secrets", len(template.resources("AWS::SecretsManager::Secret")), Unit.SECRET_MONTHS),
        ("alarms", len(_alarms()), Unit.ALARM_MONTHS),
    ):
        yield MonthlyLine(what, amount, amount * _price(unit))


def _alarms() -> list[str]:
    """Those that a stack has by default: the others are there while its deployments are gradual."""
    conditions = {name: one.get("Condition") for name, one in template.template()["Resources"].items()}
    return [name for name in template.resources("AWS::CloudWatch::Alarm") if conditions[name] != "IsGradual"]


def _metric_months(written: Mapping[Metric, int]) -> float:
    return sum(map(billing.metric_months, written.values()))


def _stored_gb(bill: Bill, webhooks: int) -> float:
    """Of the log of events, once its retention is full; what Presence stores depends on members, not on webhooks."""
    memory = tables_in_memory()
    batches = [step for step in bill.scenario.measured if isinstance(step, Batch)]
    fill(memory, batches, batches[-1].webhooks[-1].received_at)
    events = [item for item in memory.as_boto3.scan(TableName="Events")["Items"] if "kind" in item]
    each = mean(item_size(event) for event in events) + _STORED_BESIDE
    kept_minutes = int(template.environment("Consumer")["EVENT_RETENTION_MINUTES"])
    return each * webhooks * billing.share_of_a_month(kept_minutes * 60) / billing.GB


def _price(unit: Unit) -> float:
    return price_list().of[unit]
