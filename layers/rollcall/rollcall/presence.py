"""Who is present: the rules that turn evidence and a time into an answer.

Times and leases are milliseconds. Nothing here knows a clock: the time is an argument.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from rollcall.merge import Channel, Member, Stamp

_NEVER = Stamp(0, 0, 0)
_LAST_OF_ITS_TIME = 10**15 - 1  # above every receipt time and position


@dataclass(frozen=True, slots=True)
class Stay:
    """A member's presence as an answer tells it. Times are Unix milliseconds; `state` is JSON text."""

    user: str
    since: int
    last_seen: int
    state: str | None


def floor(channel: Channel, lease: int, now: int) -> Stamp:
    """Evidence at or below this stamp makes nobody present any more: its lease has ended, or the channel was vacated.

    One stamp for both, so that a table can be asked for what is above it.
    """
    lease_ended = Stamp(now - lease, _LAST_OF_ITS_TIME, _LAST_OF_ITS_TIME)
    return max(lease_ended, channel.vacated or _NEVER)


def has_come(member: Member) -> bool:
    """Whether the newest thing known of the member itself is that it is there; that is what the index holds."""
    return member.seen is not None and (member.left is None or member.seen > member.left)


def is_present(member: Member, floor: Stamp) -> bool:
    return has_come(member) and member.seen is not None and member.seen > floor


def may_be_present(member: Member, channel: Channel, lease: int, now: int) -> bool:
    """Whether only the receipt of one time stamp says that the channel was vacated after the member was seen.

    The same word of its being vacated may yet turn out to have been received earlier, and then the member is there.
    """
    seen, vacated = member.seen, channel.vacated
    tied = seen is not None and vacated is not None and seen.occurred_at == vacated.occurred_at
    return tied and has_come(member) and seen is not None and now < seen.occurred_at + lease


def lease_end(member: Member, channel: Channel, lease: int, now: int) -> int | None:
    """When the lease ended of a member that is gone for no other reason; `None` if it is present, left or vacated."""
    if member.seen is None or not has_come(member) or (channel.vacated and channel.vacated >= member.seen):
        return None
    end = member.seen.occurred_at + lease
    return end if end <= now else None


def stay(user: str, member: Member, channel: Channel) -> Stay:
    """How a present member came, and what it carries: nothing from before it last went counts."""
    if member.seen is None:
        raise ValueError("Only who was seen can stay.")
    went = max(member.left or _NEVER, channel.vacated or _NEVER)
    came = member.joined if member.joined and member.joined > went else member.seen
    state = member.state.data if member.state and member.state.stamp > went else None
    return Stay(user=user, since=came.occurred_at, last_seen=member.seen.occurred_at, state=state)


def is_declared_occupied(channel: Channel, floor: Stamp) -> bool:
    """Whether the provider's last word on the channel is that somebody is in it."""
    return channel.occupied is not None and channel.occupied > floor


def occupied_since(channel: Channel, stays: Iterable[Stay]) -> int | None:
    """Since when an occupied channel is so: by the provider's own word where there is one, else by its members."""
    if channel.occupied is not None and channel.occupied > (channel.vacated or _NEVER):
        return channel.occupied.occurred_at
    return min((one.since for one in stays), default=None)
