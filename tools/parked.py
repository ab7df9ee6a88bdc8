"""`make parked`: which webhooks are parked, and why. Looks at them and leaves them where they are."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from tools.choice import chosen_stack
from tools.stack import Stack
from tools.table import print_table
from tools.trouble import run

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


def receive_all(stack: Stack, queue: str) -> Iterator["MessageTypeDef"]:
    """Each message of the queue once, hidden from other receivers for a while."""
    seen: set[str] = set()
    empty = 0
    while empty < EMPTY_ANSWERS and len(seen) < MOST:
        answer = stack.aws.sqs.receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=RECEIVE,
            VisibilityTimeout=LOOK_SECONDS,
            WaitTimeSeconds=WAIT_SECONDS,
            MessageAttributeNames=["reason", "sentence"],
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        fresh = [message for message in answer.get("Messages", []) if message["MessageId"] not in seen]
        empty = 0 if fresh else empty + 1
        seen.update(message["MessageId"] for message in fresh)
        yield from fresh


@contextmanager
def looked_at(stack: Stack) -> Iterator[list["MessageTypeDef"]]:
    """The parked messages, given back when the block ends."""
    messages: list[MessageTypeDef] = []
    try:
        messages.extend(receive_all(stack, stack.parked_queue))
        yield messages
    finally:
        give_back(stack, messages)


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


class Why(NamedTuple):
    """Why a webhook was parked: in a word, and in a sentence where the consumer gave one."""

    reason: str
    sentence: str


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
        return Counter((why_parked(message), origin_of(message)) for message in messages)


def main() -> None:
    found = counts(chosen_stack())
    if not found:
        print("Nothing is parked.")
        return
    rows = [(count, why.reason, origin, why.sentence) for (why, origin), count in sorted(found.items())]
    print_table(("webhooks", "reason", "source", ""), rows)
    if found.total() >= MOST:
        print(f"\nThere are more: only the first {MOST} were looked at.")
    print("\nOnce the cause is mended, `make redrive` sends them through again; REASON=... takes those of one reason.")


if __name__ == "__main__":
    run(main)
