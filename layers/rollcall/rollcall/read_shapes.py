"""The shapes of the read API's answers, and its cursors. Times in answers are ISO 8601, in UTC."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

from pydantic import BaseModel, JsonValue

from rollcall.errors import InvalidParameter
from rollcall.keys import LONGEST_KEY

_NO_CURSOR = "next is not what an answer to the same question gave."


class MemberOfChannel(BaseModel):
    user: str
    since: str
    last_seen: str
    state: JsonValue


class Members(BaseModel):
    """Who is in a channel. `occupancy` counts them all, `reported_occupancy` is the provider's own last count."""

    channel: str
    occupancy: int
    reported_occupancy: int | None
    members: list[MemberOfChannel]
    next: str | None


class OccupiedChannel(BaseModel):
    """A channel that somebody is in. Where the provider tells only of channels, `occupancy` is 0."""

    channel: str
    occupancy: int
    reported_occupancy: int | None
    occupied_since: str | None


class Channels(BaseModel):
    channels: list[OccupiedChannel]
    next: str | None


class ChannelOfUser(BaseModel):
    channel: str
    since: str


class Whereabouts(BaseModel):
    user: str
    online: bool
    last_seen: str | None
    channels: list[ChannelOfUser]
    next: str | None


class LoggedEvent(BaseModel):
    kind: str
    user: str
    occurred_at: str
    received_at: str
    event_id: str
    state: JsonValue
    occupancy: int | None
    reason: str


class Events(BaseModel):
    channel: str
    events: list[LoggedEvent]
    next: str | None


def to_cursor(position: str) -> str:
    """Where the next page begins, as one opaque word."""
    return urlsafe_b64encode(position.encode()).decode()


def from_cursor(cursor: str, *, like: str = ".*") -> str:
    """The position that a cursor stands for, empty for none; `like` is what it must match.

    Raises `InvalidParameter` for a word of another origin, or of another question's answer.
    """
    try:
        position = urlsafe_b64decode(cursor).decode()
    except ValueError as error:
        raise InvalidParameter(_NO_CURSOR) from error
    if position and not (re.fullmatch(like, position, re.DOTALL) and len(position.encode()) <= LONGEST_KEY):
        raise InvalidParameter(_NO_CURSOR)
    return position
