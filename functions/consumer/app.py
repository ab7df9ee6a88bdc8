"""Turns webhooks into presence."""

import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric
from botocore.config import Config

from rollcall import settings
from rollcall.channel_directory import ChannelDirectory
from rollcall.consume import Consumer, Delivery, Outcome
from rollcall.event_log import EventLog
from rollcall.events import Kind
from rollcall.faults import in_words
from rollcall.first_receipts import FirstReceipts
from rollcall.intake_figures import IntakeFigures
from rollcall.parking import Parking
from rollcall.presence_table import RegistersTable
from rollcall.records import CHANNELS, MEMBERS
from rollcall.redelivery import Failed, Redelivery
from rollcall.sandbox import Sandbox
from rollcall.sources import RetentionOfSources, Sources
from rollcall.tally import Tally
from rollcall.waiting import Waiting

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_WRITERS = 16  # threads that wait for DynamoDB at once; more gain nothing on one processor
_LATE = 10_000  # milliseconds before the end of the function's time, beyond which nothing more is written
_TOO_LATE = 5_000  # and beyond which nothing is done about what failed; a request and its retries end within them

_settings = settings.read(settings.ConsumerSettings)
_config = Config(
    connect_timeout=1,  # seconds; DynamoDB answers within milliseconds, or the connection is dead
    read_timeout=1,
    retries={"mode": "standard", "total_max_attempts": 2},  # SQS tries again, too
    max_pool_connections=_WRITERS,
    parameter_validation=False,  # DynamoDB checks, too; botocore's own check is 6 % of the processor time
    user_agent="rollcall",  # else botocore puts one together anew with every request, 12 % of the processor time
)
_session = boto3.Session()  # one, for a second one would cost 150 ms more
_dynamodb = _session.client("dynamodb", config=_config)


def _now() -> int:
    return time.time_ns() // 1_000_000


_retention_of = RetentionOfSources(
    settings.read_retention(),
    _sources := Sources(_session.client("ssm", config=_config), _settings.parameter_prefix, time.time),
)
_each = ThreadPoolExecutor(_WRITERS).map
_sqs = _session.client("sqs", config=_config)
_consumer = Consumer(
    secrets=_sources.secrets,
    receipts=FirstReceipts(_dynamodb, _settings.presence_table),
    members=RegistersTable(_dynamodb, _settings.presence_table, MEMBERS, _retention_of),
    channels=RegistersTable(_dynamodb, _settings.presence_table, CHANNELS, _retention_of),
    directory=ChannelDirectory(_dynamodb, _settings.presence_table, _retention_of, _now),
    log=EventLog(_dynamodb, _settings.events_table, _retention_of, _now),
    parking=Parking(_sqs, _settings.parked_queue_url),
    figures=IntakeFigures(_dynamodb, _settings.presence_table),
    now=_now,
    each=_each,
    interpret=Sandbox().interpret,
)
_redelivery = Redelivery(
    _sqs,
    _settings.webhooks_queue_url,
    settings.seconds(_settings.retry_seconds),
    Waiting(_dynamodb, _settings.presence_table),
    each=_each,
)
_logger = Logger()
_metrics = Metrics()


@_metrics.log_metrics
def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    deliveries = [_delivery(record) for record in event["Records"]]
    if any(map(_is_redriven, event["Records"])):
        _sources.look_again()
    outcome = _consumer.consume(deliveries, is_late=lambda: context.get_remaining_time_in_millis() < _LATE)
    failed = [_failed(record) for record in event["Records"] if record["messageId"] in outcome.retry]
    late = _redelivery.schedule(failed, _now(), is_late=lambda: context.get_remaining_time_in_millis() < _TOO_LATE)
    _report(outcome, len(deliveries))
    for (error, cause), times in Counter(map(_cause, late)).items():
        _logger.warning("webhooks come again late", error=error, cause=cause, times=times)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in sorted(outcome.retry)]}


def _delivery(record: dict[str, Any]) -> Delivery:
    # A redriven webhook is a new message of SQS's, and was received before.
    is_first = not _is_redriven(record) and record["attributes"]["ApproximateReceiveCount"] == "1"
    return Delivery(record["messageId"], record["body"], is_first)


def _failed(record: dict[str, Any]) -> Failed:
    attributes = record["attributes"]
    return Failed(record["receiptHandle"], int(attributes["ApproximateReceiveCount"]), int(attributes["SentTimestamp"]))


def _is_redriven(record: dict[str, Any]) -> bool:
    return "redriven" in record["messageAttributes"]


def _report(outcome: Outcome, deliveries: int) -> None:
    of_all_sources = reduce(Tally.merge, outcome.tallies.values(), Tally())
    figures = {
        "WebhooksReceived": deliveries,
        "WebhooksApplied": deliveries - len(outcome.parked) - len(outcome.retry),
        "WebhooksRetried": len(outcome.retry),
        "Events": outcome.events.total(),
        "LateEvents": of_all_sources.counts["late"],
        "RepeatedEvents": of_all_sources.counts["repeated"],
        "UnknownEvents": outcome.events[Kind.UNKNOWN],
        "ClocksAhead": outcome.clock_ahead,
        "FullBodies": outcome.may_have_lost_events,
    }
    for name, value in figures.items():
        _metrics.add_metric(name, MetricUnit.Count, value)
    if of_all_sources.longest_wait is not None:
        _metrics.add_metric("LongestWait", MetricUnit.Milliseconds, of_all_sources.longest_wait)
    if outcome.parked:
        # Of all reasons together, for the alarm; by itself, so that it costs nothing where nothing is parked.
        with single_metric("WebhooksParked", MetricUnit.Count, len(outcome.parked)):
            pass
    for message_id, trouble in outcome.parked.items():
        with single_metric("WebhooksParked", MetricUnit.Count, 1) as metric:
            metric.add_dimension("reason", trouble.reason)
        _logger.warning(
            "webhook parked",
            message_id=message_id,
            correlation_id=outcome.correlation_id(message_id),
            reason=trouble.reason,
            sentence=str(trouble),
        )
    # Each cause once: in a large batch thousands of writes may fail alike.
    for (error, cause), failures in _by_cause(outcome).items():
        brought_back = outcome.correlation_ids({each for carriers in failures for each in carriers})
        _logger.error(
            "webhooks to be retried", error=error, cause=cause, writes=len(failures), correlation_ids=brought_back
        )
    for (error, cause), sources in Counter(map(_cause, outcome.uncounted)).items():
        _logger.warning("figures not written", error=error, cause=cause, sources=sources)
    _logger.info("batch consumed", extra=figures, correlation_ids=outcome.correlation_ids(outcome.accounts))


def _by_cause(outcome: Outcome) -> dict[tuple[str, str], list[frozenset[str]]]:
    """The deliveries that each failure brings back, by its cause."""
    causes = defaultdict(list)
    for error, carriers in outcome.failures:
        causes[_cause(error)].append(carriers)
    return causes


def _cause(error: Exception) -> tuple[str, str]:
    """The error, and what was behind it."""
    return in_words(error), type(error.__cause__).__name__
