"""`make redrive`: sends parked webhooks through again, once what stopped them is mended."""

import os
import time
from collections import Counter
from typing import TYPE_CHECKING

from tools.choice import chosen_stack
from tools.parked import give_back, looked_at, origin_of, receive_all, why_parked
from tools.stack import Stack
from tools.table import print_table
from tools.trouble import run

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

SHOW_EVERY = 100  # webhooks; about a second's work on AWS


def redrive(stack: Stack, reason: str | None) -> Counter[str]:
    """Moves what is parked for this reason (None: for any) back to the queue; says how many of which reason."""
    began = time.time() * 1000
    moved: Counter[str] = Counter()
    kept: list[MessageTypeDef] = []
    try:
        for message in receive_all(stack, stack.parked_queue):
            # What is parked again meanwhile would otherwise go round for ever.
            if reason not in (None, why_parked(message).reason) or int(message["Attributes"]["SentTimestamp"]) > began:
                kept.append(message)
                continue
            _move(stack, message)
            moved[why_parked(message).reason] += 1
            if moved.total() % SHOW_EVERY == 0:
                print(f"  ... {moved.total()} sent", flush=True)
    finally:
        give_back(stack, kept)
    return moved


def _move(stack: Stack, message: "MessageTypeDef") -> None:
    # Sent before deleted: a crash in between leaves it twice, which does no harm, and never lost.
    stack.aws.sqs.send_message(
        QueueUrl=stack.webhooks_queue, MessageBody=message["Body"], MessageGroupId=origin_of(message)
    )
    stack.aws.sqs.delete_message(QueueUrl=stack.parked_queue, ReceiptHandle=message["ReceiptHandle"])


def _count(stack: Stack, reason: str | None) -> Counter[str]:
    with looked_at(stack) as messages:
        return Counter(
            why_parked(message).reason for message in messages if reason in (None, why_parked(message).reason)
        )


def main() -> None:
    stack = chosen_stack()
    reason = os.environ.get("REASON") or None
    dry = bool(os.environ.get("DRY"))
    found = _count(stack, reason) if dry else redrive(stack, reason)
    if not found:
        print(f"Nothing is parked for the reason {reason}." if reason else "Nothing is parked.")
        return
    print_table(("reason", "would be sent" if dry else "sent"), sorted(found.items()))


if __name__ == "__main__":
    run(main)
