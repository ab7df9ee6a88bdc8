"""Trims what a schedule, or a person, asks it to."""

import time
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric
from botocore.config import Config

from rollcall import settings
from rollcall.event_log import EventLog
from rollcall.event_trimmer import EventTrimmer
from rollcall.member_trimmer import MemberTrimmer
from rollcall.presence_reader import PresenceReader
from rollcall.sources import RetentionOfSources, Sources
from rollcall.tombstone_trimmer import TombstoneTrimmer
from rollcall.trimming import Bookmark, Mark, Order, Report, Run, Trimmed, Trimmer

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_LATE = 10_000  # milliseconds before the end of the function's time; 500 deletions end within them


def _now() -> int:
    return time.time_ns() // 1_000_000


_settings = settings.read(settings.TrimmerSettings)
_session = boto3.Session()
_dynamodb = _session.client("dynamodb", config=Config(retries={"mode": "standard", "total_max_attempts": 5}))
_retention_of = RetentionOfSources(
    settings.read_retention(), Sources(_session.client("ssm"), _settings.parameter_prefix, time.time)
)
_bookmark = Bookmark(_dynamodb, _settings.presence_table)
_trimmers: dict[Trimmed, Trimmer] = {
    Trimmed.MEMBERS: MemberTrimmer(
        _dynamodb,
        _settings.presence_table,
        PresenceReader(_dynamodb, _settings.presence_table),
        EventLog(_dynamodb, _settings.events_table, _retention_of, _now),
        _retention_of,
        _now,
    ),
    Trimmed.TOMBSTONES: TombstoneTrimmer(_dynamodb, _settings.presence_table, _now),
    Trimmed.EVENTS: EventTrimmer(_dynamodb, _settings.events_table, _now),
}
_logger = Logger()
_metrics = Metrics()


@_metrics.log_metrics
def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    order = Order.model_validate(event)
    report = Report(order)
    before = Mark() if order.dry_run else _bookmark.read(order.kind)
    end = _trimmers[order.kind].run(report, before.position, lambda: context.get_remaining_time_in_millis() < _LATE)
    if not order.dry_run:
        _bookmark.write(order.kind, end, Run(_now(), report.complete))
    _logger.info("trimmed", extra=report.as_json())
    if not order.dry_run:
        _metrics.add_dimension("kind", order.kind)
        _metrics.add_metric("Trimmed", MetricUnit.Count, report.trimmed.total())
        _metrics.add_metric("RefusedSources", MetricUnit.Count, len(report.refused_sources))
        _metrics.add_metric("IncompleteRuns", MetricUnit.Count, 0 if report.complete else 1)
        _tell_if_behind(is_behind=not (before.complete or report.complete))
    return report.as_json()


def _tell_if_behind(*, is_behind: bool) -> None:
    # By itself, without the kind: an alarm looks at one metric of all kinds.
    with single_metric("RunsBehind", MetricUnit.Count, 1 if is_behind else 0):
        pass
