"""Looking at many parked webhooks takes time, and SQS hides what we hold from others for a while only."""

import json
from typing import Any

import pytest

from tools import parked
from tools.parked import Choice, are_more
from tools.redrive import redrive
from tools.stack import Stack


class Sqs:
    """Parked, on a clock on which every call takes a second; it hands out first what it has had longest."""

    def __init__(self, sources: list[str]) -> None:
        self.now = 0
        self.bodies = {str(number): _webhook(source) for number, source in enumerate(sources)}
        self.hidden_until = dict.fromkeys(self.bodies, 0)
        self.receipts: dict[str, str] = {}
        self.sent: list[str] = []
        self.parks_again = False  # what is sent

    def receive_message(self, *, VisibilityTimeout: int, **_question: object) -> Any:  # noqa: N803  as boto3 has it
        self.now += 1
        handed_out = self.visible()[:10]
        for name in handed_out:
            self.hidden_until[name] = self.now + VisibilityTimeout
            self.receipts[name] = f"{name} at {self.now}"
        return {"Messages": [self._message(name) for name in handed_out]}

    def delete_message(self, *, ReceiptHandle: str, **_question: object) -> None:  # noqa: N803
        self.now += 1
        del self.hidden_until[ReceiptHandle.partition(" ")[0]]

    def change_message_visibility_batch(self, *, Entries: Any, **_question: object) -> None:  # noqa: N803
        for entry in Entries:
            name = entry["ReceiptHandle"].partition(" ")[0]
            if self.receipts[name] == entry["ReceiptHandle"]:  # an older receipt counts no more
                self.hidden_until[name] = self.now

    def send_message(self, *, MessageBody: str, **_question: object) -> None:  # noqa: N803
        self.now += 1
        self.sent.append(MessageBody)
        if self.parks_again:
            name = str(len(self.bodies))
            self.bodies[name], self.hidden_until[name] = MessageBody, 0

    def get_queue_attributes(self, **_question: object) -> Any:
        return {"Attributes": {"ApproximateNumberOfMessages": str(len(self.visible()))}}

    def visible(self) -> list[str]:
        return [name for name, until in self.hidden_until.items() if until <= self.now]

    def _message(self, name: str) -> Any:
        return {
            "MessageId": name,
            "ReceiptHandle": self.receipts[name],
            "Body": self.bodies[name],
        }


def _webhook(source: str) -> str:
    return json.dumps({"provider": "pusher", "source": source})


def stack_with(sqs: Sqs) -> Stack:
    class Api:
        def __init__(self) -> None:
            self.sqs = sqs

    aws: Any = Api()
    return Stack("rollcall", aws, {"ParkedQueueUrl": "parked", "WebhooksQueueUrl": "webhooks"})


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Sqs:
    """Others are parked before those that are meant, and come out again before all of these are sent."""
    monkeypatch.setattr(parked, "LOOK_SECONDS", 40)
    return Sqs(["other"] * 30 + ["meant"] * 30)


def test_a_redrive_of_many_reaches_all_that_are_meant_and_hides_none_of_the_others(sqs: Sqs) -> None:
    assert redrive(stack_with(sqs), Choice(source="pusher/meant")).total() == 30
    assert sqs.sent == [_webhook("meant")] * 30
    assert [sqs.bodies[name] for name in sqs.visible()] == [_webhook("other")] * 30


def test_what_is_parked_again_at_once_is_sent_once_and_waits_for_the_next_redrive(sqs: Sqs) -> None:
    sqs.parks_again = True
    assert redrive(stack_with(sqs), Choice(source="pusher/meant")).total() == 30
    assert sqs.sent == [_webhook("meant")] * 30
    assert len(sqs.visible()) == 60


def test_it_is_told_when_more_are_parked_than_are_looked_at(sqs: Sqs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parked, "MOST", 60)
    assert not are_more(stack_with(sqs))
    monkeypatch.setattr(parked, "MOST", 59)
    assert are_more(stack_with(sqs))
