"""How names become keys of the tables. No name can collide with another, whatever it holds.

`#` separates names, so `#` and the escape `%` itself are written as `%23` and `%25`. Each character is escaped by
itself, so a prefix of a name stays a prefix of its key.
"""

from typing import NamedTuple

from rollcall.errors import UnstorableEvent
from rollcall.events import PresenceEvent

# DynamoDB's limit for a sort key, in bytes; every key serves as one in some index.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
LONGEST_KEY = 1024

CHANNEL_ITSELF = "channel"  # the sort key of a channel's own record
MEMBER = "member#"  # what the sort keys of members begin with
ARRIVAL = rf"\d{{15}}#{MEMBER}.*"  # what `arrival_key` makes


class SourceKey(NamedTuple):
    """One app or environment of the user at one provider."""

    provider: str
    source: str


class ChannelKey(NamedTuple):
    """A channel, across providers and sources."""

    provider: str
    source: str
    channel: str

    def __str__(self) -> str:
        return join(*self)

    @property
    def of_source(self) -> SourceKey:
        return SourceKey(self.provider, self.source)


class MemberKey(NamedTuple):
    """A member: a user in a channel, by one connection where the provider tells connections apart."""

    channel: ChannelKey
    user: str
    session: str

    def __str__(self) -> str:
        return MEMBER + join(self.user, self.session)


def event_channel(event: PresenceEvent) -> ChannelKey:
    return ChannelKey(event.provider, event.source, event.channel)


def event_member(event: PresenceEvent) -> MemberKey:
    return MemberKey(event_channel(event), event.user, event.session)


def arrival_key(at: int, member: MemberKey) -> str:
    """Where a member who came at `at` (Unix milliseconds) stands in the index of those present: by time, then name."""
    return f"{at:015d}#{member}"  # 15 digits last until the year 33,658


def time_of_arrival(arrival: str) -> int:
    return int(arrival.partition("#")[0])


def sort_key_of_arrival(arrival: str) -> str:
    """The sort key of the member's record."""
    return arrival.partition("#")[2]


def behind_all_of(source: SourceKey) -> str:
    """What sorts behind all keys of the source, and before those of the next one."""
    return join(*source) + "$"  # which follows the separator


def user_key(source: SourceKey, user: str) -> str:
    return join(*source, user)


def channel_of(key: str) -> ChannelKey:
    provider, source, channel = _split(key)
    return ChannelKey(provider, source, channel)


def member_of(key: str, sort_key: str) -> MemberKey:
    user, session = _split(sort_key.removeprefix(MEMBER))
    return MemberKey(channel_of(key), user, session)


def require_storable(*keys: str) -> None:
    """Raise `UnstorableEvent` if DynamoDB would refuse one of the keys."""
    for key in keys:
        try:
            length = len(key.encode())
        except UnicodeEncodeError as error:  # half a surrogate pair, which JSON can write and UTF-8 cannot
            raise UnstorableEvent("A name is not Unicode text.") from error
        if length > LONGEST_KEY:
            raise UnstorableEvent(f"A name makes a key of {length} bytes; {LONGEST_KEY} can be stored.")


def join(*names: str) -> str:
    return "#".join(name.replace("%", "%25").replace("#", "%23") for name in names)


def _split(key: str) -> list[str]:
    return [name.replace("%23", "#").replace("%25", "%") for name in key.split("#")]
