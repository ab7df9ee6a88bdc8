"""The one kind of event that every provider's dialect is turned into."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What happened."""

    JOINED = "joined"
    LEFT = "left"
    TIMED_OUT = "timed_out"
    STATE_CHANGED = "state_changed"
    CHANNEL_OCCUPIED = "channel_occupied"
    CHANNEL_VACATED = "channel_vacated"
    OCCUPANCY_REPORTED = "occupancy_reported"
    # Not presence, but delivered on the same hook: logged, and nothing else.
    CLIENT_EVENT = "client_event"
    MESSAGE = "message"
    CACHE_MISS = "cache_miss"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceEvent:
    """One thing that a provider says happened in a channel.

    `occurred_at` and `received_at` are Unix milliseconds; an event without a time of its own takes the receipt time.
    `resolution` is that of the clock that told `occurred_at`, in milliseconds: 1,000 where it told whole seconds.
    `position` counts the events of one body from 0. `state` is JSON text, `None` where the event says nothing of it.
    `reason` says why (`lease_expired`), or what it was that Rollcall does not know. An event that is not `timed` was
    given its receipt time, for its body told none; `clock_ahead` marks one whose own time lay in the future.
    """

    provider: str
    source: str
    channel: str
    kind: Kind
    user: str = ""
    session: str = ""
    occurred_at: int
    received_at: int
    resolution: int = 1
    position: int = 0
    event_id: str = ""
    state: str | None = None
    occupancy: int | None = None
    reason: str = ""
    timed: bool = True
    clock_ahead: bool = False

    @property
    def empties_channel(self) -> bool:
        """Whether it says that nobody is in the channel any more: by a word of its own, or by a count of 0.

        Not by the count that comes with a leave: PubNub's own samples write 0 there while others stay.
        """
        return self.kind is Kind.CHANNEL_VACATED or (self.kind is Kind.OCCUPANCY_REPORTED and self.occupancy == 0)
