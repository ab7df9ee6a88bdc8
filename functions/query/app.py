"""Answers who is where, and what becomes of webhooks."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from botocore.config import Config

from rollcall import answers, settings
from rollcall.backlog import OldestMessage, Queue
from rollcall.errors import Unauthorized, Unavailable
from rollcall.event_log import EventLog
from rollcall.intake_figures import IntakeFigures
from rollcall.operation import Operation
from rollcall.operation_routes import operation_routes
from rollcall.presence_reader import PresenceReader
from rollcall.presence_routes import presence_routes
from rollcall.read_api import api, require_key
from rollcall.reading import Reading
from rollcall.sources import RetentionOfSources, Sources
from rollcall.stack_secret import StackSecret
from rollcall.trimming import Bookmark
from rollcall.waiting import Waiting

_CONNECTIONS = 16  # channels of a listing that are looked at at once; more gain nothing on one processor

_settings = settings.read(settings.QuerySettings)
_config = Config(
    connect_timeout=1,  # seconds; DynamoDB answers within milliseconds, or the connection is dead
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=_CONNECTIONS,
)
_session = boto3.Session()  # one, for a second one would cost 150 ms more
_dynamodb = _session.client("dynamodb", config=_config)
_retention_of = RetentionOfSources(
    settings.read_retention(), Sources(_session.client("ssm", config=_config), _settings.parameter_prefix, time.time)
)


def _now() -> int:
    return time.time_ns() // 1_000_000


_each = ThreadPoolExecutor(_CONNECTIONS).map
_presence = PresenceReader(_dynamodb, _settings.presence_table)
_reading = Reading(
    presence=_presence,
    log=EventLog(_dynamodb, _settings.events_table, _retention_of, _now),
    retention_of=_retention_of,
    now=_now,
    each=_each,
)
_secrets = _session.client("secretsmanager", config=_config)
_read_key = StackSecret(_secrets, _settings.read_key_arn)
_url_secret = StackSecret(_secrets, _settings.url_secret_arn)
_sqs = _session.client("sqs", config=_config)
_operation = Operation(
    presence=_presence,
    figures=IntakeFigures(_dynamodb, _settings.presence_table),
    bookmark=Bookmark(_dynamodb, _settings.presence_table),
    webhooks=Queue(_sqs, _settings.webhooks_queue_url),
    parked=Queue(_sqs, _settings.parked_queue_url),
    oldest=OldestMessage(_session.client("cloudwatch", config=_config), _settings.webhooks_queue_url),
    hidden=Waiting(_dynamodb, _settings.presence_table),
    url_secret=lambda: _url_secret.keys()[0],
    now=_now,
    each=_each,
)
_app = api(presence_routes(_reading), operation_routes(_operation))
_logger = Logger()


def handler(request: dict[str, Any], context: Any) -> Any:
    answer: Any
    try:
        require_key(request, _read_key.keys)
    except Unauthorized as error:
        return answers.of_error(error)  # and no line in the log, which anybody could fill
    except Unavailable as error:
        answer = answers.of_error(error)
    else:
        answer = _app.resolve(request, context)
    # The path holds no names of users or channels: those are in the query, which is not logged.
    _logger.info("answered", extra={"path": request["rawPath"], "status": answer["statusCode"]})
    return answer
