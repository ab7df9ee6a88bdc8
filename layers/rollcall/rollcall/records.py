"""How evidence is laid out in the table Presence, and back: one record per member, and one per channel."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollcall.keys import CHANNEL_ITSELF, ChannelKey, MemberKey, SourceKey, arrival_key, user_key
from rollcall.merge import Channel, Count, Member, Stamp, State
from rollcall.presence import arrival, has_come

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

type Attributes = Mapping[str, "AttributeValueTypeDef"]
type Values = Mapping[str, "AttributeValueTypeDef | None"]
"""Attributes to write; `None` removes one."""


@dataclass(frozen=True, slots=True)
class Layout[Key, Evidence]:
    """What a table needs to know of one kind of record. `registers` names the attributes that hold the evidence.

    `indexed` gives those that follow from it for the indexes, and `timed` those that stay as they were first set, until
    the trimmer moves them on: moving an entry of an index costs two units. Both are told what is stored, where that is
    known, and leave out what has not changed.

    `requires` is what else must hold of a stored record before evidence that is newer than all of it may be written
    without knowing it: a condition expression, empty for nothing.
    """

    registers: tuple[str, ...]
    key: Callable[[Key], Attributes]
    source: Callable[[Key], SourceKey]
    attributes: Callable[[Evidence], Attributes]
    evidence: Callable[[Attributes], Evidence]
    indexed: Callable[[Key, Evidence, Evidence | None], Values]
    timed: Callable[[Key, Evidence, Evidence | None], Values]
    requires: Callable[[Evidence], str]


def stamp_text(stamp: Stamp) -> str:
    """A stamp as text that sorts by time, so that the table itself can compare."""
    # 15 digits of milliseconds last until the year 33,658; a body of 10 MB holds fewer than ten million events.
    text = f"{stamp.occurred_at:015d}.{stamp.received_at:015d}.{stamp.position:07d}"
    return text if stamp.resolution == 1 else f"{text}.{stamp.resolution}"


def above(time: int) -> str:
    """What sorts behind the texts of all stamps of this time or before, and before those of any later one."""
    return f"{time:015d}.~"  # which follows all digits


def member_key(key: MemberKey) -> Attributes:
    return {"pk": {"S": str(key.channel)}, "sk": {"S": str(key)}}


def channel_key(key: ChannelKey) -> Attributes:
    return {"pk": {"S": str(key)}, "sk": {"S": CHANNEL_ITSELF}}


def to_member(item: Attributes) -> Member:
    state_at = _stamp(item, "state_at")
    return Member(
        seen=_stamp(item, "seen"),
        left=_stamp(item, "left"),
        joined=_stamp(item, "joined"),
        state=State(state_at, item["state"]["S"]) if state_at else None,
    )


def to_channel(item: Attributes) -> Channel:
    reported_at = _stamp(item, "reported_at")
    return Channel(
        occupied=_stamp(item, "occupied"),
        vacated=_stamp(item, "vacated"),
        reported=Count(reported_at, int(item["reported"]["N"])) if reported_at else None,
    )


def _member_attributes(member: Member) -> Attributes:
    attributes = _stamped(seen=member.seen, left=member.left, joined=member.joined)
    if member.state is not None:
        attributes |= {"state": {"S": member.state.data}, "state_at": {"S": stamp_text(member.state.stamp)}}
    return attributes


def _channel_attributes(channel: Channel) -> Attributes:
    attributes = _stamped(occupied=channel.occupied, vacated=channel.vacated)
    if channel.reported is not None:
        reported_at = stamp_text(channel.reported.stamp)
        attributes |= {"reported": {"N": str(channel.reported.members)}, "reported_at": {"S": reported_at}}
    return attributes


def _member_indexed(key: MemberKey, member: Member, stored: Member | None) -> Values:
    who: Values = {"who": {"S": user_key(key.channel.of_source, key.user)}}
    if _stays(member, stored) or (stored is None and _is_weak(member)):
        return who
    # Whether the lease has ended or the channel was vacated is for readers to say, and for the trimmer to tidy up.
    return {**who, "here": {"S": str(key.channel)} if has_come(member) else None}


def _member_timed(key: MemberKey, member: Member, stored: Member | None) -> Values:
    if _stays(member, stored):
        return {}
    # Of one who stays, it may say less than `seen`, and never more: the trimmer looks too early, and never too late.
    came = arrival(member)
    arrived: Values = {"arrived": {"S": arrival_key(came.occurred_at, key)} if came else None}
    # Weak evidence brings in a member of whom nothing is known, and leaves one alone who is in the index.
    return {**arrived, "here": {"S": str(key.channel)}} if stored is None and _is_weak(member) else arrived


def _stays(member: Member, stored: Member | None) -> bool:
    """Whether it was there by what is stored, and nothing newer was learned: then it stays in the index or, if the
    trimmer has let it go, out of it. A late and older leave must not bring it back."""
    if stored is None or not has_come(stored) or not has_come(member):
        return False
    return (member.seen, member.joined) == (stored.seen, stored.joined)


def _is_weak(member: Member) -> bool:
    """Whether it depends on what is stored if this evidence, though newer than all of that, makes a member present."""
    return member.joined is None and member.left is None


def _member_requires(member: Member) -> str:
    # Whose entry is in the index has come; of all others it must be known whether they have left.
    return "attribute_exists(here)" if _is_weak(member) else ""


def _stamped(**stamps: Stamp | None) -> "dict[str, AttributeValueTypeDef]":
    return {name: {"S": stamp_text(stamp)} for name, stamp in stamps.items() if stamp is not None}


def _stamp(item: Attributes, name: str) -> Stamp | None:
    return Stamp(*map(int, item[name]["S"].split("."))) if name in item else None


MEMBERS: Layout[MemberKey, Member] = Layout(
    registers=("seen", "left", "joined", "state", "state_at"),
    key=member_key,
    source=lambda key: key.channel.of_source,
    attributes=_member_attributes,
    evidence=to_member,
    indexed=_member_indexed,
    timed=_member_timed,
    requires=_member_requires,
)

CHANNELS: Layout[ChannelKey, Channel] = Layout(
    registers=("occupied", "vacated", "reported", "reported_at"),
    key=channel_key,
    source=lambda key: key.of_source,
    attributes=_channel_attributes,
    evidence=to_channel,
    indexed=lambda _key, _channel, _stored: {},
    timed=lambda _key, _channel, _stored: {},
    requires=lambda _channel: "",
)
