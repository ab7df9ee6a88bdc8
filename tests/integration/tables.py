"""Rollcall's two tables on moto, in the shape that the template gives them."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import boto3
from moto import mock_aws

from rollcall.channel_directory import ChannelDirectory
from rollcall.consume import Consumer, Delivery, Outcome
from rollcall.envelope import Envelope, seal
from rollcall.event_log import EventLog
from rollcall.expired_trimmer import ExpiredTrimmer
from rollcall.keys import SourceKey
from rollcall.member_trimmer import MemberTrimmer
from rollcall.presence_reader import PresenceReader
from rollcall.presence_table import RegistersTable
from rollcall.reading import Reading
from rollcall.records import CHANNELS, MEMBERS
from rollcall.retention import LATEST_WEBHOOK_MINUTES, Retention
from rollcall.trimming import Order, Report, Trimmed, Trimmer
from tests.aws_template import table_definition
from tests.fakes import MemoryParking

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MINUTE = 60_000  # milliseconds
LEASE = 60 * MINUTE


@dataclass
class Clockwork:
    """All of Rollcall behind the queue, on tables of its own, and a clock that the test winds."""

    client: "DynamoDBClient"
    retention: Retention = field(
        default_factory=lambda: Retention(
            lease_minutes=LEASE // MINUTE,
            tombstone_retention_minutes=LATEST_WEBHOOK_MINUTES,
            event_retention_minutes=1440,
            trim_members=True,
            trim_tombstones=True,
            trim_events=True,
        )
    )
    time: int = field(default_factory=lambda: time.time_ns() // 1_000_000)

    def __post_init__(self) -> None:
        self.parking = MemoryParking()
        self.log = EventLog(self.client, "Events", self.retention_of)
        self.reader = PresenceReader(self.client, "Presence")
        self.reading = Reading(self.reader, self.log, self.retention_of, self.now)
        self.consumer = Consumer(
            secrets=_no_secrets,
            members=RegistersTable(self.client, "Presence", MEMBERS, self.retention_of),
            channels=RegistersTable(self.client, "Presence", CHANNELS, self.retention_of),
            directory=ChannelDirectory(self.client, "Presence", self.retention_of, self.now),
            log=self.log,
            parking=self.parking,
        )

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
        self, kind: Trimmed, *, dry_run: bool = False, position: str = "", late: Iterable[bool] = ()
    ) -> tuple[Report, str]:
        """Run a trimmer; `late` answers, one after another, whether its time is over."""
        trimmer: Trimmer = (
            MemberTrimmer(self.client, "Presence", self.reader, self.log, self.retention_of, self.now)
            if kind is Trimmed.MEMBERS
            else ExpiredTrimmer(self.client, "Presence" if kind is Trimmed.TOMBSTONES else "Events", self.now)
        )
        report = Report(Order(kind=kind, dry_run=dry_run))
        answers = iter(late)
        return report, trimmer.run(report, position, lambda: next(answers, False))

    def indexed(self) -> int:
        return self.client.scan(TableName="Presence", IndexName="present")["Count"]

    def count(self, table: str) -> int:
        return self.client.scan(TableName=table)["Count"]


@contextmanager
def clockwork() -> Iterator[Clockwork]:
    with mock_aws():
        client = boto3.client(
            "dynamodb", region_name="eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing"
        )
        for name in ("Presence", "Events"):
            client.create_table(TableName=name, **table_definition(name))
        yield Clockwork(client)


def _no_secrets(_source: SourceKey, /, *, doubted: bool = False) -> object:  # noqa: ARG001  as StoredSecrets has it
    return {}
