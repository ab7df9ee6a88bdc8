"""Every acknowledged webhook ends applied or parked, whatever fails on the way."""

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from rollcall.envelope import Envelope, open_envelope
from rollcall.events import PresenceEvent
from rollcall.providers.pubnub import parse
from rollcall.timestamps import to_iso
from tests import oracle
from tests.e2e.rollcall_client import RollcallClient, now, pubnub
from tools.endurance import patience
from tools.endurance.faulty_aws import Fault, faulty_aws
from tools.parked import looked_at
from tools.redrive import redrive
from tools.stack import Stack

WEBHOOKS = 2_000
CLIENTS = 8
SOURCE = "faults"
DAY = 86_400_000  # milliseconds; the lease
SHARE = 0.4  # of the requests to DynamoDB fail: enough that some webhooks fail every time
QUICK = (Fault.THROTTLED, Fault.RESET_BEFORE, Fault.RESET_AFTER)  # time-outs would make the test minutes longer


@contextmanager
def impatient_consumer(stack: Stack, **variables: str) -> Iterator[None]:
    """The consumer, with more in its environment, and with seconds instead of minutes until a webhook comes again."""
    told = patience.environment(stack)
    patience.set_up(stack, {**patience.impatient(told, 1), **variables}, 10)
    yield
    patience.set_up(stack, told, 540)


@contextmanager
def consumer_with(stack: Stack, **variables: str) -> Iterator[None]:
    told = patience.environment(stack)
    patience.set_up(stack, {**told, **variables}, 540)
    try:
        yield
    finally:
        patience.set_up(stack, told, 540)


def wait_until(condition: Callable[[], bool], seconds: float) -> float:
    """Return how many seconds it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "It takes too long."
        time.sleep(0.05)
    return time.monotonic() - began


def story(seed: int) -> list[bytes]:
    """Webhooks of 40 users who come to and go from 8 rooms; a tenth of them is sent twice, and all are in disorder."""
    chance = random.Random(seed)
    begin = now() - WEBHOOKS * 10
    sent = [
        pubnub(
            (
                chance.choice(("joined", "joined", "left")),
                f"room-{chance.randrange(8)}",
                f"user-{chance.randrange(40)}",
            ),
            at=begin + number * 10,
        )
        for number in range(WEBHOOKS * 9 // 10)
    ]
    sent += chance.sample(sent, WEBHOOKS - len(sent))
    chance.shuffle(sent)
    return sent


def events_of(bodies: list[bytes]) -> list[PresenceEvent]:
    received = now()
    return [
        event
        for body in bodies
        for event in parse(
            Envelope(provider="pubnub", source=SOURCE, received_at=received, request_id="", headers={}, body=body)
        )
    ]


def assert_presence_is_right(rollcall: RollcallClient, events: list[PresenceEvent]) -> None:
    for place in oracle.places(events):
        expected = {member.user for member in oracle.answer(events, place, DAY, now()).members}
        assert rollcall.users("pubnub", SOURCE, place.channel) == expected, place


def test_with_writes_failing_at_random_nothing_that_was_acknowledged_is_lost(rollcall: RollcallClient) -> None:
    stack = rollcall.stack
    bodies = story(seed=7)
    with faulty_aws(stack.aws.endpoint or "", share=SHARE, seed=7, faults=QUICK) as faulty:
        with impatient_consumer(stack, AWS_ENDPOINT_URL_DYNAMODB=faulty.endpoint):
            with ThreadPoolExecutor(CLIENTS) as clients:
                answers = list(clients.map(lambda body: rollcall.post("pubnub", SOURCE, body), bodies))
            rollcall.settle()
        assert faulty.failures.total() > WEBHOOKS / 10

    acknowledged = [body for body, answer in zip(bodies, answers, strict=True) if answer.status == 200]
    assert len(acknowledged) == WEBHOOKS
    with looked_at(stack) as messages:
        envelopes = [open_envelope(message["Body"]) for message in messages]
    parked = [envelope.body for envelope in envelopes if envelope.source == SOURCE]
    applied = list(acknowledged)
    for body in parked:
        applied.remove(body)  # each parked webhook is one of those acknowledged
    logged = {
        (event["event_id"], event["occurred_at"])
        for channel in {event.channel for event in events_of(bodies)}
        for event in rollcall.tell("events", "pubnub", SOURCE, channel=channel, limit=1000)["events"]
    }
    assert logged >= {_known_by(event) for event in events_of(applied)}

    redrive(stack)
    rollcall.settle()
    assert_presence_is_right(rollcall, events_of(acknowledged))


@pytest.mark.parametrize("service", ["DYNAMODB", "SSM"])
def test_what_fails_once_is_readable_after_seconds_and_is_known_to_wait_until_then(
    rollcall: RollcallClient, service: str
) -> None:
    stack = rollcall.stack
    with (
        faulty_aws(stack.aws.endpoint or "", share=1, seed=7, faults=(Fault.THROTTLED,)) as faulty,
        consumer_with(stack, **{f"AWS_ENDPOINT_URL_{service}": faulty.endpoint}),
    ):
        assert rollcall.post("pubnub", f"once-{service.lower()}", pubnub(("joined", "room", "ann"))).status == 200
        # Two attempts each at the directory and the log, or at the secrets.
        wait_until(lambda: faulty.failures.total() >= (4 if service == "DYNAMODB" else 2), 60)
        faulty.share = 0
        if service == "SSM":  # or what waits may not have been noted: that is a write, too
            wait_until(lambda: (rollcall.intake()["oldest_waiting_seconds"] or 0) >= 2, 10)
        took = wait_until(lambda: rollcall.users("pubnub", f"once-{service.lower()}", "room") == {"ann"}, 30)
        print(f"Readable {took:.1f} s later.")  # noqa: T201
        rollcall.settle()
        assert rollcall.intake()["oldest_waiting_seconds"] == 0


def _known_by(event: PresenceEvent) -> tuple[str, str]:
    return event.event_id, to_iso(event.occurred_at)
