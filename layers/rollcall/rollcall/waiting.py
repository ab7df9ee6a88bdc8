"""How long webhooks that failed have waited, while they are hidden in the queue: for people who watch the intake.

SQS tells how many messages are hidden, and not since when they wait. So whoever hides some writes down the oldest: a
record in the table Presence for each minute in which some come again. It counts until then; what fails once more is
written down once more.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollcall.aws import unavailable_on_failure

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PARTITION = "waiting"  # its own, since every key of a channel holds a separator
_MINUTE = 60_000  # milliseconds; a record for each second would be written more often, and tell nothing more
_KEPT = 86_400  # seconds, after which TTL may delete a record


@dataclass(frozen=True)
class Waiting:
    """Both methods raise `Unavailable`; times are Unix milliseconds."""

    client: "DynamoDBClient"
    table: str

    def note(self, sent_at: int, until: int) -> None:
        """Messages, the oldest of which was sent at that time, are hidden until then."""
        minute = -(-until // _MINUTE) * _MINUTE
        older_known = self.client.exceptions.ConditionalCheckFailedException
        with unavailable_on_failure("Noting what waits"), suppress(older_known):
            self.client.update_item(
                TableName=self.table,
                Key={"pk": {"S": PARTITION}, "sk": {"S": f"{minute:015d}"}},
                UpdateExpression="SET sent_at = :sent_at, expires_at = :expires_at",
                ConditionExpression="attribute_not_exists(sent_at) OR sent_at > :sent_at",
                ExpressionAttributeValues={
                    ":sent_at": {"N": str(sent_at)},
                    ":expires_at": {"N": str(minute // 1000 + _KEPT)},
                },
            )

    def oldest(self, now: int) -> int | None:
        """When the oldest was sent of those that are hidden now; `None` if none is known."""
        with unavailable_on_failure("Asking what waits"):
            page = self.client.query(
                TableName=self.table,
                KeyConditionExpression="pk = :waiting AND sk >= :now",
                ExpressionAttributeValues={":waiting": {"S": PARTITION}, ":now": {"S": f"{now:015d}"}},
            )
        return min((int(item["sent_at"]["N"]) for item in page["Items"]), default=None)
