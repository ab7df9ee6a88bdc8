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
WAITS = (10, 30, 90)  # seconds


@dataclass
class Sqs:
    """Hides messages, but for those that it refuses."""

    hidden: dict[str, int] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    trouble: Exception | None = None

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803  SQS's names
        assert QueueUrl == "webhooks"
        assert len({entry["Id"] for entry in Entries}) == len(Entries) <= 10
        if self.trouble:
            raise self.trouble
        taken = [entry for entry in Entries if entry["ReceiptHandle"] not in self.refused]
        self.hidden |= {entry["ReceiptHandle"]: entry["VisibilityTimeout"] for entry in taken}
        return {"Successful": [], "Failed": [entry for entry in Entries if entry not in taken]}


@dataclass
class World:
    sqs: Sqs = field(default_factory=Sqs)
    waiting: Waiting = field(default_factory=lambda: Waiting(tables_in_memory().as_boto3, "Presence"))

    def schedule(self, *failed: Failed) -> list[Unavailable]:
        return Redelivery(cast("Any", self.sqs), "webhooks", WAITS, self.waiting).schedule(failed, NOW)


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


def test_where_nothing_failed_nothing_is_asked() -> None:
    assert World(Sqs(trouble=EndpointConnectionError(endpoint_url="https://sqs.example/"))).schedule() == []


def test_what_sqs_does_not_hide_is_told_and_the_rest_is_hidden() -> None:
    world = World(Sqs(refused=("b",)))
    (trouble,) = world.schedule(failed("a"), failed("b"), failed("c"))
    assert str(trouble) == "SQS left 1 failed webhooks hidden for longer."
    assert world.sqs.hidden == {"a": 10, "c": 10}


def test_while_sqs_does_not_answer_it_is_told_and_what_waits_is_noted() -> None:
    world = World(Sqs(trouble=EndpointConnectionError(endpoint_url="https://sqs.example/")))
    assert len(world.schedule(failed("a", 1, waited=5), failed("b", 3, waited=70))) == 2
    assert world.waiting.oldest(NOW) == NOW - 70_000


@pytest.mark.parametrize(("later", "since"), [(0, 130), (30, 130), (91, None)])
def test_what_failed_waits_until_it_comes_again(later: int, since: int | None) -> None:
    world = World()
    world.schedule(failed("a", 1, waited=1), failed("b", 2, waited=130))
    oldest = world.waiting.oldest(NOW + later * 1000)
    assert oldest == (None if since is None else NOW - since * 1000)
