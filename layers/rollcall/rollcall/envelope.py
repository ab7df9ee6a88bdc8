"""A webhook as it travels: the exact bytes, and what is known of their arrival, in one message of pure ASCII.

SQS refuses some code points that JSON may hold, so the body travels as base64 whatever it is.
"""

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from rollcall.bounds import LARGEST_BODY
from rollcall.errors import BodyTooLarge, TooLarge, UnreadableEnvelope

# Bytes. SQS takes 1 MiB, attributes included: the rest is for the reason, should the message have to be parked.
LARGEST_MESSAGE = 1_048_576 - 1_024
_LARGEST_PLAIN_BODY = 200_000  # bytes; below it compressing costs more time than it saves in 64 KB chunks
_LAST_MOMENT = 253_402_300_799_999  # milliseconds; the year 9999 ends, and no answer could tell a later time

# What describes the transport rather than the webhook. All else is kept: users name PubNub's custom headers themselves.
_NOT_KEPT = frozenset({"host", "accept", "accept-encoding", "connection", "content-length", "cookie", "via"})
_NOT_KEPT_PREFIXES = ("x-forwarded-", "x-amzn-", "x-amz-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """`received_at` is API Gateway's receipt time in Unix milliseconds; header names are lower-case."""

    provider: str
    source: str
    received_at: int
    request_id: str
    headers: Mapping[str, str]
    body: bytes


class Http(TypedDict):
    method: str


class RequestContext(TypedDict):
    http: Http
    requestId: str
    timeEpoch: int


class Request(TypedDict):
    """A request as API Gateway hands it over (payload format 2.0), as far as ingest looks at it."""

    requestContext: RequestContext
    pathParameters: dict[str, str]
    headers: dict[str, str]
    body: NotRequired[str]
    isBase64Encoded: bool


def envelop(request: Request) -> Envelope:
    """The envelope of a webhook as it arrives."""
    body = request.get("body", "")
    return Envelope(
        provider=request["pathParameters"]["provider"],
        source=request["pathParameters"]["source"],
        received_at=request["requestContext"]["timeEpoch"],
        request_id=request["requestContext"]["requestId"],
        headers={name.lower(): value for name, value in request["headers"].items()},  # as HTTP has them: in any case
        body=b64decode(body) if request["isBase64Encoded"] else body.encode(),
    )


def seal(envelope: Envelope) -> str:
    """The message for the queue. Raises `BodyTooLarge` for what does not fit into one."""
    compressed = len(envelope.body) > _LARGEST_PLAIN_BODY
    content = zlib.compress(envelope.body) if compressed else envelope.body
    message = json.dumps(
        {
            "provider": envelope.provider,
            "source": envelope.source,
            "received_at": envelope.received_at,
            "request_id": envelope.request_id,
            "headers": {name: value for name, value in envelope.headers.items() if _is_kept(name)},
            "compressed": compressed,
            "body": b64encode(content).decode(),
        }
    )
    if len(message) > LARGEST_MESSAGE:
        raise BodyTooLarge("The body is too large to be queued, even compressed.")
    return message


def open_envelope(message: str) -> Envelope:
    """What `seal` made. Raises `UnreadableEnvelope` for anything else, and `TooLarge` for a body over its bound."""
    try:
        content = json.loads(message)
        body = b64decode(content["body"], validate=True)
        return Envelope(
            provider=str(content["provider"]),
            source=str(content["source"]),
            received_at=_moment(int(content["received_at"])),
            request_id=str(content["request_id"]),
            headers={str(name): str(value) for name, value in content["headers"].items()},
            body=_decompressed(body) if content["compressed"] else body,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError, zlib.error) as error:
        raise UnreadableEnvelope("The message is no envelope.") from error


def is_heavy(message: str) -> bool:
    """Whether a message holds a large body, told without opening it."""
    # In JSON no text holds a quotation mark that is not escaped, so this is never a part of a body or header.
    return '"compressed": true' in message


def _is_kept(name: str) -> bool:
    return name not in _NOT_KEPT and not name.startswith(_NOT_KEPT_PREFIXES)


def _moment(milliseconds: int) -> int:
    # Or one forged message would break whatever tells of the last webhook.
    if not 0 <= milliseconds <= _LAST_MOMENT:
        raise ValueError("no time that API Gateway would tell")
    return milliseconds


def _decompressed(body: bytes) -> bytes:
    stream = zlib.decompressobj()
    content = stream.decompress(body, LARGEST_BODY + 1)  # and no more, or a few bytes could fill the memory
    if len(content) > LARGEST_BODY:
        raise TooLarge(f"The body has more than {LARGEST_BODY} bytes.")
    if not stream.eof:
        raise ValueError("cut off")
    return content
