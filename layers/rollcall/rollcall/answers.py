"""HTTP answers, as API Gateway takes them (payload format 2.0); the one place where errors become statuses."""

import json
from collections.abc import Mapping
from typing import TypedDict

from rollcall.errors import (
    BodyTooLarge,
    InvalidParameter,
    InvalidRetention,
    NotFound,
    RollcallError,
    TooLarge,
    Unauthorized,
    Unavailable,
)

# What a provider does with each: everything but 2xx makes PubNub and Pusher send the webhook again, for a while.
_STATUSES: dict[type[RollcallError], int] = {
    InvalidParameter: 400,
    Unauthorized: 401,
    NotFound: 404,
    BodyTooLarge: 413,
    TooLarge: 413,
    InvalidRetention: 500,
    Unavailable: 503,
}

# Answers hold for the moment at which they were asked, and a browser must take them for nothing but what they say.
HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


class Answer(TypedDict):
    statusCode: int
    headers: dict[str, str]
    body: str


def of_json(status: int, content: Mapping[str, object]) -> Answer:
    return _answer(status, "application/json", json.dumps(content))


def of_text(status: int, text: str) -> Answer:
    return _answer(status, "text/plain; charset=utf-8", text)


def of_error(error: RollcallError) -> Answer:
    """The status that goes with an error, and its sentence."""
    answer = of_json(_STATUSES[type(error)], {"error": str(error)})
    if isinstance(error, Unauthorized):
        answer["headers"]["www-authenticate"] = "Bearer"  # RFC 9110 asks for it with every 401
    return answer


def _answer(status: int, content_type: str, body: str) -> Answer:
    return {"statusCode": status, "headers": {"content-type": content_type, **HEADERS}, "body": body}
