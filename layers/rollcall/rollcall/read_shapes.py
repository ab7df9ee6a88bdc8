"""The shapes of the read API's answers about presence, and its cursors. Times in answers are ISO 8601, in UTC."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated

from pydantic import BaseModel, Field, JsonValue

from rollcall.errors import InvalidParameter
from rollcall.events import Kind
from rollcall.keys import LONGEST_KEY

_CARRIED = 20  # bytes that a cursor may have besides a key, for what an answer must not count again
_NO_CURSOR = "next is not what an answer to the same question gave."

# Not as `type` statements: pydantic would make schemas of their names.
Moment = Annotated[str, Field(description="ISO 8601, in UTC, with milliseconds", examples=["2026-01-31T12:00:00.000Z"])]
Next = Annotated[
    str | None, Field(description="What to ask with as `next` for what did not fit; null if nothing is left")
]
State = Annotated[JsonValue, Field(description="The data that goes with it, as the provider sent it; null for none")]
Occupancy = Annotated[
    int,
    Field(description="How many members are there; 0 for a channel of which the provider tells only that it is in use"),
]
ReportedOccupancy = Annotated[
    int | None, Field(description="The provider's own last count, null where it sends none; a hint, and not Rollcall's")
]


class Error(BaseModel):
    """Why there is no other answer."""

    error: Annotated[str, Field(description="One sentence, for people")]


class MemberOfChannel(BaseModel):
    """A user who is in a channel; one for each connection where the provider tells connections apart."""

    user: str
    since: Annotated[Moment, Field(description="When it came")]
    last_seen: Annotated[Moment, Field(description="The newest sign of it; its lease is counted from here")]
    state: State


class Members(BaseModel):
    """Who is in a channel."""

    channel: str
    occupancy: Annotated[int, Field(description="How many members are there on all pages, counted with the first one")]
    reported_occupancy: ReportedOccupancy
    members: Annotated[list[MemberOfChannel], Field(description="By name within an answer")]
    next: Next


class OccupiedChannel(BaseModel):
    """A channel that somebody is in."""

    channel: str
    occupancy: Occupancy
    reported_occupancy: ReportedOccupancy
    occupied_since: Annotated[
        Moment | None, Field(description="By the provider's word where there is one, else when the first of them came")
    ]


class Channels(BaseModel):
    """The channels that are occupied."""

    channels: list[OccupiedChannel]
    next: Next


class ChannelOfUser(BaseModel):
    """A channel that a user is in."""

    channel: str
    since: Annotated[Moment, Field(description="When the user came")]
    last_seen: Annotated[Moment, Field(description="The newest sign of the user there")]


class Whereabouts(BaseModel):
    """Where a user is."""

    user: str
    online: Annotated[bool, Field(description="Whether the user is in any channel, up to this page")]
    last_seen: Annotated[
        Moment | None,
        Field(description="The newest sign of the user in any channel up to this page; null if there never was one"),
    ]
    channels: list[ChannelOfUser]
    next: Next


class LoggedEvent(BaseModel):
    """Something that the provider said happened in a channel."""

    kind: Kind
    user: Annotated[str, Field(description="Empty where the event is about the channel")]
    occurred_at: Annotated[Moment, Field(description="By the provider's clock")]
    received_at: Annotated[Moment, Field(description="When the webhook arrived")]
    event_id: Annotated[str, Field(description="The provider's own; empty where it gives none")]
    state: State
    occupancy: Annotated[int | None, Field(description="The provider's count that came with it; null for none")]
    reason: Annotated[str, Field(description="Why, such as lease_expired; or what it was that Rollcall does not know")]


class Events(BaseModel):
    """What happened in a channel."""

    channel: str
    events: list[LoggedEvent]
    next: Next


class OccupancyOfChannel(BaseModel):
    """How many were in a channel over the last minutes."""

    model_config = {"populate_by_name": True}

    channel: str
    begin: Annotated[Moment, Field(alias="from", description="Where it begins, on a whole step")]
    until: Annotated[Moment, Field(description="Where it ends, which is now")]
    step_seconds: Annotated[int, Field(description="From one count to the next; the last is cut off by now")]
    occupancy: Annotated[
        list[int],
        Field(description="The most members at once since the count before, 61 counts; the last is how many are now"),
    ]
    complete: Annotated[
        bool,
        Field(description="False where the log of events does not reach back so far: then early counts are guesses"),
    ]


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
    if position and not (re.fullmatch(like, position, re.DOTALL) and len(position.encode()) <= LONGEST_KEY + _CARRIED):
        raise InvalidParameter(_NO_CURSOR)
    return position
