"""The directory of channels that are occupied, or were shortly ago: one entry per channel, in the table Presence.

It must name every occupied channel and must not cost a write per event. So whoever writes to a channel first sees to
its entry, but trusts an entry that it wrote minutes ago; and the trimmer, which removes entries of empty
channels, leaves those alone that somebody may still be trusting.

An entry also says when the trimmer must look into its channel, so that it need not look into all of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from rollcall.aws import unavailable_on_failure
from rollcall.keys import ChannelKey
from rollcall.presence_table import RetentionOf
from rollcall.records import Attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PARTITION = "directory"  # its own, since every other key holds a separator

# Milliseconds. Longer saves writes for channels that are seldom used, and keeps entries of empty channels longer.
TRUSTED_FOR = 10 * 60_000
# Milliseconds from an entry's last refresh until an empty channel may lose it: whoever trusted the entry to the end
# has written by then (the consumer's time-out is 90 s), and the index, which lags by moments, shows it.
REMOVABLE_AFTER = 2 * TRUSTED_FOR

_REMEMBERED = 50_000  # channels; about 20 MB, and beyond it forgetting all costs a write for each that comes again


def entry_key(channel: ChannelKey) -> Attributes:
    return {"pk": {"S": PARTITION}, "sk": {"S": str(channel)}}


class Entry(NamedTuple):
    """A channel in the directory; times are Unix milliseconds.

    `refreshed_at` is the consumer's: the channel was used then, and for as long as that is trusted. `looked_at` and
    `oldest_sign` are the trimmer's: when it looked into the channel, and the first of the signs by which it saw anybody
    there.
    """

    channel: ChannelKey
    refreshed_at: int
    looked_at: int = 0
    oldest_sign: int | None = None

    def is_due(self, lease: int, now: int) -> bool:
        """Whether there may be something to trim in the channel, by a lease of so many milliseconds."""
        if self.looked_at <= self.refreshed_at or (self.oldest_sign is not None and self.oldest_sign + lease <= now):
            return True
        # Whoever trusted the entry then may have written since; so there is a look when nobody can have any more.
        return self.is_trusted(self.looked_at) and self.looked_at + min(lease, REMOVABLE_AFTER) <= now

    def is_trusted(self, now: int) -> bool:
        """Whether somebody may still write to the channel without having refreshed the entry."""
        return now <= self.refreshed_at + REMOVABLE_AFTER


@dataclass
class ChannelDirectory:
    """The directory as the consumer sees it. `now` gives Unix milliseconds."""

    client: "DynamoDBClient"
    table: str
    retention_of: RetentionOf
    now: Callable[[], int]
    _refreshed: dict[ChannelKey, int] = field(default_factory=dict)

    def ensure(self, channel: ChannelKey) -> None:
        """See to it that the channel has an entry, before anything is written of it. Raises `Unavailable`."""
        now = self.now()
        if now - self._refreshed.get(channel, 0) < TRUSTED_FOR:
            return
        retention = self.retention_of(channel.of_source)
        update, values = "SET refreshed_at = :now REMOVE expires_at", {":now": now}
        if retention.trim_tombstones:
            # Only so that no entry outlives everything, should the trimmer be switched off.
            kept = (retention.lease_minutes + retention.tombstone_retention_minutes) * 60
            update = "SET refreshed_at = :now, expires_at = :expires_at"
            values[":expires_at"] = now // 1000 + kept
        with unavailable_on_failure("Writing the directory"):
            self.client.update_item(
                TableName=self.table,
                Key=entry_key(channel),
                UpdateExpression=update,
                ExpressionAttributeValues={name: {"N": str(value)} for name, value in values.items()},
            )
        if len(self._refreshed) >= _REMEMBERED:
            self._refreshed.clear()
        self._refreshed[channel] = now
