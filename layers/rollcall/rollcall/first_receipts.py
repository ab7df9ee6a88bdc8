"""When a body that tells no time was first received.

Its events take their time from the receipt. So a retry of it would count as something newer, and undo what happened in
between: a channel that was vacated, joined by somebody, and told to be vacated again. A repeated body without a time is
one event instead, and its first receipt counts.

It is known by a digest of its bytes, for nothing else tells one webhook without a time from another.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from rollcall.aws import unavailable_on_failure
from rollcall.envelope import Envelope
from rollcall.events import PresenceEvent
from rollcall.keys import join

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Milliseconds. Pusher and sockudo, whose bodies are known to come without a time, repeat them for so long. Not longer:
# who leaves and comes back without any time being told sends the same body for something new.
_REPEATED_FOR = 5 * 60_000
_KEPT_FOR = 86_400  # seconds; much longer than it is asked for, since TTL is in no hurry either


@dataclass(frozen=True)
class FirstReceipts:
    """In the table Presence: a record for each body without a time, which DynamoDB's TTL deletes."""

    client: "DynamoDBClient"
    table: str

    def date(self, envelope: Envelope, events: Iterable[PresenceEvent]) -> list[PresenceEvent]:
        """The events of a body, those without a time at its first receipt. Costs a write if there are any.

        Raises `Unavailable`.
        """
        events = list(events)
        if all(event.timed for event in events):
            return events
        first = self._first(envelope)
        return [event if event.timed else replace(event, occurred_at=first, received_at=first) for event in events]

    def _first(self, envelope: Envelope) -> int:
        received_at = envelope.received_at
        times = {
            ":receipt": received_at,
            ":latest": received_at + _REPEATED_FOR,
            ":stale": received_at - _REPEATED_FOR,
            ":expires_at": received_at // 1000 + _KEPT_FOR,
        }
        with unavailable_on_failure("Reading the first receipt"):
            try:
                self.client.update_item(
                    TableName=self.table,
                    Key={
                        "pk": {"S": f"receipt#{hashlib.sha256(envelope.body).hexdigest()}"},
                        "sk": {"S": join(envelope.provider, envelope.source)},
                    },
                    UpdateExpression="SET first_received_at = :receipt, expires_at = :expires_at",
                    # Unless it is a repetition, or one that was received long ago and is redriven now.
                    ConditionExpression=(
                        "attribute_not_exists(first_received_at) OR first_received_at < :stale"
                        " OR first_received_at BETWEEN :receipt AND :latest"
                    ),
                    ExpressionAttributeValues={name: {"N": str(time)} for name, time in times.items()},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except self.client.exceptions.ConditionalCheckFailedException as failure:
                item = cast("Any", failure.response)["Item"]
                return min(received_at, int(item["first_received_at"]["N"]))
        return received_at
