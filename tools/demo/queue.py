"""Waiting until all webhooks are applied or parked."""

import time

from tools.stack import Stack
from tools.trouble import Trouble

PATIENCE_SECONDS = 60  # a hundred webhooks take two


def wait_until_empty(stack: Stack, patience: float = PATIENCE_SECONDS) -> None:
    """Returns when nothing waits and nothing is being worked on."""
    deadline = time.monotonic() + patience
    while left := _left(stack):
        if time.monotonic() > deadline:
            raise Trouble(
                f"{left} webhooks are still in the queue after {patience:.0f} s: the consumer does not get on"
                " with them; what it says is in .local/aws.log and in its log group."
            )
        time.sleep(0.2)


def _left(stack: Stack) -> int:
    answer = stack.aws.sqs.get_queue_attributes(
        QueueUrl=stack.webhooks_queue,
        AttributeNames=[
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ],
    )
    return sum(int(count) for count in answer["Attributes"].values())
