"""How long things are kept: the stack's settings, a source's own, and what they mean for a record.

Settings that would break correctness are refused: a tombstone must outlive the latest webhook it may have to refute.
"""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from rollcall.events import Kind, PresenceEvent
from rollcall.merge import Channel, Member, Stamp, stamps

_MINUTE = 60_000  # milliseconds

# The longest a webhook can take from its event to the consumer, in minutes; `template.yaml` has the same minimum.
LATEST_WEBHOOK_MINUTES = 28 * 60 + 4 * 1440 + 14 * 1440  # providers retry for 28 h; 4 days in Webhooks; 14 in Parked

_TEN_YEARS = 10 * 365 * 1440  # minutes; beyond it somebody has mistaken the unit

Minutes = Annotated[int, Field(ge=1, le=_TEN_YEARS, strict=True)]
TombstoneMinutes = Annotated[int, Field(ge=LATEST_WEBHOOK_MINUTES, le=_TEN_YEARS, strict=True)]


class Override(BaseModel):
    """What a source wants otherwise than the stack; kept as JSON in SSM beside its secrets."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lease_minutes: Minutes | None = None
    tombstone_retention_minutes: TombstoneMinutes | None = None
    event_retention_minutes: Minutes | None = None
    trim_members: bool | None = None
    trim_tombstones: bool | None = None
    trim_events: bool | None = None
    log_events: bool | None = None
    log_messages: bool | None = None


class Retention(BaseModel):
    """The settings in force for one source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lease_minutes: Minutes
    tombstone_retention_minutes: TombstoneMinutes
    event_retention_minutes: Minutes
    trim_members: bool
    trim_tombstones: bool
    trim_events: bool
    log_events: bool
    log_messages: bool = False  # unless a source asks for it: messages say nothing of presence, and may be very many

    @property
    def lease(self) -> int:
        """Milliseconds from the last sign of a member to the end of its presence."""
        return self.lease_minutes * _MINUTE

    def overridden_by(self, override: Override) -> Self:
        return self.model_copy(update=override.model_dump(exclude_none=True))

    def logs(self, event: PresenceEvent) -> bool:
        """Whether an event gets a record in the log."""
        return self.log_events and (self.log_messages or event.kind is not Kind.MESSAGE)

    def presence_expires_at(self, evidence: Member | Channel) -> int | None:
        """When a record of presence has outlived its use, in Unix seconds (DynamoDB's TTL); `None` for never.

        Counted from the newest evidence, so that it depends on the evidence alone and not on when it was written, and
        from its receipt, since lateness counts from there.
        """
        if not self.trim_tombstones:
            return None
        newest = max(stamps(evidence))
        return self._expires_at(newest, self.lease_minutes + self.tombstone_retention_minutes)

    def event_expires_at(self, occurred_at: int, received_at: int) -> int | None:
        """When a record of the log has outlived its retention, in Unix seconds; `None` for never."""
        if not self.trim_events:
            return None
        return self._expires_at(Stamp(occurred_at, received_at, 0), self.event_retention_minutes)

    def _expires_at(self, newest: Stamp, minutes: int) -> int:
        return (max(newest.occurred_at, newest.received_at) + minutes * _MINUTE) // 1000
