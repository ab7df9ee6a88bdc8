"""Rollcall's own code, run in this process on a DynamoDB of the caller's choice, so that it can be measured and proved.

It is put together as the functions put it together; only the clients, the clock and the settings are handed in.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from rollcall.aws import Sleep
from rollcall.channel_directory import ChannelDirectory
from rollcall.consume import Consumer, Parking
from rollcall.each import Each
from rollcall.errors import Hopeless
from rollcall.event_log import EventLog
from rollcall.event_trimmer import EventTrimmer
from rollcall.first_receipts import FirstReceipts
from rollcall.intake import StoredSecrets
from rollcall.intake_figures import IntakeFigures
from rollcall.keys import SourceKey
from rollcall.member_trimmer import MemberTrimmer
from rollcall.presence_reader import PresenceReader
from rollcall.presence_table import RegistersTable, RetentionOf
from rollcall.reading import Reading
from rollcall.records import CHANNELS, MEMBERS
from rollcall.retention import Retention
from rollcall.tombstone_trimmer import TombstoneTrimmer
from rollcall.trimming import Trimmed, Trimmer
from tools.memory_dynamodb import MemoryDynamoDB
from tools.stack import Stack
from tools.template import table_definition
from tools.trouble import Trouble

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

USUAL_RETENTION = Retention(  # the template's defaults
    lease_minutes=1440,
    tombstone_retention_minutes=43200,
    event_retention_minutes=10080,
    trim_members=True,
    trim_tombstones=True,
    trim_events=True,
    log_events=True,
)


def tables_in_memory() -> MemoryDynamoDB:
    """Rollcall's two tables, as the template has them, with nothing in them."""
    memory = MemoryDynamoDB()
    for name in ("Presence", "Events"):
        memory.create_table(TableName=name, **table_definition(name))
        expiry = {"AttributeName": "expires_at", "Enabled": True}
        memory.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)
    return memory


@dataclass(frozen=True)
class _NoParking:
    def park(self, _message: str, trouble: Hopeless) -> None:
        raise Trouble(f"A webhook that should be applied was parked: {trouble}")


def usual_retention(_source: SourceKey) -> Retention:
    return USUAL_RETENTION


def no_secrets(_source: SourceKey, /, *, doubted: bool = False) -> object:  # noqa: ARG001  as StoredSecrets has it
    return {}


@dataclass(frozen=True)
class OwnRollcall:
    """`now` gives Unix milliseconds. Each consumer is a cold one: it has yet to learn what the tables hold."""

    client: "DynamoDBClient"
    now: Callable[[], int]
    presence_table: str = "Presence"
    events_table: str = "Events"
    retention: RetentionOf = usual_retention
    secrets: StoredSecrets = no_secrets
    parking: Parking = _NoParking()
    each: Each = map
    sleep: Sleep = time.sleep

    @classmethod
    def on(cls, stack: Stack, client: "DynamoDBClient", now: Callable[[], int], each: Each = map) -> "OwnRollcall":
        """On the tables of a deployed stack."""
        return cls(client, now, stack.presence_table, stack.events_table, each=each)

    def with_client(self, client: "DynamoDBClient") -> "OwnRollcall":
        return replace(self, client=client)

    def consumer(self) -> Consumer:
        return Consumer(
            secrets=self.secrets,
            receipts=FirstReceipts(self.client, self.presence_table),
            members=RegistersTable(self.client, self.presence_table, MEMBERS, self.retention),
            channels=RegistersTable(self.client, self.presence_table, CHANNELS, self.retention),
            directory=ChannelDirectory(self.client, self.presence_table, self.retention, self.now),
            log=self.log(),
            parking=self.parking,
            figures=IntakeFigures(self.client, self.presence_table),
            now=self.now,
            each=self.each,
        )

    def trimmer(self, kind: Trimmed) -> Trimmer:
        trimmers: dict[Trimmed, Callable[[], Trimmer]] = {
            Trimmed.MEMBERS: lambda: MemberTrimmer(
                self.client, self.presence_table, self.reader(), self.log(), self.retention, self.now
            ),
            Trimmed.TOMBSTONES: partial(TombstoneTrimmer, self.client, self.presence_table, self.now),
            Trimmed.EVENTS: partial(EventTrimmer, self.client, self.events_table, self.now),
        }
        return trimmers[kind]()

    def reading(self) -> Reading:
        return Reading(self.reader(), self.log(), self.retention, self.now, self.each)

    def reader(self) -> PresenceReader:
        return PresenceReader(self.client, self.presence_table, sleep=self.sleep)

    def log(self) -> EventLog:
        return EventLog(self.client, self.events_table, self.retention, self.now, sleep=self.sleep)
