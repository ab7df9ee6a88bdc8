"""When webhooks that failed come again: after seconds at first, and after the longer, the more often they have failed.

Left alone, what failed would wait for the queue's visibility time-out, which is there for functions that died.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from rollcall.aws import unavailable_on_failure
from rollcall.each import Each
from rollcall.errors import Unavailable
from rollcall.waiting import Waiting

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


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

    def schedule(self, failed: Iterable[Failed], now: int, is_late: Callable[[], bool]) -> list[Unavailable]:
        """See to it that messages come again in time; return what did not work, whereupon they come again later.

        `is_late` says that nothing may be begun any more.
        """
        oldest: dict[int, int] = {}
        requests = []
        for message in failed:
            wait = self._wait(message.receives)
            oldest[wait] = min(message.sent_at, oldest.get(wait, message.sent_at))
            requests.append(partial(self._hide, message, wait))
        requests += [partial(self.waiting.note, sent_at, now + wait * 1000) for wait, sent_at in oldest.items()]
        return [trouble for trouble in self.each(partial(_attempt, is_late), requests) if trouble]

    def _wait(self, receives: int) -> int:
        return self.waits[receives - 1] if receives <= len(self.waits) else 0

    def _hide(self, message: Failed, seconds: int) -> None:
        with unavailable_on_failure("Bringing a failed webhook back in time"):
            self.client.change_message_visibility(
                QueueUrl=self.queue_url, ReceiptHandle=message.receipt, VisibilityTimeout=seconds
            )


def _attempt(is_late: Callable[[], bool], request: Callable[[], None]) -> Unavailable | None:
    if is_late():
        return Unavailable("The function's time was over before failed webhooks were brought back in time.")
    try:
        request()
    except Unavailable as error:
        return error
    return None
