"""Every acknowledged webhook ends applied or parked, whatever fails on the way."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from rollcall.envelope import Envelope, open_envelope
from rollcall.events import PresenceEvent
from rollcall.providers.pubnub import parse
from rollcall.timestamps import to_iso
from tests import oracle
from tests.e2e.rollcall_client import RollcallClient, now, pubnub
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
    told = stack.aws.functions.get_function_configuration(FunctionName=stack.consumer)["Environment"]["Variables"]

    def set_up(environment: dict[str, str], visibility: str) -> None:
        functions = stack.aws.functions
        functions.update_function_configuration(FunctionName=stack.consumer, Environment={"Variables": environment})
        version = functions.publish_version(FunctionName=stack.consumer)["Version"]
        functions.update_alias(FunctionName=stack.consumer, Name="live", FunctionVersion=version)
        stack.aws.sqs.set_queue_attributes(QueueUrl=stack.webhooks_queue, Attributes={"VisibilityTimeout": visibility})

    set_up({**told, **variables}, "10")
    yield
    set_up(told, "540")


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


def _known_by(event: PresenceEvent) -> tuple[str, str]:
    return event.event_id, to_iso(event.occurred_at)
