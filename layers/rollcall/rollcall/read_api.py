"""The read API: its frame, who may ask, and what is answered to questions that are wrong."""

import hmac
from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from rollcall import answers
from rollcall.answers import Answer
from rollcall.api_description import describe
from rollcall.errors import InvalidParameter, NotFound, RollcallError, Unauthorized

_DESCRIPTION = "/openapi.json"


def require_key(request: Mapping[str, Any], read_key: str) -> None:
    """Raise `Unauthorized` unless the request carries the read key, or asks only what can be asked."""
    if request["routeKey"] == f"GET {_DESCRIPTION}":
        return
    given = {name.lower(): value for name, value in request["headers"].items()}
    # RFC 9110: the scheme is written in any case, and one space or more follows it.
    scheme, _, presented = given.get("authorization", "").strip().partition(" ")
    is_right = hmac.compare_digest(presented.strip().encode(errors="replace"), read_key.encode())
    if scheme.lower() != "bearer" or not is_right:
        raise Unauthorized("The read key is wrong or missing: send it as Authorization: Bearer KEY.")


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
