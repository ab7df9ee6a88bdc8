"""Parked webhooks: which there are, and why. Looks at them and leaves them where they are."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tools.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

UNREADABLE = "unreadable"
FAILED = "failed five times"  # moved by SQS itself, which gives no reason
MOST = 10_000  # messages; SQS lets a queue have 120,000 in flight, and a person wants an answer
LOOK_SECONDS = 120  # how long a message is hidden from others while we look; it is given back before
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
    """Each parked message once, some at a time, hidden from other receivers for a while."""
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
        fresh = [message for message in answer.get("Messages", []) if message["MessageId"] not in seen]
        empty = 0 if fresh else empty + 1
        seen.update(message["MessageId"] for message in fresh)
        yield fresh


@contextmanager
def looked_at(stack: Stack, choice: Choice = EVERYTHING, most: int = MOST) -> Iterator[list["MessageTypeDef"]]:
    """The parked messages that are meant, so many at most; given back when the block ends."""
    received: list[MessageTypeDef] = []
    meant: list[MessageTypeDef] = []
    try:
        for messages in receive(stack):
            received += messages
            meant += filter(choice.takes, messages)
            if len(meant) >= most:
                break
        yield meant[:most]
    finally:
        give_back(stack, received)


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
