"""Who is present: the rules that turn evidence and a time into an answer.

Times and leases are milliseconds. Nothing here knows a clock: the time is an argument.
"""

from dataclasses import dataclass

from rollcall.merge import Channel, Member, Stamp


@dataclass(frozen=True, slots=True)
class Stay:
    """A member's presence as an answer tells it. Times are Unix milliseconds; `state` is JSON text."""

    user: str
    since: int
    last_seen: int
    state: str | None


def has_come(member: Member) -> bool:
    """Whether the member is there by all that is known of itself; that is what the index holds.

    Who was never told to have left may be known by weak evidence alone; who left comes back by a join.
    """
    return _has_come_since(member, member.left)


def is_present(member: Member, channel: Channel, lease: int, now: int) -> bool:
    return _is_leased(member, lease, now) and has_come(member) and _has_come_since(member, channel.vacated)


def may_be_present(member: Member, channel: Channel, lease: int, now: int) -> bool:
    """Whether only the order of receipt says that the channel was vacated after the member came.

    The same word of its being vacated may yet turn out to have been received earlier, and then the member is there.
    """
    ties = member.joined is not None and member.joined.ties_with(channel.vacated)
    return ties and _is_leased(member, lease, now) and has_come(member)


def vacated_cutoff(channel: Channel) -> int | None:
    """Who came at this time or before has gone, for the channel was vacated; `None` where it never was.

    A time by itself, so that a table can be asked for those above it. It is the end of the second before, for no clock
    is coarser: within the second, the resolutions and the receipts decide.
    """
    vacated = channel.vacated
    return None if vacated is None else vacated.occurred_at - vacated.occurred_at % 1_000 - 1


def lease_end(member: Member, channel: Channel, lease: int, now: int) -> int | None:
    """When the lease ended of a member that is gone for no other reason; `None` if it is present, left or vacated."""
    if member.seen is None or not has_come(member) or not _has_come_since(member, channel.vacated):
        return None
    end = member.seen.occurred_at + lease
    return end if end <= now else None


def arrival(member: Member) -> Stamp | None:
    """The sign by which a member came that is there by its own evidence; `None` for others."""
    if not has_come(member):
        return None
    return member.joined if member.joined and member.joined.is_newer_than(member.left) else member.seen


def stay(user: str, member: Member, channel: Channel) -> Stay:
    """How a present member came, and what it carries: nothing from before it last went counts."""
    is_current = member.state is not None and _is_since_it_went(member.state.stamp, member, channel)
    state = member.state.data if member.state and is_current else None
    return Stay(user=user, since=since(member, channel), last_seen=last_seen(member), state=state)


def since(member: Member, channel: Channel) -> int:
    """When a present member came: by its join or, if none is known, by the newest sign of it."""
    is_current = member.joined is not None and _is_since_it_went(member.joined, member, channel)
    return member.joined.occurred_at if member.joined and is_current else last_seen(member)


def last_seen(member: Member) -> int:
    """The newest sign of a member that was ever seen."""
    if member.seen is None:
        raise ValueError("Only who was seen can stay.")
    return member.seen.occurred_at


def is_declared_occupied(channel: Channel, lease: int, now: int) -> bool:
    """Whether the provider's last word on the channel is that somebody is in it."""
    occupied = channel.occupied
    return occupied is not None and occupied.is_newer_than(channel.vacated) and now < occupied.occurred_at + lease


def reported_occupancy(channel: Channel) -> int | None:
    """The provider's own last count; void once the channel was vacated after it."""
    reported = channel.reported
    if reported is None or (channel.vacated is not None and channel.vacated.is_newer_than(reported.stamp)):
        return None
    return reported.members


def declared_occupied_since(channel: Channel) -> int | None:
    """Since when a channel is occupied by the provider's word, which it has not taken back; else its members tell."""
    occupied = channel.occupied
    return occupied.occurred_at if occupied is not None and occupied.is_newer_than(channel.vacated) else None


def _has_come_since(member: Member, end: Stamp | None) -> bool:
    if end is None:
        return member.seen is not None
    return member.joined is not None and member.joined.is_newer_than(end)


def _is_leased(member: Member, lease: int, now: int) -> bool:
    return member.seen is not None and now < member.seen.occurred_at + lease


def _is_since_it_went(sign: Stamp, member: Member, channel: Channel) -> bool:
    return sign.is_newer_than(member.left) and sign.is_newer_than(channel.vacated)
