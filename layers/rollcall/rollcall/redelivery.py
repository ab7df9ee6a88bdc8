"""When webhooks that failed come again: after seconds at first, and after the longer, the more often they have failed.

Left alone, what failed would wait for the queue's visibility time-out, which is there for functions that died.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import batched
from typing import TYPE_CHECKING, NamedTuple

from rollcall.aws import unavailable_on_failure
from rollcall.each import Each
from rollcall.errors import Unavailable
from rollcall.waiting import Waiting

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_LARGEST_BATCH = 10  # messages, the most that SQS takes in one request


class Failed(NamedTuple):
    """A message that failed: SQS's handle of it, how often it was received, and when it was sent (in milliseconds)."""

    receipt: str
    receives: int
    sent_at: int


@dataclass(frozen=True)
class Redelivery:
    """`waits` has the seconds after the first failure, the second and so on; after the last one SQS parks at once."""

    client: "SQSClient"
    queue_url: str
    waits: Sequence[int]
    waiting: Waiting
    each: Each = map

    def schedule(self, failed: Iterable[Failed], now: int) -> list[Unavailable]:
        """See to it that messages come again in time; return what did not work, whereupon they come again later."""
        alike: dict[int, list[Failed]] = defaultdict(list)
        for message in failed:
            alike[self._wait(message.receives)].append(message)
        requests = [
            partial(self._hide, wait, some)
            for wait, messages in alike.items()
            for some in batched(messages, _LARGEST_BATCH, strict=False)
        ] + [
            partial(self.waiting.note, min(message.sent_at for message in messages), now + wait * 1000)
            for wait, messages in alike.items()
        ]
        return [trouble for trouble in self.each(_attempt, requests) if trouble]

    def _wait(self, receives: int) -> int:
        return self.waits[receives - 1] if receives <= len(self.waits) else 0

    def _hide(self, seconds: int, messages: Sequence[Failed]) -> None:
        with unavailable_on_failure("Bringing failed webhooks back in time"):
            answer = self.client.change_message_visibility_batch(
                QueueUrl=self.queue_url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": message.receipt, "VisibilityTimeout": seconds}
                    for number, message in enumerate(messages)
                ],
            )
        if answer.get("Failed"):
            raise Unavailable(f"SQS left {len(answer['Failed'])} failed webhooks hidden for longer.")


def _attempt(request: "partial[None]") -> Unavailable | None:
    try:
        request()
    except Unavailable as error:
        return error
    return None
