"""Takes webhooks out of Parked: back to the queue, once what stopped them is mended, or away for good."""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from tools.parked import EVERYTHING, Choice, Why, give_back, looked_at, origin_of, receive, why_parked
from tools.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

type Taken = Counter[tuple[Why, str]]
type Heard = Callable[[int], None]
type Take = Callable[[Stack, Choice, Heard], Taken]

HEARD_EVERY = 100  # webhooks; some seconds' work on AWS, more from far away


def redrive(stack: Stack, choice: Choice = EVERYTHING, heard: Heard = lambda _count: None) -> Taken:
    """Moves what is meant back to the queue; says how many, by reason and source. `heard` hears how far it has come."""
    return _take(stack, choice, _send_again, heard)


def discard(stack: Stack, choice: Choice, heard: Heard = lambda _count: None) -> Taken:
    """Deletes what is meant: nothing will ever apply it."""
    return _take(stack, choice, lambda _stack, _message: None, heard)


def _take(stack: Stack, choice: Choice, first: "Callable[[Stack, MessageTypeDef], None]", heard: Heard) -> Taken:
    meant = _as_of_now(stack, choice)
    taken: Taken = Counter()
    held: dict[str, MessageTypeDef] = {}
    try:
        for messages in receive(stack):
            held |= {message["MessageId"]: message for message in messages}
            for message in filter(meant.takes, messages):
                first(stack, message)
                stack.aws.sqs.delete_message(QueueUrl=stack.parked_queue, ReceiptHandle=message["ReceiptHandle"])
                del held[message["MessageId"]]
                taken[why_parked(message), origin_of(message)] += 1
                if taken.total() % HEARD_EVERY == 0:
                    heard(taken.total())
    finally:
        give_back(stack, list(held.values()))
    return taken


def _as_of_now(stack: Stack, choice: Choice) -> Choice:
    """What is parked by now: what is parked again meanwhile, for its cause is not mended, would go round for ever."""
    if choice.ids is not None:
        return choice
    with looked_at(stack, choice) as messages:
        return Choice(ids=frozenset(message["MessageId"] for message in messages))


def _send_again(stack: Stack, message: "MessageTypeDef") -> None:
    # Sent before deleted: a crash in between leaves it twice, which does no harm, and never lost.
    stack.aws.sqs.send_message(
        QueueUrl=stack.webhooks_queue,
        MessageBody=message["Body"],
        MessageGroupId=origin_of(message),
        # By this the consumer looks at the stored secrets again, and does not count the webhook as received again.
        MessageAttributes={"redriven": {"DataType": "String", "StringValue": "yes"}},
    )
