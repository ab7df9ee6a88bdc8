"""The OpenAPI description of the read API, generated from the code that validates."""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, get_type_hints

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from rollcall import __version__
from rollcall.read_shapes import Error

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse

_DESCRIPTION = """\
Who is online where, by the presence webhooks of realtime providers.

Every answer holds for the moment at which it is asked. Times in answers are ISO 8601, in UTC. What does not fit into an
answer comes when the same is asked again with `next=` and the word that the answer gave as `next`."""

_ERRORS = {
    400: "A parameter is not what it should be; the sentence says which.",
    401: "The read key is wrong or missing.",
    404: "There is no such provider.",
    500: "The source's own retention, as stored, is not valid.",
    503: "AWS did not do as asked, for now. Asking again may help.",
}
_ANYWHERE = (401, 503)
_POWERTOOLS_OWN = ("HTTPValidationError", "ResponseValidationError", "ValidationError")


def get[**P, Shape](
    router: APIGatewayHttpRouter, path: str, summary: str, *, errors: tuple[int, ...]
) -> Callable[[Callable[P, Shape]], Callable[P, Shape]]:
    """A route that is described by its function: its docstring, its parameters, and what it returns.

    `errors` are those that it may answer beside those that any route may.
    """

    def register(function: Callable[P, Shape]) -> Callable[P, Shape]:
        shape = get_type_hints(function)["return"]
        told = {200: _response(_on_one_line(shape.__doc__), shape)}
        told |= {status: _response(_ERRORS[status], Error) for status in sorted({*errors, *_ANYWHERE})}
        registered: Callable[P, Shape] = router.get(
            path,
            summary=summary,
            description=_on_one_line(function.__doc__),
            operation_id=function.__name__,
            responses=told,
        )(function)
        return registered

    return register


def describe(app: APIGatewayHttpResolver) -> str:
    """The description, as JSON."""
    # Here, so that only who asks for it pays: a tenth of a cold start.
    from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer, Server

    description: dict[str, Any] = json.loads(
        app.get_openapi_json_schema(
            title="Rollcall",
            version=__version__,
            description=_DESCRIPTION,
            servers=[Server(url=".")],  # where the description itself is, whatever the path before it
            security_schemes={"key": HTTPBearer(description="The read key of the deployment.")},
            security=[{"key": []}],
        )
    )
    # Powertools says of every route that it answers 422; what that stands for is a 400 here.
    for path in description["paths"].values():
        for operation in path.values():
            del operation["responses"][str(HTTPStatus.UNPROCESSABLE_ENTITY.value)]
    for schema in _POWERTOOLS_OWN:
        del description["components"]["schemas"][schema]
    return json.dumps(description)


def _response(sentence: str, shape: type[Any]) -> "OpenAPIResponse":
    return {"description": sentence, "content": {"application/json": {"model": shape}}}


def _on_one_line(docstring: str | None) -> str:
    return " ".join((docstring or "").split())
