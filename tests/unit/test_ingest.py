"""Ingest says 200 for what SQS has, and for nothing else."""

import base64
import json
import socket
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ConnectTimeoutError

from rollcall import answers, errors, settings
from rollcall.bounds import LARGEST_BODY, LONGEST_HEADER, MOST_HEADERS
from rollcall.envelope import Envelope, Request, envelop, open_envelope
from rollcall.errors import RollcallError, Unavailable
from rollcall.tokens import make_token
from rollcall.webhook_queue import WebhookQueue
from tests.apps import imported

WEBHOOK = Envelope(
    provider="pusher", source="prod", received_at=1, request_id="r", headers={"x-pusher-key": "k"}, body=b"\x00{}"
)


@dataclass
class Answer:
    status_code: int


@dataclass
class Sqs:
    """Answers one after another, and keeps what it was sent."""

    answers: list[int | BotoCoreError]
    sent: list[AWSPreparedRequest] = field(default_factory=list)

    def send(self, request: AWSPreparedRequest) -> Answer:
        self.sent.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, BotoCoreError):
            raise answer
        return Answer(answer)


def queue(sqs: Any, endpoint: str | None = None) -> WebhookQueue:
    url = "https://sqs.eu-west-1.amazonaws.com/123456789012/webhooks"
    return WebhookQueue(url, endpoint, "eu-west-1", Credentials("key", "secret", "token"), http=sqs)


def timed_out() -> BotoCoreError:
    return ConnectTimeoutError(endpoint_url="https://sqs.eu-west-1.amazonaws.com/")


def test_a_webhook_is_sent_whole_and_signed_and_in_the_group_of_its_source() -> None:
    sqs = Sqs([200])
    queue(sqs).put(WEBHOOK)
    (request,) = sqs.sent
    message = json.loads(str(request.body))
    assert open_envelope(message["MessageBody"]) == WEBHOOK
    assert message["MessageGroupId"] == "pusher/prod"
    assert request.url == "https://sqs.eu-west-1.amazonaws.com/"
    assert request.headers["X-Amz-Target"] == "AmazonSQS.SendMessage"
    assert "Credential=key/" in request.headers["Authorization"]
    assert request.headers["X-Amz-Security-Token"] == "token"


def test_a_webhook_does_not_wait_for_the_acknowledgement_of_its_headers() -> None:
    http = WebhookQueue("", None, "eu-west-1", Credentials("key", "secret")).http
    assert (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1) in vars(http)["_socket_options"]


def test_a_queue_that_need_not_be_fair_costs_no_more_than_any_other() -> None:
    sqs = Sqs([200])
    replace(queue(sqs), fair=False).put(WEBHOOK)
    assert "MessageGroupId" not in json.loads(str(sqs.sent[0].body))


def test_a_webhook_that_x_ray_follows_takes_its_trace_along() -> None:
    sqs = Sqs([200, 200])
    queue(sqs).put(WEBHOOK, "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")
    queue(sqs).put(WEBHOOK)
    traced, untraced = (request.headers for request in sqs.sent)
    assert traced["x-amzn-trace-id"] == "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"
    assert "x-amzn-trace-id" not in untraced


@pytest.mark.parametrize(("header", "told"), [("Root=1-2;Sampled=1", True), ("Root=1-2;Sampled=0", False), ("", False)])
def test_only_what_x_ray_samples_is_traced(monkeypatch: pytest.MonkeyPatch, header: str, told: bool) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
    assert settings.read_trace() == (header if told else None)


def test_an_aws_on_this_machine_is_asked_instead() -> None:
    sqs = Sqs([200])
    queue(sqs, "http://127.0.0.1:4566").put(WEBHOOK)
    assert sqs.sent[0].url == "http://127.0.0.1:4566/"


@pytest.mark.parametrize("first", [500, 503, timed_out()])
def test_what_fails_once_is_tried_again(first: int | BotoCoreError) -> None:
    sqs = Sqs([first, 200])
    queue(sqs).put(WEBHOOK)
    assert len(sqs.sent) == 2


@pytest.mark.parametrize("failure", [400, 403, 500, timed_out()])
def test_what_sqs_does_not_take_is_not_acknowledged(failure: int | BotoCoreError) -> None:
    with pytest.raises(Unavailable):
        queue(Sqs([failure, failure])).put(WEBHOOK)


@pytest.mark.parametrize("encoded", [True, False])
def test_the_bytes_are_kept_as_they_came(encoded: bool) -> None:
    body = '{"é": "\uffff"}'
    request: Request = {
        "requestContext": {"http": {"method": "POST"}, "requestId": "r", "timeEpoch": 1},
        "pathParameters": {"provider": "pusher", "source": "prod"},
        "headers": {},
        "body": base64.b64encode(body.encode()).decode() if encoded else body,
        "isBase64Encoded": encoded,
    }
    assert envelop(request).body == body.encode()


def test_a_request_without_a_body_is_an_empty_webhook() -> None:
    request: Request = {
        "requestContext": {"http": {"method": "POST"}, "requestId": "r", "timeEpoch": 1},
        "pathParameters": {"provider": "pusher", "source": "prod"},
        "headers": {},
        "isBase64Encoded": False,
    }
    assert envelop(request).body == b""


@pytest.fixture
def ingest(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    module = imported("Ingest", monkeypatch)
    monkeypatch.setattr(module, "_queue", queue(Sqs([200])))
    return module


@pytest.mark.parametrize(
    ("headers", "size", "status"),
    [
        ({}, LARGEST_BODY, 200),
        ({}, LARGEST_BODY + 1, 413),
        ({"x": "y" * (LONGEST_HEADER - 1)}, 2, 200),
        ({"x": "y" * LONGEST_HEADER}, 2, 413),
        ({f"x-{n}": "y" for n in range(MOST_HEADERS)}, 2, 200),
        ({f"x-{n}": "y" for n in range(MOST_HEADERS + 1)}, 2, 413),
    ],
)
def test_what_no_provider_means_is_refused(ingest: ModuleType, headers: dict[str, str], size: int, status: int) -> None:
    answer = ingest.handler(
        {
            "requestContext": {"http": {"method": "POST"}, "requestId": "r", "timeEpoch": 1},
            "pathParameters": {
                "provider": "pusher",
                "source": "prod",
                "token": make_token(ingest._settings.url_secret, "pusher", "prod"),
            },
            "headers": headers,
            "body": " " * size,
            "isBase64Encoded": False,
        },
        None,
    )
    assert answer["statusCode"] == status


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.InvalidParameter("limit is wrong."), 400),
        (errors.Unauthorized("No key."), 401),
        (errors.NotFound("Nothing here."), 404),
        (errors.BodyTooLarge("Too large."), 413),
        (errors.TooLarge("Too large."), 413),
        (errors.InvalidRetention("Wrong."), 500),
        (errors.Unavailable("Throttled."), 503),
    ],
)
def test_each_error_has_its_status_and_its_sentence(error: RollcallError, status: int) -> None:
    answer = answers.of_error(error)
    assert (answer["statusCode"], json.loads(answer["body"])) == (status, {"error": str(error)})
