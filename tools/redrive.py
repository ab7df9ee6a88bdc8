"""Takes webhooks out of Parked: back to the queue, once what stopped them is mended, or away for good."""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from tools.aws import time_of
from tools.parked import EVERYTHING, Choice, Why, give_back, origin_of, receive, why_parked
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
    began = _now(stack)
    taken: Taken = Counter()
    held: dict[str, MessageTypeDef] = {}
    try:
        for messages in receive(stack):
            held |= {message["MessageId"]: message for message in messages}
            for message in filter(choice.takes, messages):
                if int(message["Attributes"]["SentTimestamp"]) > began:
                    continue  # what is parked again meanwhile would otherwise go round for ever
                first(stack, message)
                stack.aws.sqs.delete_message(QueueUrl=stack.parked_queue, ReceiptHandle=message["ReceiptHandle"])
                del held[message["MessageId"]]
                taken[why_parked(message), origin_of(message)] += 1
                if taken.total() % HEARD_EVERY == 0:
                    heard(taken.total())
    finally:
        give_back(stack, list(held.values()))
    return taken


def _now(stack: Stack) -> float:
    """The end of this second, in Unix milliseconds, by SQS's clock, which says when a message was parked."""
    answer = stack.aws.sqs.get_queue_attributes(QueueUrl=stack.parked_queue, AttributeNames=["QueueArn"])
    return (time_of(answer).timestamp() + 1) * 1000


def _send_again(stack: Stack, message: "MessageTypeDef") -> None:
    # Sent before deleted: a crash in between leaves it twice, which does no harm, and never lost.
    stack.aws.sqs.send_message(
        QueueUrl=stack.webhooks_queue,
        MessageBody=message["Body"],
        MessageGroupId=origin_of(message),
        # Or the consumer would count as received again what was received before it was parked.
        MessageAttributes={"redriven": {"DataType": "String", "StringValue": "yes"}},
    )
