"""The consumer's own code, run here against the tables of a stack, so that it can be measured."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollcall.channel_directory import ChannelDirectory
from rollcall.consume import Consumer
from rollcall.each import Each
from rollcall.errors import Hopeless
from rollcall.event_log import EventLog
from rollcall.keys import SourceKey
from rollcall.presence_table import RegistersTable
from rollcall.records import CHANNELS, MEMBERS
from rollcall.retention import Retention
from tools.stack import Stack
from tools.trouble import Trouble

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_RETENTION = Retention(  # the template's defaults
    lease_minutes=1440,
    tombstone_retention_minutes=43200,
    event_retention_minutes=10080,
    trim_members=True,
    trim_tombstones=True,
    trim_events=True,
)


def consumer_on(stack: Stack, client: "DynamoDBClient", now: int, each: Each = map) -> Consumer:
    """A consumer that writes with this client; at `now`, in Unix milliseconds, its directory was last refreshed."""
    return Consumer(
        secrets=_no_secrets,
        members=RegistersTable(client, stack.presence_table, MEMBERS, _usual_retention),
        channels=RegistersTable(client, stack.presence_table, CHANNELS, _usual_retention),
        directory=ChannelDirectory(client, stack.presence_table, _usual_retention, lambda: now),
        log=EventLog(client, stack.events_table, _usual_retention),
        parking=_NoParking(),
        each=each,
    )


def _usual_retention(_source: SourceKey) -> Retention:
    return _RETENTION


def _no_secrets(_source: SourceKey, /, *, doubted: bool = False) -> object:  # noqa: ARG001  as StoredSecrets has it
    return {}


@dataclass(frozen=True)
class _NoParking:
    def park(self, _message: str, trouble: Hopeless) -> None:
        raise Trouble(f"A webhook of the benchmark was parked: {trouble}")
