"""Records that have outlived their retention are deleted.

DynamoDB's own TTL deletes nearly all of them, free of charge, but promises no time; what it has not got to yet is
deleted here. It reads the whole table for that, which is why its schedule is daily: an index by time would cost a
write unit with every event.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollcall.aws import unavailable_on_failure
from rollcall.trimming import Report

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_AT_ONCE = 500  # records per request; deleting them takes five of the ten seconds that a run stops before its end


@dataclass(frozen=True)
class ExpiredTrimmer:
    """For one table, whose records have their keys in `pk` and `sk`. `now` gives Unix milliseconds."""

    client: "DynamoDBClient"
    table: str
    now: Callable[[], int]

    def run(self, report: Report, position: str, is_late: Callable[[], bool]) -> str:
        """Go through the table from behind `position`; return where to go on, or nothing at its end."""
        scan: dict[str, Any] = {
            "TableName": self.table,
            "FilterExpression": "expires_at < :now",
            "ProjectionExpression": "pk, sk",
            "ExpressionAttributeValues": self._now(),
            "Limit": _AT_ONCE,
        }
        if position:
            scan["ExclusiveStartKey"] = json.loads(position)
        while not is_late():
            with unavailable_on_failure("Reading expired records"):
                page = self.client.scan(**scan)
            report.examined += page["ScannedCount"]
            for key in page["Items"]:
                if not report.order.dry_run:
                    self._delete(key)
                report.trimmed["expired"] += 1
            if "LastEvaluatedKey" not in page:
                return ""
            scan["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        report.complete = False
        return json.dumps(scan["ExclusiveStartKey"]) if "ExclusiveStartKey" in scan else ""

    def _delete(self, key: Any) -> None:
        # Unless the record has been written anew since it was read.
        with (
            unavailable_on_failure("Deleting an expired record"),
            suppress(self.client.exceptions.ConditionalCheckFailedException),
        ):
            self.client.delete_item(
                TableName=self.table,
                Key=key,
                ConditionExpression="expires_at < :now",
                ExpressionAttributeValues=self._now(),
            )

    def _now(self) -> Any:
        return {":now": {"N": str(self.now() // 1000)}}
