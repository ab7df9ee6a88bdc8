import json
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from tools import parked
from tools.aws import Aws
from tools.parked import FAILED, UNREADABLE, Why, counts
from tools.redrive import redrive
from tools.stack import Stack

BODY = json.dumps({"provider": "pusher", "source": "prod", "body": "anything"})


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    monkeypatch.setattr(parked, "EMPTY_ANSWERS", 1)  # moto tells all it has at once
    monkeypatch.setattr(parked, "WAIT_SECONDS", 0)
    with mock_aws():
        aws = Aws(boto3.Session("test", "test", region_name="us-east-1"))
        queues = {name: aws.sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("Webhooks", "Parked")}
        yield Stack("rollcall", aws, {f"{name}QueueUrl": url for name, url in queues.items()})


def _park(stack: Stack, reason: str | None, body: str = BODY) -> None:
    attributes = {"reason": {"DataType": "String", "StringValue": reason}} if reason else {}
    stack.aws.sqs.send_message(QueueUrl=stack.parked_queue, MessageBody=body, MessageAttributes=attributes)  # type: ignore[arg-type]


def _waiting(stack: Stack) -> list[str]:
    answer = stack.aws.sqs.receive_message(QueueUrl=stack.webhooks_queue, MaxNumberOfMessages=10)
    return [message["Body"] for message in answer.get("Messages", [])]


def test_looking_takes_nothing_away(stack: Stack) -> None:
    _park(stack, "unverified")
    _park(stack, None)
    expected = {(Why("unverified", ""), "pusher/prod"): 1, (Why(FAILED, ""), "pusher/prod"): 1}
    assert counts(stack) == expected
    assert counts(stack) == expected


def test_a_redrive_sends_what_was_parked_as_it_was(stack: Stack) -> None:
    _park(stack, "unverified")
    assert redrive(stack, None) == {"unverified": 1}
    assert _waiting(stack) == [BODY]
    assert not counts(stack)


def test_a_redrive_for_one_reason_leaves_the_others(stack: Stack) -> None:
    _park(stack, "unverified")
    _park(stack, "missing_secret")
    assert redrive(stack, "missing_secret") == {"missing_secret": 1}
    assert counts(stack) == {(Why("unverified", ""), "pusher/prod"): 1}


@pytest.mark.parametrize("body", ["[]", "nonsense", '{"provider": "a b", "source": "ä"}', "[" * 100_000])
def test_what_cannot_be_read_can_be_redriven(stack: Stack, body: str) -> None:
    _park(stack, "unreadable_envelope", body)
    assert counts(stack) == {(Why("unreadable_envelope", ""), UNREADABLE): 1}
    assert redrive(stack, None).total() == 1
    assert _waiting(stack) == [body]
