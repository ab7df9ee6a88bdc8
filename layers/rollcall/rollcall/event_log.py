"""The table Events: what happened in each channel, by time.

A record's key says all that tells its event from others, so a repeated webhook rewrites the same record.

Beside the records stands a calendar, by which the trimmer finds what has expired: for each day, the channels of which
events expire then. An entry is written once a day per channel and running writer, in the same request as the events.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import TYPE_CHECKING, Any

from rollcall import expiry
from rollcall.aws import Sleep, attempts, unavailable_on_failure
from rollcall.errors import Unavailable
from rollcall.events import Kind, PresenceEvent
from rollcall.keys import ChannelKey, event_channel, join
from rollcall.presence_table import RetentionOf

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, WriteRequestUnionTypeDef

_LARGEST_BATCH = 25  # records, the most that DynamoDB takes in one request
_REMEMBERED = 50_000  # entries of the calendar; about 20 MB, and beyond it forgetting all costs a write for each anew


type _Record = "dict[str, AttributeValueTypeDef]"
type _Keyed = dict[tuple[str, str], _Record]
"""Records by their keys, for a request that names one record twice is refused."""


@dataclass(frozen=True)
class EventLog:
    """`now` gives Unix milliseconds."""

    client: "DynamoDBClient"
    table: str
    retention_of: RetentionOf
    now: Callable[[], int]
    sleep: Sleep = field(default=time.sleep, kw_only=True)
    _entered: set[tuple[str, str]] = field(default_factory=set)

    def write(self, events: Iterable[PresenceEvent]) -> None:
        """Write all events or, raising `Unavailable`, perhaps only some; none that the source's log does not keep."""
        records: _Keyed = {}
        entries: _Keyed = {}
        for event in events:
            channel = event_channel(event)
            retention = self.retention_of(channel.of_source)
            if retention.logs(event):
                expires_at = retention.event_expires_at(event.occurred_at, event.received_at)
                _add(records, _record(channel, event, expires_at))
                if expires_at is not None:
                    _add(entries, self._entry(channel, expires_at, retention.event_retention_minutes))
        for entered in self._entered & entries.keys():
            del entries[entered]
        for some in batched((entries | records).values(), _LARGEST_BATCH, strict=False):
            self._write([{"PutRequest": {"Item": record}} for record in some])
        if len(self._entered) >= _REMEMBERED:
            self._entered.clear()
        self._entered.update(entries)

    def read(
        self,
        channel: ChannelKey,
        begin: int,
        end: int,
        *,
        after: str = "",
        at_once: int = 1000,
        newest_first: bool = False,
    ) -> Iterator[tuple[str, PresenceEvent]]:
        """The events from `begin` until before `end` (Unix milliseconds), each with its sort key.

        Begins behind the sort key `after`, in the order that is asked for. Raises `Unavailable`.
        """
        first, last = f"{begin:015d}", f"{end:015d}"
        if newest_first:
            last = min(last, after or last)
        else:
            first = max(first, after)
        if first >= last:
            return  # DynamoDB refuses to look between a key and an earlier one
        query: dict[str, Any] = {
            "TableName": self.table,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :begin AND :end",
            "ExpressionAttributeValues": {
                ":pk": {"S": str(channel)},
                # A time by itself sorts before the keys of its events.
                ":begin": {"S": first},
                ":end": {"S": last},
            },
            "Limit": at_once,
            "ScanIndexForward": not newest_first,
        }
        while True:
            with unavailable_on_failure("Reading events"):
                page = self.client.query(**query)
            for item in page["Items"]:
                if item["sk"]["S"] != after:
                    yield item["sk"]["S"], _event(channel, item)
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _write(self, left: "Sequence[WriteRequestUnionTypeDef]") -> None:
        for _ in attempts(self.sleep):
            with unavailable_on_failure("Writing events"):
                answer = self.client.batch_write_item(RequestItems={self.table: left})
            left = answer["UnprocessedItems"].get(self.table, [])
            if not left:
                return
        raise Unavailable("Writing events was throttled.")

    def _entry(self, channel: ChannelKey, expires_at: int, retention_minutes: int) -> _Record:
        # What has expired before it is written, such as a webhook redriven late, is entered today: past days are done.
        due = max(expires_at, self.now() // 1000)
        entry = f"{channel}#{retention_minutes}"  # both, since a retention that has changed makes another entry
        return {
            "pk": {"S": calendar_page(expiry.shelf(due, str(channel), ""))},
            "sk": {"S": entry},
            "expires_at": {"N": str(due + expiry.LOOKED_BACK)},
        }


def calendar_page(shelf: str) -> str:
    """The partition of the entries of one shelf; every key of a channel holds a separator, and this one does not."""
    return f"expiring.{shelf}"


def entered(entry: str) -> tuple[str, int]:
    """The key of an entry's channel, and for how many milliseconds its events are kept."""
    channel, _, minutes = entry.rpartition("#")
    return channel, int(minutes) * 60_000


def sort_key(event: PresenceEvent) -> str:
    """The time, then the place in the body, then a digest of the rest.

    An event with an id is known by it wherever it stands: PubNub repeats events in other batches. The receipt time is
    no part of it, since a retry has another.
    """
    position = 0 if event.event_id else event.position
    known_by = (event.event_id, event.kind, event.user, event.session, event.state or "", event.reason)
    counted = "" if event.occupancy is None else str(event.occupancy)
    digest = hashlib.sha256(join(*known_by, counted).encode()).hexdigest()
    return f"{event.occurred_at:015d}.{position:07d}.{digest[:16]}"  # 64 bits tell events of one channel and ms apart


def _add(records: _Keyed, record: _Record) -> None:
    records[record["pk"]["S"], record["sk"]["S"]] = record


def _record(channel: ChannelKey, event: PresenceEvent, expires_at: int | None) -> _Record:
    texts = {
        "kind": event.kind.value,
        "user": event.user,
        "session": event.session,
        "event_id": event.event_id,
        "state": event.state,
        "reason": event.reason,
    }
    numbers = {
        "occurred_at": event.occurred_at,
        "received_at": event.received_at,
        "occupancy": event.occupancy,
        "expires_at": expires_at,
    }
    return {
        "pk": {"S": str(channel)},
        "sk": {"S": sort_key(event)},
        **{name: {"S": text} for name, text in texts.items() if text},
        **{name: {"N": str(number)} for name, number in numbers.items() if number is not None},
    }


def _event(channel: ChannelKey, item: _Record) -> PresenceEvent:
    texts = {name: value["S"] for name, value in item.items() if "S" in value}
    numbers = {name: int(value["N"]) for name, value in item.items() if "N" in value}
    return PresenceEvent(
        provider=channel.provider,
        source=channel.source,
        channel=channel.channel,
        kind=Kind(texts["kind"]),
        user=texts.get("user", ""),
        session=texts.get("session", ""),
        occurred_at=numbers["occurred_at"],
        received_at=numbers["received_at"],
        event_id=texts.get("event_id", ""),
        state=texts.get("state"),
        occupancy=numbers.get("occupancy"),
        reason=texts.get("reason", ""),
    )
