"""Parked webhooks: which there are, and why. Looks at them and leaves them where they are."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tools.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

UNREADABLE = "unreadable"
FAILED = "failed every try"  # moved by SQS itself, which gives no reason
MOST = 10_000  # messages; SQS lets a queue have 120,000 in flight, and a person wants an answer
LOOK_SECONDS = 600  # how long a message is hidden from others while we look; from far away MOST take minutes
RECEIVE = 10  # messages; SQS hands out no more at once
EMPTY_ANSWERS = 2  # in a row; SQS may answer so although there are some
WAIT_SECONDS = 1  # any wait makes SQS ask all of its servers
_ORIGIN = re.compile(r"[a-z0-9-]+/[a-z0-9-]+")


class Why(NamedTuple):
    """Why a webhook was parked: in a word, and in a sentence where the consumer gave one."""

    reason: str
    sentence: str


@dataclass(frozen=True)
class Choice:
    """Which parked webhooks are meant: those of a reason, of a `provider/source`, or of these ids; `None` for any."""

    reason: str | None = None
    source: str | None = None
    ids: frozenset[str] | None = None

    def takes(self, message: "MessageTypeDef") -> bool:
        return (
            self.reason in (None, why_parked(message).reason)
            and self.source in (None, origin_of(message))
            and (self.ids is None or message["MessageId"] in self.ids)
        )


EVERYTHING = Choice()


def receive(stack: Stack) -> Iterator[list["MessageTypeDef"]]:
    """The parked messages, some at a time, hidden from other receivers for a while.

    One that was hidden for longer comes again, and its new receipt counts.
    """
    seen: set[str] = set()
    empty = 0
    while empty < EMPTY_ANSWERS and len(seen) < MOST:
        answer = stack.aws.sqs.receive_message(
            QueueUrl=stack.parked_queue,
            MaxNumberOfMessages=RECEIVE,
            VisibilityTimeout=LOOK_SECONDS,
            WaitTimeSeconds=WAIT_SECONDS,
            MessageAttributeNames=["reason", "sentence"],
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        messages = answer.get("Messages", [])
        # Those that come again are no sign of the end: behind them there may be others.
        empty = 0 if messages else empty + 1
        seen.update(message["MessageId"] for message in messages)
        yield messages


@contextmanager
def looked_at(stack: Stack, choice: Choice = EVERYTHING, most: int = MOST) -> Iterator[list["MessageTypeDef"]]:
    """The parked messages that are meant, so many at most; given back when the block ends."""
    received: dict[str, MessageTypeDef] = {}
    meant: dict[str, MessageTypeDef] = {}
    try:
        for messages in receive(stack):
            received |= _by_id(messages)
            meant |= _by_id(filter(choice.takes, messages))
            if len(meant) >= most:
                break
        yield list(meant.values())[:most]
    finally:
        give_back(stack, list(received.values()))


def are_more(stack: Stack) -> bool:
    """Whether more are parked, about, than are looked at."""
    return waiting_in(stack, stack.parked_queue) > MOST


def waiting_in(stack: Stack, queue: str) -> int:
    """About how many messages of a queue nobody is working on, or looking at."""
    answer = stack.aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def give_back(stack: Stack, messages: list["MessageTypeDef"]) -> None:
    """Shows the messages to other receivers again, at once."""
    for start in range(0, len(messages), RECEIVE):
        stack.aws.sqs.change_message_visibility_batch(
            QueueUrl=stack.parked_queue,
            Entries=[
                {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
                for index, message in enumerate(messages[start : start + RECEIVE])
            ],
        )


def _by_id(messages: Iterable["MessageTypeDef"]) -> "dict[str, MessageTypeDef]":
    return {message["MessageId"]: message for message in messages}


def why_parked(message: "MessageTypeDef") -> Why:
    attributes = message.get("MessageAttributes", {})
    texts = {name: attribute.get("StringValue", "") for name, attribute in attributes.items()}
    return Why(texts.get("reason", FAILED), texts.get("sentence", ""))


def origin_of(message: "MessageTypeDef") -> str:
    """`provider/source`, as far as the message says."""
    try:
        content = json.loads(message["Body"])
        origin = f"{content['provider']}/{content['source']}"
    except (ValueError, KeyError, TypeError, RecursionError):
        return UNREADABLE
    return origin if _ORIGIN.fullmatch(origin) else UNREADABLE


def counts(stack: Stack) -> Counter[tuple[Why, str]]:
    """How many are parked, by reason and `provider/source`."""
    with looked_at(stack) as messages:
        return counted(messages)


def counted(messages: list["MessageTypeDef"]) -> Counter[tuple[Why, str]]:
    return Counter((why_parked(message), origin_of(message)) for message in messages)


def rows(counts: Counter[tuple[Why, str]]) -> list[dict[str, object]]:
    """The counts, for a table."""
    return [
        {"webhooks": count, "reason": why.reason, "source": origin, "sentence": why.sentence}
        for (why, origin), count in sorted(counts.items())
    ]
