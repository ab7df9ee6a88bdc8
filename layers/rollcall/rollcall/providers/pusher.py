"""Pusher Channels, and the servers that speak as it does (soketi, sockudo).

Bodies and signatures: https://pusher.com/docs/channels/server_api/webhooks
"""

import hashlib
import hmac

from pydantic import BaseModel, ConfigDict, Field

from rollcall.body import read_body
from rollcall.dialect import Transcript, Typed, as_count, as_name, as_state, by_word, is_one_of, word
from rollcall.envelope import Envelope
from rollcall.errors import Unreadable, Unverified
from rollcall.events import Kind
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

_KINDS = by_word(
    {
        "channel_occupied": Kind.CHANNEL_OCCUPIED,
        "channel_vacated": Kind.CHANNEL_VACATED,
        "member_added": Kind.JOINED,
        "member_removed": Kind.LEFT,
        "member_updated": Kind.STATE_CHANGED,  # sockudo only
        "subscription_count": Kind.OCCUPANCY_REPORTED,
        "client_event": Kind.CLIENT_EVENT,
        "cache_miss": Kind.CACHE_MISS,
    }
)


class Token(BaseModel):
    """One of an app's tokens, from the page "App Keys" of the dashboard."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    key: Typed
    secret: Typed


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


def parse(envelope: Envelope) -> Transcript:
    """One time for the whole body, so what stands later in it counts as later."""
    body = read_body(envelope.body)
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
    kind = _KINDS.get(word(item.get("name")))
    transcript.add(
        kind,
        name=as_name(item.get("name")),
        channel=as_name(item.get("channel")),
        at=at,
        user=as_name(item.get("user_id")),  # soketi keeps the type that the application gave it: 1 and "1" are one user
        state=as_state(item.get("user_info")) if kind is Kind.STATE_CHANGED else None,
        occupancy=as_count(item.get("subscription_count")),
        reason=as_name(item.get("event")),  # the client's own name for a client event
    )


def _sign(body: bytes, token: Token) -> str:
    return hmac.digest(token.secret.encode(), body, hashlib.sha256).hex()
