"""Members who are no longer present leave the index; the log is told of leases that ended.

Answers are right without it. It keeps reading cheap and the directory short. The registers are not touched, so the
result does not depend on when it ran: evidence from within the lease that arrives late still revives its member.

It looks only into channels in which something is due, and there only at members who came longer ago than a lease, or
before the channel was vacated: what is not to be trimmed costs nothing but the reading of the directory, some eighty
entries a read unit.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from rollcall import presence
from rollcall.aws import unavailable_on_failure
from rollcall.channel_directory import Entry, entry_key
from rollcall.errors import InvalidRetention
from rollcall.events import Kind, PresenceEvent
from rollcall.keys import MemberKey, arrival_key
from rollcall.merge import Channel, Member
from rollcall.presence_reader import Indexed, PresenceReader
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
            try:
                retention = self.retention_of(entry.channel.of_source)
            except InvalidRetention:
                report.refused_sources.add(f"{entry.channel.provider}/{entry.channel.source}")
            else:
                if retention.trim_members and entry.is_due(retention.lease, self.now()):
                    report.examined += 1
                    if not self._trim_channel(entry, retention.lease, report, is_late):
                        report.complete = False
                        return position
            position = str(entry.channel)
        return ""

    def _trim_channel(self, entry: Entry, lease: int, report: Report, is_late: Callable[[], bool]) -> bool:
        """Trim one channel; `False` if the time was over before its end, and the next run must look at it again."""
        now = self.now()
        channel = self.reader.channel(entry.channel)
        doubtful = max(
            now - lease, channel.vacated.end if channel.vacated else 0
        )  # who came later is there for certain
        signs: list[int] = []  # times of the signs by which somebody is there
        for indexed in self.reader.arrived_by(entry.channel, doubtful):
            if is_late():
                return False
            member = indexed.member
            is_there = presence.is_present(member, channel, lease, now)
            if member.seen and (is_there or presence.may_be_present(member, channel, lease, now)):
                signs.append(member.seen.occurred_at)
                self._move_on(indexed, signs[-1], report)
            else:
                self._let_go(indexed, channel, lease, now, report)
        came = self.reader.first_arrived_after(entry.channel, doubtful)
        if came is not None:
            signs.append(came)
        if channel.occupied and presence.is_declared_occupied(channel, lease, now):
            signs.append(channel.occupied.occurred_at)
        if not signs and not entry.is_trusted(now):
            self._leave_directory(entry, report)
        else:
            self._looked(entry, now, min(signs, default=None), report)
        return True

    def _let_go(self, indexed: Indexed, channel: Channel, lease: int, now: int, report: Report) -> None:
        ended_at = presence.lease_end(indexed.member, channel, lease, now)
        if not report.order.dry_run:
            if ended_at is not None:
                # The log first, by a key that does not depend on this run: after a crash the next run writes the same
                # record again, and the member is not forgotten.
                self.log.write([_lease_expired(indexed.key, ended_at, now)])
            self._leave_index(indexed.key, indexed.member)
        report.trimmed["channel_vacated" if ended_at is None else "lease_expired"] += 1

    def _leave_index(self, key: MemberKey, member: Member) -> None:
        # Unless there is new evidence since the index was read: then who wrote it has decided about the index.
        registers = {"seen": member.seen, "left": member.left, "joined": member.joined}
        with self._unless_overtaken():
            self.client.update_item(
                TableName=self.table,
                Key=member_key(key),
                UpdateExpression="REMOVE here, arrived",
                ConditionExpression=" AND ".join(
                    f"attribute_not_exists(#{name})" if stamp is None else f"#{name} = :{name}"
                    for name, stamp in registers.items()
                ),
                ExpressionAttributeNames={f"#{name}": name for name in registers},
                ExpressionAttributeValues={
                    f":{name}": {"S": stamp_text(stamp)} for name, stamp in registers.items() if stamp
                },
            )

    def _move_on(self, indexed: Indexed, seen_at: int, report: Report) -> None:
        """Who has given a newer sign since it came is looked at again when the lease of that one ends."""
        arrival = arrival_key(seen_at, indexed.key)
        if arrival == indexed.arrival or report.order.dry_run:
            return
        # Unless it has left since, or come again. Any sign given meanwhile is newer than this one.
        with self._unless_overtaken():
            self.client.update_item(
                TableName=self.table,
                Key=member_key(indexed.key),
                UpdateExpression="SET arrived = :arrival",
                ConditionExpression="arrived = :read",
                ExpressionAttributeValues={":arrival": {"S": arrival}, ":read": {"S": indexed.arrival}},
            )

    def _looked(self, entry: Entry, now: int, oldest_sign: int | None, report: Report) -> None:
        if report.order.dry_run:
            return
        update, values = "SET looked_at = :now REMOVE oldest_sign", {":now": now}
        if oldest_sign is not None:
            update, values = "SET looked_at = :now, oldest_sign = :sign", {":now": now, ":sign": oldest_sign}
        # Unless another run has removed the entry: this must not bring it back.
        with self._unless_overtaken():
            self.client.update_item(
                TableName=self.table,
                Key=entry_key(entry.channel),
                UpdateExpression=update,
                ConditionExpression="attribute_exists(refreshed_at)",
                ExpressionAttributeValues={name: {"N": str(time)} for name, time in values.items()},
            )

    def _leave_directory(self, entry: Entry, report: Report) -> None:
        report.trimmed["empty_channel"] += 1
        if report.order.dry_run:
            return
        # Unless somebody has refreshed the entry since it was read, and counts on it.
        with self._unless_overtaken():
            self.client.delete_item(
                TableName=self.table,
                Key=entry_key(entry.channel),
                ConditionExpression="refreshed_at = :read",
                ExpressionAttributeValues={":read": {"N": str(entry.refreshed_at)}},
            )

    @contextmanager
    def _unless_overtaken(self) -> Iterator[None]:
        """A write whose condition fails is not needed any more."""
        with (
            unavailable_on_failure("Trimming members"),
            suppress(self.client.exceptions.ConditionalCheckFailedException),
        ):
            yield


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
