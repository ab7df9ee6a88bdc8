"""The read API: its frame, who may ask, and what is answered to questions that are wrong."""

import hmac
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Protocol

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from rollcall import answers
from rollcall.answers import Answer
from rollcall.api_description import describe
from rollcall.errors import InvalidParameter, NotFound, RollcallError, Unauthorized

_DESCRIPTION = "/openapi.json"


class ReadKeys(Protocol):
    def __call__(self, *, doubted: bool = False) -> Sequence[str]:
        """All keys that are accepted; asked for again if `doubted`. May raise `Unavailable`."""


def require_key(request: Mapping[str, Any], read_keys: ReadKeys) -> None:
    """Raise `Unauthorized` unless the request carries a read key, or asks only what can be asked."""
    if request["routeKey"] == f"GET {_DESCRIPTION}":
        return
    given = {name.lower(): value for name, value in request["headers"].items()}
    # RFC 9110: the scheme is written in any case, and one space or more follows it.
    scheme, _, presented = given.get("authorization", "").strip().partition(" ")
    if scheme.lower() != "bearer" or not _is_key(presented.strip(), read_keys):
        raise Unauthorized("The read key is wrong or missing: send it as Authorization: Bearer KEY.")


def _is_key(presented: str, read_keys: ReadKeys) -> bool:
    known = read_keys()
    if _is_one_of(presented, known):
        return True
    # Perhaps the key has been rotated since it was last asked for.
    renewed = read_keys(doubted=True)
    return renewed != known and _is_one_of(presented, renewed)


def _is_one_of(presented: str, keys: Iterable[str]) -> bool:
    candidate = presented.encode(errors="replace")
    return any(hmac.compare_digest(candidate, key.encode()) for key in keys)


def api(*routers: APIGatewayHttpRouter) -> APIGatewayHttpResolver:
    """The API with these routes, and its own description."""
    app = APIGatewayHttpResolver(enable_validation=True)
    app.use([_with_headers])
    for router in routers:
        app.include_router(router)

    @cache
    def description() -> str:
        return describe(app)

    @app.get(_DESCRIPTION, include_in_schema=False)
    def openapi() -> Response[str]:
        return Response(status_code=200, content_type="application/json", body=description())

    app.exception_handler(RequestValidationError)(_on_invalid_parameter)
    app.exception_handler(RollcallError)(_on_error)
    app.not_found(lambda _error: _on_error(NotFound("There is nothing at this address.")))
    return app


def _with_headers(app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[Any]:
    response: Response[Any] = next_middleware(app)
    response.headers.update(answers.HEADERS)
    return response


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
