"""Rollcall's two tables on moto, in the shape that the template gives them."""

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import boto3
from moto import mock_aws

from rollcall.consume import Delivery, Outcome
from rollcall.envelope import Envelope, seal
from rollcall.keys import ChannelKey, SourceKey
from rollcall.retention import LATEST_WEBHOOK_MINUTES, Retention
from rollcall.trimming import Order, Report, Trimmed
from tests.fakes import MemoryParking
from tools.own_rollcall import USUAL_RETENTION, OwnRollcall
from tools.template import table_definition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOM = ChannelKey("pubnub", "main", "room")
MINUTE = 60_000  # milliseconds
LEASE = 60 * MINUTE
RETENTION = USUAL_RETENTION.model_copy(
    update={
        "lease_minutes": LEASE // MINUTE,
        "tombstone_retention_minutes": LATEST_WEBHOOK_MINUTES,
        "event_retention_minutes": 1440,
    }
)


@dataclass
class Clockwork:
    """All of Rollcall behind the queue, on tables of its own, and a clock that the test winds."""

    client: "DynamoDBClient"
    retention: Retention = RETENTION
    time: int = field(default_factory=lambda: time.time_ns() // 1_000_000)

    def __post_init__(self) -> None:
        self.parking = MemoryParking()
        self._own = OwnRollcall(self.client, self.now, retention=self.retention_of, parking=self.parking)
        self.consumer = self._own.consumer()
        self.reader = self._own.reader()
        self.log = self._own.log()
        self.reading = self._own.reading()

    def now(self) -> int:
        return self.time

    def retention_of(self, _source: SourceKey) -> Retention:
        return self.retention

    def receive(self, body: bytes) -> Outcome:
        envelope = Envelope(
            provider="pubnub", source="main", received_at=self.time, request_id="1", headers={}, body=body
        )
        return self.consumer.consume([Delivery("1", seal(envelope))], lambda: False)

    def trim(
        self,
        kind: Trimmed,
        *,
        dry_run: bool = False,
        position: str = "",
        late: Iterable[bool] = (),
        **other: Any,
    ) -> tuple[Report, str]:
        """Run a trimmer; `late` answers, one after another, whether its time is over; `other` parts replace its own."""
        report = Report(Order(kind=kind, dry_run=dry_run))
        answers = iter(late)
        trimmer: Any = self._own.trimmer(kind)
        return report, replace(trimmer, **other).run(report, position, lambda: next(answers, False))

    def indexed(self) -> int:
        return self.client.scan(TableName="Presence", IndexName="present")["Count"]

    def logged(self) -> int:
        """How many events the log holds, of all channels."""
        return sum("kind" in item for item in self.client.scan(TableName="Events")["Items"])


@contextmanager
def clockwork() -> Iterator[Clockwork]:
    with mock_aws():
        client = boto3.client(
            "dynamodb", region_name="eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing"
        )
        for name in ("Presence", "Events"):
            client.create_table(TableName=name, **table_definition(name))
        yield Clockwork(client)


def event(action: str, user: str = "", *, at: int, channel: str = "room") -> bytes:
    return json.dumps({"action": action, "channel": channel, "uuid": user, "timestamp": at}).encode()


def present(rollcall: Clockwork, channel: ChannelKey = ROOM) -> list[str]:
    return [member.user for member in rollcall.reading.members(channel, 1000, "").members]


def logged(rollcall: Clockwork) -> list[tuple[str, str, int]]:
    return [(one.kind, one.reason, one.occurred_at) for _, one in rollcall.log.read(ROOM, 0, 10**15 - 1)]
