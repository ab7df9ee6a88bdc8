"""Members who are no longer present leave the index; the log is told of leases that ended.

Answers are right without it. It keeps reading cheap and the directory short. The registers are not touched, so the
result does not depend on when it ran: evidence from within the lease that arrives late still revives its member.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from rollcall import presence
from rollcall.aws import unavailable_on_failure
from rollcall.channel_directory import REMOVABLE_AFTER, entry_key
from rollcall.errors import InvalidRetention
from rollcall.events import Kind, PresenceEvent
from rollcall.keys import MemberKey
from rollcall.merge import Channel, Member, Stamp
from rollcall.presence_reader import Entry, PresenceReader
from rollcall.presence_table import RetentionOf
from rollcall.records import member_key, stamp_text
from rollcall.trimming import Report

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Log(Protocol):
    def write(self, events: Iterable[PresenceEvent]) -> None: ...


@dataclass(frozen=True)
class MemberTrimmer:
    """`now` gives Unix milliseconds."""

    client: "DynamoDBClient"
    table: str
    reader: PresenceReader
    log: Log
    retention_of: RetentionOf
    now: Callable[[], int]

    def run(self, report: Report, position: str, is_late: Callable[[], bool]) -> str:
        """Go through the directory from behind `position`; return where to go on, or nothing at its end."""
        for entry in self.reader.listed("", after=position):
            if is_late():
                report.complete = False
                return position
            report.examined += 1
            try:
                retention = self.retention_of(entry.channel.of_source)
            except InvalidRetention:
                report.refused_sources.add(f"{entry.channel.provider}/{entry.channel.source}")
            else:
                if retention.trim_members and not self._trim_channel(entry, retention.lease, report, is_late):
                    report.complete = False
                    return position
            position = str(entry.channel)
        return ""

    def _trim_channel(self, entry: Entry, lease: int, report: Report, is_late: Callable[[], bool]) -> bool:
        """Trim one channel; `False` if the time was over before its end, and the next run must look at it again."""
        now = self.now()
        channel = self.reader.channel(entry.channel)
        floor = presence.floor(channel, lease, now)
        for key, member in self.reader.absent(entry.channel, floor):
            if is_late():
                return False
            ended_at = presence.lease_end(member, channel, lease, now)
            if not report.order.dry_run:
                if ended_at is not None:
                    # The log first, by a key that does not depend on this run: after a crash the next run writes the
                    # same record again, and the member is not forgotten.
                    self.log.write([_lease_expired(key, ended_at, now)])
                self._leave_index(key, member)
            report.trimmed["channel_vacated" if ended_at is None else "lease_expired"] += 1
        if self._is_removable(entry, channel, floor, now):
            if not report.order.dry_run:
                self._leave_directory(entry)
            report.trimmed["empty_channel"] += 1
        return True

    def _is_removable(self, entry: Entry, channel: Channel, floor: Stamp, now: int) -> bool:
        """Whether nobody is in the channel, and nobody trusts its entry any more."""
        return (
            entry.refreshed_at + REMOVABLE_AFTER < now
            and not presence.is_declared_occupied(channel, floor)
            and next(self.reader.present(entry.channel, floor, at_once=1), None) is None
        )

    def _leave_index(self, key: MemberKey, member: Member) -> None:
        # Unless there is new evidence since the index was read: then who wrote it has decided about the index.
        registers = {"seen": member.seen, "left": member.left}
        with (
            unavailable_on_failure("Trimming a member"),
            suppress(self.client.exceptions.ConditionalCheckFailedException),
        ):
            self.client.update_item(
                TableName=self.table,
                Key=member_key(key),
                UpdateExpression="REMOVE here",
                ConditionExpression=" AND ".join(
                    f"attribute_not_exists(#{name})" if stamp is None else f"#{name} = :{name}"
                    for name, stamp in registers.items()
                ),
                ExpressionAttributeNames={f"#{name}": name for name in registers},
                ExpressionAttributeValues={
                    f":{name}": {"S": stamp_text(stamp)} for name, stamp in registers.items() if stamp
                },
            )

    def _leave_directory(self, entry: Entry) -> None:
        # Unless somebody has refreshed the entry since it was read, and counts on it.
        with (
            unavailable_on_failure("Trimming a channel"),
            suppress(self.client.exceptions.ConditionalCheckFailedException),
        ):
            self.client.delete_item(
                TableName=self.table,
                Key=entry_key(entry.channel),
                ConditionExpression="refreshed_at = :read",
                ExpressionAttributeValues={":read": {"N": str(entry.refreshed_at)}},
            )


def _lease_expired(key: MemberKey, ended_at: int, now: int) -> PresenceEvent:
    return PresenceEvent(
        provider=key.channel.provider,
        source=key.channel.source,
        channel=key.channel.channel,
        kind=Kind.TIMED_OUT,
        user=key.user,
        session=key.session,
        occurred_at=ended_at,
        received_at=now,
        reason="lease_expired",
    )
