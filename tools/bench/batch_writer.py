"""The consumer with boto3's `batch_writer`, to compare with: the fastest way to write that is documented.

It gathers puts of many webhooks, 25 to a request, the last one for each key. A batch takes no conditions: what is
stored cannot be asked whether it is newer, and one webhook's failure fails all of its batch.

https://docs.aws.amazon.com/boto3/latest/guide/dynamodb.html#batch-writing
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.table import BatchWriter

from tools.bench.straightforward import WebhookRecord, logged, member

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEY = ["pk", "sk"]
_AT_ONCE = 25  # as `batch_writer` has it; DynamoDB takes no more


class BatchWriterConsumer:
    """Takes SQS batches, whose records hold Pusher's webhooks as they came."""

    def __init__(self, client: "DynamoDBClient", *, log: bool) -> None:
        self._client = client
        self._log = log

    def __call__(self, batch: dict[str, Any]) -> None:
        webhooks = [WebhookRecord.model_validate(record).body for record in batch["Records"]]
        events = [
            (webhook.time_ms, position, event) for webhook in webhooks for position, event in enumerate(webhook.events)
        ]
        self._write("Presence", (member(event, at) for at, _, event in events))
        if self._log:
            self._write("Events", (logged(event, at, position) for at, position, event in events))

    def _write(self, table: str, items: Iterable[dict[str, Any]]) -> None:
        # What `Table.batch_writer` makes, for a client that takes items as DynamoDB does.
        with BatchWriter(table, self._client, flush_amount=_AT_ONCE, overwrite_by_pkeys=_KEY) as writer:
            for item in items:
                writer.put_item(Item=item)
