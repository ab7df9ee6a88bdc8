"""The consumer as one would first write it, to compare with: Powertools' batch processor, and a put for each event.

As Powertools' documentation shows it, with the body validated by pydantic. It writes what Rollcall's own tables hold of
a member, so that the same questions can be asked: who is in a channel, where is a user. It trusts the order in which
webhooks come: a late or a repeated one leaves it wrong.

https://docs.aws.amazon.com/powertools/python/latest/utilities/batch/
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.parser.types import Json
from pydantic import BaseModel

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Handler = Callable[[dict[str, Any]], Any]

_KEPT_SECONDS = 31 * 86_400  # as long as Rollcall keeps a member with the template's defaults
_LOGGED_SECONDS = 7 * 86_400  # as long as Rollcall keeps an event


class MemberEvent(BaseModel):
    name: Literal["member_added", "member_removed"]
    channel: str
    user_id: str


class Webhook(BaseModel):
    """A webhook of Pusher's: https://pusher.com/docs/channels/server_api/webhooks"""

    time_ms: int
    events: list[MemberEvent]


class WebhookRecord(SqsRecordModel):
    body: Json[Webhook]


def straightforward_consumer(client: "DynamoDBClient", *, log: bool) -> Handler:
    """A handler for SQS batches, whose records hold Pusher's webhooks as they came."""
    processor = BatchProcessor(event_type=EventType.SQS, model=WebhookRecord)

    def handle(record: WebhookRecord) -> None:
        webhook: Webhook = record.body
        for position, event in enumerate(webhook.events):
            client.put_item(TableName="Presence", Item=member(event, webhook.time_ms))
            if log:
                client.put_item(TableName="Events", Item=logged(event, webhook.time_ms, position))

    return lambda batch: process_partial_response(event=batch, record_handler=handle, processor=processor)


def member(event: MemberEvent, at: int) -> dict[str, Any]:
    """The record in Presence; `at` in Unix milliseconds."""
    channel = f"pusher#main#{event.channel}"
    sort_key = f"member#{event.user_id}#"
    there = event.name == "member_added"
    return {
        "pk": {"S": channel},
        "sk": {"S": sort_key},
        "who": {"S": f"pusher#main#{event.user_id}"},
        "status": {"S": "online" if there else "offline"},
        "since": {"N": str(at)},
        "expires_at": {"N": str(at // 1000 + _KEPT_SECONDS)},
        **({"here": {"S": channel}, "arrived": {"S": f"{at:015d}#{sort_key}"}} if there else {}),
    }


def logged(event: MemberEvent, at: int, position: int) -> dict[str, Any]:
    """The record in Events; `position` is the event's in its webhook."""
    return {
        "pk": {"S": f"pusher#main#{event.channel}"},
        "sk": {"S": f"{at:015d}#{position:04d}#{event.user_id}"},
        "kind": {"S": event.name},
        "user": {"S": event.user_id},
        "occurred_at": {"N": str(at)},
        "expires_at": {"N": str(at // 1000 + _LOGGED_SECONDS)},
    }
