"""What failed comes again after seconds, the more the more often it failed, and is known to wait meanwhile."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from botocore.exceptions import EndpointConnectionError

from rollcall.errors import Unavailable
from rollcall.redelivery import Failed, Redelivery
from rollcall.waiting import Waiting
from tools.own_rollcall import tables_in_memory

NOW = 1_800_000_000_000  # Unix milliseconds
NO_ANSWER = EndpointConnectionError(endpoint_url="https://sqs.example/")
WAITS = (10, 30, 90)  # seconds


@dataclass
class Sqs:
    """Hides messages; if it is in trouble, only those that it has `heard` of."""

    hidden: dict[str, int] = field(default_factory=dict)
    trouble: Exception | None = None
    heard: tuple[str, ...] = ()

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:  # noqa: N803  SQS's names
        assert QueueUrl == "webhooks"
        if self.trouble and ReceiptHandle not in self.heard:
            raise self.trouble
        self.hidden[ReceiptHandle] = VisibilityTimeout


@dataclass
class World:
    time_is_over: bool = False
    sqs: Sqs = field(default_factory=Sqs)
    waiting: Waiting = field(default_factory=lambda: Waiting(tables_in_memory().as_boto3, "Presence"))

    def schedule(self, *failed: Failed) -> list[Unavailable]:
        return Redelivery(cast("Any", self.sqs), "webhooks", WAITS, self.waiting).schedule(
            failed, NOW, lambda: self.time_is_over
        )


def failed(receipt: str, receives: int = 1, waited: int = 1) -> Failed:
    return Failed(receipt, receives, NOW - waited * 1000)


def test_the_more_often_a_webhook_failed_the_later_it_comes_again_and_after_the_last_time_at_once() -> None:
    world = World()
    assert world.schedule(*(failed(str(receives), receives) for receives in (1, 2, 3, 4, 5))) == []
    assert world.sqs.hidden == {"1": 10, "2": 30, "3": 90, "4": 0, "5": 0}


def test_a_whole_batch_that_failed_comes_again() -> None:
    world = World()
    assert world.schedule(*(failed(str(number)) for number in range(100))) == []
    assert set(world.sqs.hidden.values()) == {10}
    assert len(world.sqs.hidden) == 100


def test_when_the_time_is_over_nothing_is_asked_any_more() -> None:
    world = World(time_is_over=True)
    assert len(world.schedule(failed("a"), failed("b"))) == 3
    assert (world.sqs.hidden, world.waiting.oldest(NOW)) == ({}, None)


def test_where_nothing_failed_nothing_is_asked() -> None:
    assert World(sqs=Sqs(trouble=NO_ANSWER)).schedule() == []


def test_what_sqs_does_not_hide_is_told_and_the_rest_is_hidden() -> None:
    world = World(sqs=Sqs(trouble=NO_ANSWER, heard=("a", "c")))
    (trouble,) = world.schedule(failed("a"), failed("b"), failed("c"))
    assert str(trouble) == "Bringing a failed webhook back in time failed."
    assert world.sqs.hidden == {"a": 10, "c": 10}


def test_while_sqs_does_not_answer_it_is_told_and_what_waits_is_noted() -> None:
    world = World(sqs=Sqs(trouble=NO_ANSWER))
    assert len(world.schedule(failed("a", 1, waited=5), failed("b", 3, waited=70))) == 2
    assert world.waiting.oldest(NOW) == NOW - 70_000


@pytest.mark.parametrize(("later", "since"), [(0, 130), (30, 130), (91, None)])
def test_what_failed_waits_until_it_comes_again(later: int, since: int | None) -> None:
    world = World()
    world.schedule(failed("a", 1, waited=1), failed("b", 2, waited=130))
    oldest = world.waiting.oldest(NOW + later * 1000)
    assert oldest == (None if since is None else NOW - since * 1000)
