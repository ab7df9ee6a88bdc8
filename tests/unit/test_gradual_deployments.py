"""Each failure of a handler that should stop a gradual deployment is seen by an alarm that its deployment is told of.

What a handler raises Lambda counts itself; what it answers is read off its log, or counted by it.
"""

import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

import pytest
from botocore.exceptions import EndpointConnectionError

from rollcall.bounds import LARGEST_BODY
from rollcall.consume import Delivery
from rollcall.errors import Unavailable
from rollcall.operation_routes import operation_routes
from rollcall.presence_routes import presence_routes
from rollcall.read_api import api
from rollcall.redelivery import Redelivery
from rollcall.stack_secret import StackSecret
from rollcall.tokens import make_token
from rollcall.waiting import Waiting
from tests.apps import imported
from tests.fakes import Secrets, World
from tests.histories import START
from tests.unit.test_consumer_log import Context
from tests.unit.test_ingest import Sqs, queue
from tests.unit.test_read_api import Failing, request
from tests.unit.test_tally import Broken, delivery
from tools.own_rollcall import tables_in_memory
from tools.template import resources

ALARMS = resources("AWS::CloudWatch::Alarm")
LOG_OF = {name: one["LoggingConfig"]["LogGroup"] for name, one in resources("AWS::Serverless::Function").items()}
SILENT = EndpointConnectionError(endpoint_url="https://aws.example")

type Lines = list[dict[str, Any]]


def watched(function: str) -> set[tuple[str, str]]:
    """The metrics whose alarms stop a deployment of the function, with their namespaces."""
    told = resources("AWS::Serverless::Function")[function]["DeploymentPreference"]["Alarms"]
    return {(ALARMS[alarm]["Namespace"], ALARMS[alarm]["MetricName"]) for alarm in told}


def counted(function: str, lines: Lines) -> set[tuple[str, str]]:
    """The metrics that CloudWatch counts more than nothing of, by what the function logged."""
    return {*_by_the_function(lines), *_by_filters(function, lines)}


def _by_the_function(lines: Lines) -> Iterator[tuple[str, str]]:
    for line in lines:
        for about in line.get("_aws", {}).get("CloudWatchMetrics", []):
            for name in (metric["Name"] for metric in about["Metrics"]):
                value = line[name]
                # An alarm looks at what has the stack's name for its only dimension.
                if about["Dimensions"] == [["service"]] and (sum(value) if isinstance(value, list) else value):
                    yield about["Namespace"], name


def _by_filters(function: str, lines: Lines) -> Iterator[tuple[str, str]]:
    for one in resources("AWS::Logs::MetricFilter").values():
        (metric,) = one["MetricTransformations"]
        if one["LogGroupName"] == LOG_OF[function] and any(
            _matches(one["FilterPattern"], line) and line["service"] == "rollcall" for line in lines
        ):
            yield metric["MetricNamespace"], metric["MetricName"]


def _matches(pattern: str, line: dict[str, Any]) -> bool:
    """As much of CloudWatch's language as the template uses."""
    found = re.fullmatch(r'\{ \$\.(\w+) (=|>=) "?([\w ]+)"? \}', pattern)
    assert found
    value = line.get(found[1])
    return value == found[3] if found[2] == "=" else isinstance(value, int) and value >= int(found[3])


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> Callable[[], Lines]:
    def read() -> Lines:
        own = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        # As Lambda writes what Python's own logging is told: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
        return own + [{**vars(record), "message": record.getMessage()} for record in caplog.records]

    caplog.set_level(logging.INFO)
    return read


def on_stdout(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # The logger keeps the output that there was when the first of its name was made.
    monkeypatch.setattr(module._logger.registered_handler, "stream", sys.stdout)


class Silent:
    """A client of any service, which does not answer."""

    def __getattr__(self, _operation: str) -> Callable[..., Any]:
        def be_silent(**_request: Any) -> Any:
            raise SILENT

        return be_silent


# ---- Ingest --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sqs", "size", "status"), [([SILENT, SILENT], 2, 503), ([500, 500], 2, 503), ([200], LARGEST_BODY + 1, 413)]
)
def test_a_webhook_that_ingest_refuses(
    sqs: list[Any], size: int, status: int, monkeypatch: pytest.MonkeyPatch, logged: Callable[[], Lines]
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    ingest = imported("Ingest", monkeypatch)
    monkeypatch.setattr(ingest, "_queue", queue(Sqs(sqs)))
    token = make_token(ingest._settings.url_secret, "pusher", "prod")
    webhook = {
        "requestContext": {"http": {"method": "POST"}, "requestId": "r", "timeEpoch": 1},
        "pathParameters": {"provider": "pusher", "source": "prod", "token": token},
        "headers": {},
        "body": " " * size,
        "isBase64Encoded": False,
    }
    assert ingest.handler(webhook, None)["statusCode"] == status
    assert counted("Ingest", logged()) & watched("Ingest")


def test_a_wrong_address_stops_nothing(monkeypatch: pytest.MonkeyPatch, logged: Callable[[], Lines]) -> None:
    """Anybody on the internet can ask for one."""
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    ingest = imported("Ingest", monkeypatch)
    webhook = {
        "requestContext": {"http": {"method": "POST"}, "requestId": "r"},
        "pathParameters": {"provider": "pusher", "source": "prod", "token": "guessed"},
    }
    assert ingest.handler(webhook, None)["statusCode"] == 404
    assert counted("Ingest", logged()) == set()


# ---- Consumer ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("webhook", "broken"),
    [
        (delivery(("join", "ann", START)), {"members": Broken(Unavailable("Throttled."))}),  # it comes again
        (delivery(("join", "ann", START)), {"log": Broken(Unavailable("Throttled."))}),
        (delivery(name="nonsense"), {}),  # it is parked
        (Delivery("none", "nonsense"), {}),
    ],
)
def test_a_webhook_that_the_consumer_does_not_apply(
    webhook: Delivery, broken: dict[str, Any], monkeypatch: pytest.MonkeyPatch, logged: Callable[[], Lines]
) -> None:
    assert counted("Consumer", consumed(webhook, broken, monkeypatch, logged)) & watched("Consumer")


def test_a_webhook_that_is_applied_stops_nothing(monkeypatch: pytest.MonkeyPatch, logged: Callable[[], Lines]) -> None:
    lines = consumed(delivery(("join", "ann", START)), {}, monkeypatch, logged)
    assert not counted("Consumer", lines) & watched("Consumer")


def consumed(
    webhook: Delivery, broken: dict[str, Any], monkeypatch: pytest.MonkeyPatch, logged: Callable[[], Lines]
) -> Lines:
    consumer, world = imported("Consumer", monkeypatch), World(time=START + 70_000)
    monkeypatch.setattr(consumer, "_consumer", replace(world.consumer(), **broken))
    redelivery = Redelivery(cast("Any", Silent()), "webhooks", (10,), Waiting(tables_in_memory().as_boto3, "Presence"))
    monkeypatch.setattr(consumer, "_redelivery", redelivery)
    on_stdout(consumer, monkeypatch)
    record = {
        "messageId": webhook.message_id,
        "body": webhook.body,
        "receiptHandle": "receipt",
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": str(START)},
        "messageAttributes": {},
    }
    consumer.handler({"Records": [record]}, Context())
    return logged()


# ---- Query ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secrets", [Secrets("key"), Secrets("", SILENT)])
def test_a_question_that_query_cannot_answer(
    secrets: Secrets, monkeypatch: pytest.MonkeyPatch, logged: Callable[[], Lines]
) -> None:
    query = imported("Query", monkeypatch)
    on_stdout(query, monkeypatch)
    monkeypatch.setattr(query, "_read_key", StackSecret(cast("Any", secrets), "arn"))
    failing = cast("Any", Failing(Unavailable("Throttled.")))
    monkeypatch.setattr(query, "_app", api(presence_routes(failing), operation_routes(failing)))
    answer = query.handler({**request("/intake", ""), "headers": {"authorization": "Bearer key"}}, None)
    assert answer["statusCode"] == 503
    assert counted("Query", logged()) & watched("Query")


def test_who_guesses_keys_stops_nothing(monkeypatch: pytest.MonkeyPatch, logged: Callable[[], Lines]) -> None:
    query = imported("Query", monkeypatch)
    on_stdout(query, monkeypatch)
    monkeypatch.setattr(query, "_read_key", StackSecret(cast("Any", Secrets("key")), "arn"))
    assert query.handler({**request("/intake", ""), "headers": {}}, None)["statusCode"] == 401
    assert counted("Query", logged()) == set()
