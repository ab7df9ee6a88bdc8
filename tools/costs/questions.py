"""Requests to the read API, as API Gateway hands them to the query function."""

from typing import Any, NamedTuple
from urllib.parse import urlencode

from tools.costs.webhooks import SOURCE

READ_KEY = "example"


class Question(NamedTuple):
    """A request to the read API, about a source at PubNub."""

    about: str
    parameters: dict[str, str]


def as_query(question: Question) -> dict[str, Any]:
    """As API Gateway hands a question to the query function."""
    path = f"/presence/pubnub/{SOURCE}/{question.about}"
    return {
        "version": "2.0",
        "routeKey": f"GET /presence/{{provider}}/{{source}}/{question.about}",
        "rawPath": path,
        "rawQueryString": urlencode(question.parameters),
        "headers": {"authorization": f"Bearer {READ_KEY}"},
        "queryStringParameters": question.parameters,
        "requestContext": {"http": {"method": "GET", "path": path}, "requestId": "1", "stage": "$default"},
        "pathParameters": {"provider": "pubnub", "source": SOURCE},
        "isBase64Encoded": False,
    }
