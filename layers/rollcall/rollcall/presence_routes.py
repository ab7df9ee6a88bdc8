"""The routes of the read API that tell of presence, and their parameters."""

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from rollcall.api_description import get
from rollcall.errors import InvalidParameter, NotFound, UnstorableEvent
from rollcall.keys import ChannelKey, SourceKey, require_storable, user_key
from rollcall.provider import exists, names
from rollcall.read_shapes import Channels, Events, Members, OccupancyOfChannel, Whereabouts
from rollcall.reading import END_OF_TIME, Reading
from rollcall.timestamps import asked_time

_ERRORS = (400, 404, 500)

# Not as `type` statements: Powertools would not see the alias in them.
ProviderName = Annotated[
    str, Path(description="The provider's name, as in webhook URLs", json_schema_extra={"enum": names()})
]
SourceName = Annotated[str, Path(description="The source's name, as in its webhook URL")]
Channel = Annotated[str, Query(min_length=1, description="The channel's name")]
User = Annotated[str, Query(min_length=1, description="The user's id at the provider")]
Prefix = Annotated[str, Query(description="What the channels' names begin with; all if empty")]
Limit = Annotated[int, Query(ge=1, le=1000, description="At most so many of them in one answer")]  # one read fills it
Cursor = Annotated[str, Query(alias="next", description="The word that the answer before this one gave as `next`")]
Begin = Annotated[str, Query(alias="from", description="The first moment: ISO 8601, or Unix milliseconds")]
Until = Annotated[str, Query(description="The last moment, which is left out itself: ISO 8601, or Unix milliseconds")]
Order = Annotated[Literal["oldest", "newest"], Query(description="Which of the events comes first")]
Minutes = Annotated[int, Query(ge=1, le=1440, description="So many minutes back")]  # a day; beyond it reading is slow


def presence_routes(reading: Reading) -> APIGatewayHttpRouter:
    """The routes, with answers from `reading`."""
    router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]  # Powertools types all of it but this

    @get(router, "/presence/<provider>/<source>/members", "Who is in a channel", errors=_ERRORS)
    def members(
        provider: ProviderName, source: SourceName, channel: Channel, limit: Limit = 100, cursor: Cursor = ""
    ) -> Members:
        """The members of a channel, by name within an answer and page by page by arrival; who comes back between two
        pages may be told twice."""
        return reading.members(_channel(provider, source, channel), limit, cursor)

    @get(router, "/presence/<provider>/<source>/channels", "Which channels are occupied", errors=_ERRORS)
    def channels(
        provider: ProviderName, source: SourceName, prefix: Prefix = "", limit: Limit = 100, cursor: Cursor = ""
    ) -> Channels:
        """The channels that somebody is in, by name. An answer may hold fewer than `limit`, and yet a `next`."""
        return reading.channels(_channel(provider, source, prefix).of_source, prefix, limit, cursor)

    @get(router, "/presence/<provider>/<source>/whereabouts", "Where a user is", errors=_ERRORS)
    def whereabouts(
        provider: ProviderName, source: SourceName, user: User, limit: Limit = 100, cursor: Cursor = ""
    ) -> Whereabouts:
        """The channels that a user is in, by name. A user of whom nothing is known is not online."""
        return reading.whereabouts(_user(provider, source, user), user, limit, cursor)

    @get(router, "/presence/<provider>/<source>/events", "What happened in a channel", errors=_ERRORS)
    def events(
        provider: ProviderName,
        source: SourceName,
        channel: Channel,
        begin: Begin = "",
        until: Until = "",
        order: Order = "oldest",
        limit: Limit = 100,
        cursor: Cursor = "",
    ) -> Events:
        """The log of a channel, by the provider's clock, for as long as events are kept. With `order=newest`, `next`
        goes back in time."""
        first, last = _time("from", begin, 0), _time("until", until, END_OF_TIME)
        if first > last:
            raise InvalidParameter("from is later than until.")
        key = _channel(provider, source, channel)
        return reading.events(key, first, last, limit, cursor, newest_first=order == "newest")

    @get(router, "/presence/<provider>/<source>/occupancy", "How many were in a channel", errors=_ERRORS)
    def occupancy(
        provider: ProviderName, source: SourceName, channel: Channel, minutes: Minutes = 60
    ) -> OccupancyOfChannel:
        """How many members a channel had over the last minutes, derived from its log and from who is there now. Who was
        there without any event in these minutes is counted as there all the time if there now, and else not at all."""
        return reading.occupancy(_channel(provider, source, channel), minutes)

    return router


def _channel(provider: str, source: str, channel: str) -> ChannelKey:
    _require_existing(provider)
    key = ChannelKey(provider, source, channel)
    _require_storable("channel", str(key))
    return key


def _user(provider: str, source: str, user: str) -> SourceKey:
    _require_existing(provider)
    key = SourceKey(provider, source)
    _require_storable("user", user_key(key, user))
    return key


def _require_existing(provider: str) -> None:
    if not exists(provider):
        raise NotFound(f"There is no provider {provider}.")


def _require_storable(name: str, key: str) -> None:
    try:
        require_storable(key)
    except UnstorableEvent as error:
        raise InvalidParameter(f"{name} is none that could be stored: too long, or not Unicode.") from error


def _time(name: str, text: str, default: int) -> int:
    if not text:
        return default
    milliseconds = asked_time(text)
    if milliseconds is None:
        raise InvalidParameter(
            f"{name} is no time from 1970 on: write ISO 8601 (2026-01-31T12:00:00Z, 2026-01-31) or Unix milliseconds."
        )
    return milliseconds
