"""Records of presence that have outlived their retention are deleted: members who left long ago, and their channels.

DynamoDB's own TTL deletes nearly all of them, free of charge, but promises no time; what it has not got to when the day
is over is deleted here. It finds them on the shelves of past days (see `rollcall.expiry`), and reads nothing else. A
record stays on its first shelf, however often it is written; if it turns out not to have expired, it gets a new one.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollcall import expiry
from rollcall.aws import unavailable_on_failure
from rollcall.trimming import Report

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class TombstoneTrimmer:
    """`now` gives Unix milliseconds."""

    client: "DynamoDBClient"
    table: str
    now: Callable[[], int]

    def run(self, report: Report, position: str, is_late: Callable[[], bool]) -> str:
        """Go through the shelves of past days from `position` on; return where to go on: today, at the end."""
        now = self.now() // 1000
        *past, _today = expiry.days(position, now)
        for shelf in expiry.shelves(past):
            if shelf >= position and not self._clear(shelf, now, report, is_late):
                report.complete = False
                return shelf
        return expiry.day_of(now)

    def _clear(self, shelf: str, now: int, report: Report, is_late: Callable[[], bool]) -> bool:
        """Clear one shelf; `False` if the time was over before."""
        for key in self._on(shelf):
            if is_late():
                return False
            report.examined += 1
            expires_at = self._expires_at(key)
            if expires_at is None:
                continue  # deleted meanwhile, or no longer to be
            if expires_at < now:
                report.trimmed["expired"] += 1
                if not report.order.dry_run:
                    self._delete(key, now)
            elif not report.order.dry_run:
                self._put_on(expiry.shelf(expires_at, key["pk"]["S"], key["sk"]["S"]), key, shelf)
        return True

    def _on(self, shelf: str) -> Iterator[Any]:
        query: dict[str, Any] = {
            "TableName": self.table,
            "IndexName": "expiring",
            "KeyConditionExpression": "shelf = :shelf",
            "ExpressionAttributeValues": {":shelf": {"S": shelf}},
        }
        while True:
            with unavailable_on_failure("Reading a shelf"):
                page = self.client.query(**query)
            for item in page["Items"]:
                yield {"pk": item["pk"], "sk": item["sk"]}
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _expires_at(self, key: Any) -> int | None:
        with unavailable_on_failure("Reading an expired record"):
            # Consistent, so that a record that was written just now is not put on a shelf of before.
            item = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item", {})
        return int(item["expires_at"]["N"]) if "expires_at" in item else None

    def _delete(self, key: Any, now: int) -> None:
        # Unless the record has been written anew since it was read.
        with (
            unavailable_on_failure("Deleting an expired record"),
            suppress(self.client.exceptions.ConditionalCheckFailedException),
        ):
            self.client.delete_item(
                TableName=self.table,
                Key=key,
                ConditionExpression="expires_at < :now",
                ExpressionAttributeValues={":now": {"N": str(now)}},
            )

    def _put_on(self, shelf: str, key: Any, read: str) -> None:
        # Unless it has been deleted, by TTL or by another run.
        with (
            unavailable_on_failure("Moving a record to its new shelf"),
            suppress(self.client.exceptions.ConditionalCheckFailedException),
        ):
            self.client.update_item(
                TableName=self.table,
                Key=key,
                UpdateExpression="SET shelf = :shelf",
                ConditionExpression="shelf = :read",
                ExpressionAttributeValues={":read": {"S": read}, ":shelf": {"S": shelf}},
            )
