"""The read API: its routes, their parameters, and what is answered to those that are wrong."""

import hmac
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Query

from rollcall import answers
from rollcall.answers import Answer
from rollcall.errors import InvalidParameter, NotFound, RollcallError, Unauthorized, UnstorableEvent
from rollcall.keys import ChannelKey, SourceKey, require_storable, user_key
from rollcall.provider import exists
from rollcall.read_shapes import Channels, Events, Members, Whereabouts
from rollcall.reading import Reading
from rollcall.timestamps import to_milliseconds

_END_OF_TIME = 10**15 - 1  # milliseconds; the last that a record's key can hold

# Not as `type` statements: Powertools would not see the alias in them.
Name = Annotated[str, Query(min_length=1)]
Cursor = Annotated[str, Query(alias="next")]  # the word that the answer before this one gave under that name
Limit = Annotated[int, Query(ge=1, le=1000)]  # a page that one request of DynamoDB's can fill


def require_key(headers: dict[str, str], read_key: str) -> None:
    """Raise `Unauthorized` unless the request carries the read key."""
    given = {name.lower(): value for name, value in headers.items()}
    presented = given.get("authorization", "").encode(errors="replace")
    if not hmac.compare_digest(presented, f"Bearer {read_key}".encode()):
        raise Unauthorized("The read key is wrong or missing: send it as Authorization: Bearer KEY.")


def routes(reading: Reading) -> APIGatewayHttpResolver:
    """The routes, with answers from `reading`."""
    app = APIGatewayHttpResolver(enable_validation=True)

    @app.get("/presence/<provider>/<source>/members")
    def members(provider: str, source: str, channel: Name, limit: Limit = 100, cursor: Cursor = "") -> Members:
        return reading.members(_channel(provider, source, channel), limit, cursor)

    @app.get("/presence/<provider>/<source>/channels")
    def channels(provider: str, source: str, prefix: str = "", limit: Limit = 100, cursor: Cursor = "") -> Channels:
        return reading.channels(_channel(provider, source, prefix).of_source, prefix, limit, cursor)

    @app.get("/presence/<provider>/<source>/whereabouts")
    def whereabouts(provider: str, source: str, user: Name, limit: Limit = 100, cursor: Cursor = "") -> Whereabouts:
        return reading.whereabouts(_user(provider, source, user), user, limit, cursor)

    @app.get("/presence/<provider>/<source>/events")
    def events(
        provider: str,
        source: str,
        channel: Name,
        begin: Annotated[str, Query(alias="from")] = "",
        until: str = "",
        limit: Limit = 100,
        cursor: Cursor = "",
    ) -> Events:
        first, last = _time("from", begin, 0), _time("until", until, _END_OF_TIME)
        if first > last:
            raise InvalidParameter("from is later than until.")
        return reading.events(_channel(provider, source, channel), first, last, limit, cursor)

    app.exception_handler(RequestValidationError)(_on_invalid_parameter)
    app.exception_handler(RollcallError)(_on_error)
    app.not_found(lambda _error: _on_error(NotFound("There is nothing at this address.")))
    return app


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
        raise InvalidParameter(f"{name} is longer than any that can be stored.") from error


def _time(name: str, text: str, default: int) -> int:
    if not text:
        return default
    milliseconds = to_milliseconds(text)
    if milliseconds is None:
        raise InvalidParameter(f"{name} is no time: write ISO 8601 (2026-01-31T12:00:00Z) or Unix milliseconds.")
    return milliseconds


def _on_invalid_parameter(error: RequestValidationError) -> Response[Any]:
    first = error.errors()[0]
    return _on_error(InvalidParameter(f"{first['loc'][-1]} is not as it must be: {first['msg']}."))


def _on_error(error: RollcallError) -> Response[Any]:
    answer: Answer = answers.of_error(error)
    return Response(
        status_code=answer["statusCode"],
        content_type=answer["headers"]["content-type"],
        headers={name: value for name, value in answer["headers"].items() if name != "content-type"},
        body=answer["body"],
    )
