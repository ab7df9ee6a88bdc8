"""Webhooks as providers send them, byte by byte, and as API Gateway hands them to ingest."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from rollcall.envelope import Request
from rollcall.keys import SourceKey
from rollcall.timestamps import to_iso
from rollcall.tokens import make_token
from tools.demo.dialects import pusher_signature

SOURCE = "metered"
PUSHER_KEY = "a8a31eec8bf5b0d9de5e"  # made up, as long as a real one
PUSHER_SECRET = "0d6f4d1a3c5e8b7f9a21"  # noqa: S105  likewise

_SCHEMAS = {
    "join": "presence.user.channel.joined",
    "leave": "presence.user.channel.left",
    "state-change": "presence.channel.user.state.in.changed",
}
_NAMES = {"join": "member_added", "leave": "member_removed"}

# What API Gateway adds or passes on; ingest keeps the provider's own only.
_HEADERS = {
    "accept": "*/*",
    "content-type": "application/json",
    "host": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
    "user-agent": "webhooks/1.0",
    "x-amzn-trace-id": "Root=1-692161f0-1f0c5d6a2b7e4c3d5a6f7e8d",
    "x-forwarded-for": "192.0.2.1",
    "x-forwarded-port": "443",
    "x-forwarded-proto": "https",
}


class Change(NamedTuple):
    """What a member does: `join`, `leave` or `state-change`."""

    action: str
    channel: str
    user: str


class Webhook(NamedTuple):
    """`received_at` is in Unix milliseconds."""

    provider: str
    received_at: int
    headers: Mapping[str, str]
    body: bytes
    events: int


def of_pubnub(change: Change, at: int) -> Webhook:
    """One event, as Events & Actions sends it without batching.

    https://www.pubnub.com/docs/serverless/events-and-actions/ena-payloads
    """
    item: dict[str, Any] = {
        "id": f"{at:032x}",
        "channel": change.channel,
        "userId": change.user,
        "occupancy": 10,
        "data": {"mood": f"calm since {at}"} if change.action == "state-change" else {},
        "timestamp": to_iso(at),
        "subKey": "sub-c-4f1d0c52-8e7a-4b0b-9a57-3f7a1f2c9d01",
    }
    schema = f"pubnub.com/schemas/events/{_SCHEMAS[change.action]}?v=1.0.0"
    return Webhook("pubnub", at, _HEADERS, _compact({"schema": schema, "data": [item]}), 1)


def of_pusher(changes: Sequence[Change], at: int) -> Webhook:
    """A batch, signed. https://pusher.com/docs/channels/server_api/webhooks"""
    events = [
        {"name": _NAMES[change.action], "channel": f"presence-{change.channel}", "user_id": change.user}
        for change in changes
    ]
    body = _compact({"time_ms": at, "events": events})
    signed = {"x-pusher-key": PUSHER_KEY, "x-pusher-signature": pusher_signature(body, PUSHER_SECRET)}
    return Webhook("pusher", at, {**_HEADERS, **signed}, body, len(changes))


def as_request(webhook: Webhook, url_secret: str) -> Request:
    """As ingest is given it, by whom the URL with its token was made."""
    token = make_token(url_secret, webhook.provider, SOURCE)
    headers = {name.lower(): value for name, value in webhook.headers.items()}
    is_text = headers["content-type"] == "application/json"  # of forms, which some legacy webhooks are, it makes base64
    return cast(
        "Request",  # which names what ingest reads
        {
            "version": "2.0",
            "rawPath": f"/webhooks/{webhook.provider}/{SOURCE}/{token}",
            "rawQueryString": "",
            "headers": headers,
            "requestContext": {
                "http": {"method": "POST"},
                "requestId": "JKJaXmPLvHcESHA=",  # as long as API Gateway makes them
                "timeEpoch": webhook.received_at,
            },
            "pathParameters": {"provider": webhook.provider, "source": SOURCE, "token": token},
            "body": webhook.body.decode() if is_text else b64encode(webhook.body).decode(),
            "isBase64Encoded": not is_text,
        },
    )


def stored_secrets(source: SourceKey, /, *, doubted: bool = False) -> object:  # noqa: ARG001  as StoredSecrets has it
    return {"tokens": [{"key": PUSHER_KEY, "secret": PUSHER_SECRET}]} if source.provider == "pusher" else {}


def _compact(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()
