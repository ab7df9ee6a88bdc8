"""Events that have outlived their retention are deleted from the log.

DynamoDB's own TTL deletes nearly all of them, free of charge, but promises no time. What is left is found by the log's
calendar (see `rollcall.event_log`), which tells the channels of which events expire on a day, and read from the old end
of each of these channels. What has not expired is not read, but for events that came late or are kept longer than those
that are due.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from rollcall import expiry
from rollcall.aws import unavailable_on_failure
from rollcall.event_log import calendar_page, entered
from rollcall.trimming import Report

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_WRITTEN_LATE = 3600  # seconds; more than enough for a writer whose time-out is 90 s
_AT_ONCE = 500  # records per request; deleting them takes five of the ten seconds that a run stops before its end


class _Due(NamedTuple):
    """An entry of the calendar: a channel, by its key, some of whose events expire after so many milliseconds."""

    entry: str
    channel: str
    retention: int


@dataclass(frozen=True)
class EventTrimmer:
    """`now` gives Unix milliseconds."""

    client: "DynamoDBClient"
    table: str
    now: Callable[[], int]

    def run(self, report: Report, position: str, is_late: Callable[[], bool]) -> str:
        """Go through the calendar from behind `position`, a shelf and a channel; return where to go on.

        Past days are done for good; today's is gone through in each run.
        """
        now = self.now()
        begin, _, after = position.partition(" ")
        # The next run goes through today again, for more has expired by then; and through the last hour of yesterday,
        # should an entry have been written late.
        resume = expiry.day_of(now // 1000 - _WRITTEN_LATE)
        for shelf in expiry.shelves(expiry.days(begin, now // 1000)):
            if shelf < begin:
                continue
            for due in self._due(shelf, after if shelf == begin else ""):
                if not self._trim_channel(due, now, report, is_late):
                    report.complete = False
                    return min(position, resume)
                position = f"{shelf} {due.entry}"
        return resume

    def _trim_channel(self, due: _Due, now: int, report: Report, is_late: Callable[[], bool]) -> bool:
        """Trim one channel; `False` if the time was over before its end."""
        query: dict[str, Any] = {
            "TableName": self.table,
            # No event of after this has expired; of those before, such as were late have not expired, either.
            "KeyConditionExpression": "pk = :pk AND sk < :before",
            "FilterExpression": "expires_at < :now",
            "ProjectionExpression": "pk, sk",
            "ExpressionAttributeValues": {
                ":pk": {"S": due.channel},
                ":before": {"S": f"{max(0, now - due.retention):015d}"},
                **_seconds(now),
            },
            "Limit": _AT_ONCE,
        }
        while not is_late():
            with unavailable_on_failure("Reading expired events"):
                page = self.client.query(**query)
            report.examined += page["ScannedCount"]
            for key in page["Items"]:
                if not report.order.dry_run:
                    self._delete(key, now)
                report.trimmed["expired"] += 1
            if "LastEvaluatedKey" not in page:
                return True
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        return False

    def _due(self, shelf: str, after: str) -> Iterator[_Due]:
        query: dict[str, Any] = {
            "TableName": self.table,
            "KeyConditionExpression": "pk = :day AND sk > :after",
            # No key is empty, so there is always something to be behind of.
            "ExpressionAttributeValues": {":day": {"S": calendar_page(shelf)}, ":after": {"S": after or " "}},
        }
        while True:
            with unavailable_on_failure("Reading the calendar of events"):
                page = self.client.query(**query)
            for item in page["Items"]:
                entry = item["sk"]["S"]
                yield _Due(entry, *entered(entry))
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _delete(self, key: Any, now: int) -> None:
        # Unless the record has been written anew since it was read.
        with (
            unavailable_on_failure("Deleting an expired event"),
            suppress(self.client.exceptions.ConditionalCheckFailedException),
        ):
            self.client.delete_item(
                TableName=self.table,
                Key=key,
                ConditionExpression="expires_at < :now",
                ExpressionAttributeValues=_seconds(now),
            )


def _seconds(now: int) -> Any:
    return {":now": {"N": str(now // 1000)}}
