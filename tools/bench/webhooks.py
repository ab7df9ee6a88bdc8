"""Webhooks of Pusher's for benchmarks, in the three shapes whose price differs."""

import json
from collections.abc import Iterable, Iterator
from itertools import batched
from typing import NamedTuple

from rollcall.envelope import Envelope, seal
from rollcall.keys import SourceKey
from tools.demo.dialects import pusher_signature

SOURCE = SourceKey("pusher", "main")
_KEY = "bench"
_SECRET = "straw"  # noqa: S105  guards nothing

_PER_CHANNEL = 10  # members: an ordinary room
_MS_APART = 10  # milliseconds from one webhook to the next


class Change(NamedTuple):
    """A member of a channel comes or goes."""

    joins: bool
    member: int

    def as_pusher_tells_it(self) -> dict[str, str]:
        return {
            "name": "member_added" if self.joins else "member_removed",
            "channel": f"presence-room-{self.member // _PER_CHANNEL}",
            "user_id": f"user-{self.member}",
        }


class Webhook(NamedTuple):
    at: int
    body: bytes
    events: int


class Shape(NamedTuple):
    """The changes that arrive while one batch of the queue is gathered, and how many come in one webhook."""

    name: str
    changes: tuple[tuple[Change, ...], ...]
    per_webhook: int
    is_churn: bool = False

    def batches(self, began: int) -> Iterator[list[Webhook]]:
        """One list for each batch of the queue, later ones later."""
        for number, changes in enumerate(self.changes):
            yield list(_webhooks(changes, self.per_webhook, began + number * len(changes) * _MS_APART))


def _everybody(members: int) -> tuple[tuple[Change, ...], ...]:
    return tuple(tuple(Change(joins, member) for member in range(members)) for joins in (True, False))


def _churn(members: int, changes: int) -> tuple[tuple[Change, ...], ...]:
    """All members change, and change again. With an odd number of changes each batch leaves them the other way."""
    turns = tuple(Change(turn % 2 == 0, member) for turn in range(2 * changes) for member in range(members))
    return turns[: members * changes], turns[members * changes :]


SHAPES = (
    Shape("singly", _everybody(100), per_webhook=1),
    Shape("in batches of 20", _everybody(200), per_webhook=20),
    Shape("as churn: 20 members x 5", _churn(members=20, changes=5), per_webhook=1, is_churn=True),
)


def secrets(_source: SourceKey, /, *, doubted: bool = False) -> object:  # noqa: ARG001  as StoredSecrets has it
    return {"tokens": [{"key": _KEY, "secret": _SECRET}]}


def as_message(webhook: Webhook) -> str:
    """As ingest puts it on the queue."""
    return seal(
        Envelope(
            provider=SOURCE.provider,
            source=SOURCE.source,
            received_at=webhook.at,
            request_id="bench",
            headers={
                "content-type": "application/json",
                "x-pusher-key": _KEY,
                "x-pusher-signature": pusher_signature(webhook.body, _SECRET),
            },
            body=webhook.body,
        )
    )


def as_record(webhook: Webhook, number: int) -> dict[str, object]:
    """As SQS hands it to a function, when the body was enqueued as it came."""
    return {
        "messageId": f"message-{number}",
        "receiptHandle": "straw",
        "body": webhook.body.decode(),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": str(webhook.at),
            "SenderId": "straw",
            "ApproximateFirstReceiveTimestamp": str(webhook.at),
        },
        "messageAttributes": {},
        "md5OfBody": "0" * 32,
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:Webhooks",
        "awsRegion": "us-east-1",
    }


def _webhooks(changes: Iterable[Change], per_webhook: int, began: int) -> Iterator[Webhook]:
    for number, some in enumerate(batched(changes, per_webhook, strict=False)):
        at = began + number * _MS_APART
        events = [change.as_pusher_tells_it() for change in some]
        yield Webhook(at, json.dumps({"time_ms": at, "events": events}).encode(), len(events))
