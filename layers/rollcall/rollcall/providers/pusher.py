"""Pusher Channels, and the servers that speak as it does (soketi, sockudo).

Bodies and signatures: https://pusher.com/docs/channels/server_api/webhooks
"""

import hashlib
import hmac

from pydantic import BaseModel, ConfigDict, Field

from rollcall.dialect import Transcript, as_count, as_name, as_state, is_one_of, read_json
from rollcall.envelope import Envelope
from rollcall.errors import Unreadable, Unverified
from rollcall.events import Kind, PresenceEvent
from rollcall.provider import Setup
from rollcall.timestamps import Moment, to_moment

SETUP = Setup(
    title="Pusher Channels",
    where="Dashboard, your app, Webhooks.",
    switch_on=(
        "Add a webhook of the class Channel existence with the URL: it tells which channels are occupied and vacated.",
        "Add a webhook of the class Presence with the same URL: it tells who came to and went from presence channels.",
        "Turn on batching of webhooks (up to 20 events, or 250 ms, in one request), to pay for fewer of them.",
    ),
    signs=True,
    proof="Pusher signs each webhook with the secret of the app's oldest active token; until key and secret are stored "
    "they are all parked.",
    secrets="Dashboard, your app, App Keys: the key and secret of every token that is active; the oldest one signs.",
)
LOSES_EVENTS_FROM = 0  # none documented

_KINDS = {
    "channel_occupied": Kind.CHANNEL_OCCUPIED,
    "channel_vacated": Kind.CHANNEL_VACATED,
    "member_added": Kind.JOINED,
    "member_removed": Kind.LEFT,
    "member_updated": Kind.STATE_CHANGED,  # sockudo only
    "subscription_count": Kind.OCCUPANCY_REPORTED,
    "client_event": Kind.CLIENT_EVENT,
    "cache_miss": Kind.CACHE_MISS,
}
_OF_A_MEMBER = {Kind.JOINED, Kind.LEFT, Kind.STATE_CHANGED}


class Token(BaseModel):
    """One of an app's tokens, from the page "App Keys" of the dashboard."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    key: str = Field(min_length=1)
    secret: str = Field(min_length=1)


class Secrets(BaseModel):
    """An app may have several tokens, and its *oldest* active one signs: keep the old one until it is deleted."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    tokens: tuple[Token, ...] = Field(min_length=1)


def verify(envelope: Envelope, secrets: Secrets) -> None:
    """`X-Pusher-Signature` is the lower-case hex HMAC-SHA256 of the body's exact bytes.

    Nothing dates the signature, and Pusher repeats a webhook for five minutes: its age is not judged.
    """
    key = envelope.headers.get("x-pusher-key", "")
    signature = envelope.headers.get("x-pusher-signature", "")
    expected = [_sign(envelope.body, token) for token in secrets.tokens if is_one_of(key, [token.key])]
    if not expected:
        raise Unverified("The key that it names is none of the source's tokens'.")
    if not is_one_of(signature, expected):
        raise Unverified("The signature is not one that the source's tokens make.")


def parse(envelope: Envelope) -> list[PresenceEvent]:
    """One time for the whole body, so what stands later in it counts as later."""
    body = read_json(envelope.body)
    if not isinstance(body, dict):
        raise Unreadable("The body is no object.")
    items = body.get("events", [body] if "name" in body else None)  # soketi once sent a single event bare (its #137)
    if not isinstance(items, list):
        raise Unreadable("The body has no events.")
    at = to_moment(body.get("time_ms"))
    transcript = Transcript(envelope)
    for item in items:
        _add(transcript, item if isinstance(item, dict) else {}, at)
    return transcript.oldest_first()


def _add(transcript: Transcript, item: dict[str, object], at: Moment | None) -> None:
    name = as_name(item.get("name"))
    channel = as_name(item.get("channel"))
    user = as_name(item.get("user_id"))  # soketi keeps the type that the application gave it: 1 and "1" are one user
    kind = _KINDS.get(name)
    if kind is None or not channel or (kind in _OF_A_MEMBER and not user):
        transcript.add(Kind.UNKNOWN, channel=channel, at=at, user=user, reason=name or "no name")
        return
    transcript.add(
        kind,
        channel=channel,
        at=at,
        user=user,
        state=as_state(item.get("user_info")) if kind is Kind.STATE_CHANGED else None,
        occupancy=as_count(item.get("subscription_count")),
        reason=as_name(item.get("event")),  # the client's own name for a client event
    )


def _sign(body: bytes, token: Token) -> str:
    return hmac.digest(token.secret.encode(), body, hashlib.sha256).hex()
