"""PubNub: Events & Actions, bare or in envelopes 1.0 to 2.1, and the legacy Presence Webhooks that it replaced.

Events & Actions: https://www.pubnub.com/docs/serverless/events-and-actions/events and .../ena-payloads
Legacy bodies: https://www.pubnub.com/docs/migration-guides/legacy-webhooks
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.parser import BytesParser
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict

from rollcall.dialect import Transcript, as_count, as_name, as_state, is_one_of, read_json
from rollcall.envelope import Envelope
from rollcall.errors import Unreadable, Unverified
from rollcall.events import Kind, PresenceEvent
from rollcall.provider import Setup
from rollcall.timestamps import Moment, to_moment

SETUP = Setup(
    title="PubNub",
    where="Admin Portal, your app and keyset: Presence on the keyset's page, and then Events & Actions.",
    switch_on=(
        "Switch on Presence for the keyset, for all channels or by rules that cover yours: without it nothing is sent.",
        "Create one action of the type webhook with the URL; switch on its retries, which only paid plans have.",
        "Create a listener for the presence event User started subscription, with this action.",
        "Create a listener for User stopped subscription, with the same action.",
        "Create a listener for User timed out, with the same action.",
        "Create a listener for User state changed, with the same action.",
        "Create a listener for First user subscribed (the channel becomes active), with the same action.",
        "Create a listener for Last user left (the channel becomes inactive), with the same action.",
        "Optional: a seventh one for Interval occupancy counted, for channels too large for each join to be announced.",
    ),
    signs=False,
    proof="PubNub does not sign: the token in the URL is the proof, and on top of it a custom header and the subscribe "
    "key, if yours are stored.",
    secrets="The custom header is one that you invent and add to the webhook action (paid plans only); the subscribe "
    "key is on the keyset's page. Storing them is optional.",
)
LOSES_EVENTS_FROM = 0  # a batch holds 10,000 at most, but what does not fit goes into the next one

# By the end of the schema's name. PubNub's own samples repeat its prefix and differ in its version: both are ignored.
_SCHEMAS = {
    "presence.user.channel.joined": Kind.JOINED,
    "presence.user.channel.left": Kind.LEFT,
    "presence.user.timedout.in.channel": Kind.TIMED_OUT,
    "presence.channel.user.state.in.changed": Kind.STATE_CHANGED,
    "presence.channel.state.active": Kind.CHANNEL_OCCUPIED,
    "presence.channel.state.inactive": Kind.CHANNEL_VACATED,
    "presence.channel.occupancy.counted": Kind.OCCUPANCY_REPORTED,
}
_LEGACY_ACTIONS = {
    "join": Kind.JOINED,
    "leave": Kind.LEFT,
    "timeout": Kind.TIMED_OUT,
    "state-change": Kind.STATE_CHANGED,
    "active": Kind.CHANNEL_OCCUPIED,
    "inactive": Kind.CHANNEL_VACATED,
    "interval": Kind.OCCUPANCY_REPORTED,
}
_OF_A_MEMBER = {Kind.JOINED, Kind.LEFT, Kind.TIMED_OUT, Kind.STATE_CHANGED}

# Who came and went in an interval, by the names of the legacy event and of both pages on Events & Actions. The lists
# tell what changed on the whole, so nobody stands in two; leaves go first, and doubt ends with the member present.
_INTERVAL_LISTS = (
    (Kind.LEFT, ("leave", "usersLeft", "usersLeftDelta")),
    (Kind.TIMED_OUT, ("timeout", "usersTimedout", "usersTimedOut", "usersTimedoutDelta")),
    (Kind.JOINED, ("join", "usersJoined", "usersJoinedDelta")),
)


class Secrets(BaseModel):
    """What the source's webhooks must carry, as far as it is configured; PubNub itself signs nothing.

    `headers` are the custom headers of the webhook action, each with the values accepted; `subscribe_keys` are the
    keysets it may come from (clients know them too, so they prove little).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    headers: Mapping[str, tuple[str, ...]] = {}
    subscribe_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Item:
    """One entry of a body, with what the layers around it say. A legacy event has no schema."""

    fields: Mapping[str, object]
    schema: str = ""
    enveloped: bool = False
    event_id: str = ""
    channel: str = ""
    timestamp: object = None


def verify(envelope: Envelope, secrets: Secrets) -> None:
    for name, accepted in secrets.headers.items():
        if not is_one_of(envelope.headers.get(name.lower(), ""), accepted):
            raise Unverified("A custom header is missing or wrong.")
    if not secrets.subscribe_keys:
        return
    try:
        items = list(_items(envelope))
    except Unreadable as error:
        raise Unverified("The body holds no subscribe key.") from error
    keys = [as_name(item.fields.get("subKey") or item.fields.get("sub_key")) for item in items]
    if not keys or not all(is_one_of(key, secrets.subscribe_keys) for key in keys):
        raise Unverified("The subscribe key is none of the source's.")


def parse(envelope: Envelope) -> list[PresenceEvent]:
    transcript = Transcript(envelope)
    for item in _items(envelope):
        if item.schema:
            _add_event(transcript, item)
        else:
            _add_legacy(transcript, item)
    return transcript.oldest_first()


# ---- From body to items ----------------------------------------------------------------------------


def _items(envelope: Envelope) -> Iterator[_Item]:
    content_type = envelope.headers.get("content-type", "").lower()
    if content_type.startswith("multipart/form-data"):
        return iter([_Item(_multipart(envelope))])
    if content_type.startswith("application/x-www-form-urlencoded"):
        return iter([_Item(_urlencoded(envelope.body))])
    return _items_in(read_json(envelope.body))


def _items_in(body: object) -> Iterator[_Item]:
    # How batching and envelopes combine is told nowhere: a list of bodies is taken as well as a body with a list.
    parts = [_items_of(part) for part in (body if isinstance(body, list) else [body])]
    if all(items is None for items in parts):
        raise Unreadable("The body is no event of PubNub's.")
    for items in parts:
        yield from [_Item({}, schema="none")] if items is None else items  # one that is none spoils no other


def _items_of(part: object) -> list[_Item] | None:
    """What one body, or one part of a list of them, holds; `None` if it is none of PubNub's."""
    if not isinstance(part, dict):
        return None
    event = part.get("event")
    if isinstance(event, dict):
        return _items_in_envelope(event, part.get("metadata"))
    if {"action", "status"} & part.keys():
        return [_Item(part)]  # and its data, even if it is a list, is its state
    if isinstance(part.get("data"), list):
        return list(_items_in_payload(part))
    return [_Item(part)] if "occupancy" in part else None


def _items_in_envelope(event: dict[str, object], metadata: object) -> list[_Item] | None:
    payload = event.get("payload")
    parts = [part for part in (payload if isinstance(payload, list) else [payload]) if isinstance(part, dict)]
    if not any(isinstance(part.get("data"), list) for part in parts):
        return None
    return [
        _Item(
            item.fields,
            schema=item.schema,
            enveloped=True,
            event_id=as_name(event.get("id")),
            channel=_channel_in(metadata),
            timestamp=event.get("timestamp"),
        )
        for part in parts
        for item in _items_in_payload(part)
    ]


def _items_in_payload(payload: dict[str, object]) -> Iterator[_Item]:
    schema = as_name(payload.get("schema") or payload.get("dataSchema")) or "none"
    entries = payload.get("data")
    for entry in entries if isinstance(entries, list) else []:
        yield _Item(entry if isinstance(entry, dict) else {}, schema=schema)


def _channel_in(metadata: object) -> str:
    """The channel that an envelope names: `pubsub:channel` in 1.0, `pubsub.channel` in a list in 2.x."""
    if not isinstance(metadata, dict):
        return ""
    listed = metadata.get("definitional")
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    named = (entry.get("pubsub.channel") for entry in entries)
    return as_name(metadata.get("pubsub:channel")) or next((as_name(name) for name in named if name), "")


def _multipart(envelope: Envelope) -> dict[str, object]:
    # The standard library's mail parser: forms are mail with other headers.
    head = f"Content-Type: {envelope.headers['content-type']}\r\n\r\n".encode(errors="replace")
    try:
        message = BytesParser().parsebytes(head + envelope.body)
    except RecursionError as error:
        raise Unreadable("The form is nested without end.") from error
    fields: dict[str, object] = {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            fields[name] = _text(content)
    if not fields:
        raise Unreadable("The form is empty.")
    return fields


def _urlencoded(body: bytes) -> dict[str, object]:
    try:
        fields = dict(parse_qsl(_text(body), keep_blank_values=True, errors="strict"))
    except ValueError as error:
        raise Unreadable("The form is not UTF-8.") from error
    if not fields:
        raise Unreadable("The form is empty.")
    return {**fields}


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise Unreadable("The form is not UTF-8.") from error


# ---- From items to events --------------------------------------------------------------------------


def _add_event(transcript: Transcript, item: _Item) -> None:
    fields = item.fields
    inner = fields.get("data")
    # `data` repeats the legacy event, all values as text, or is the state itself.
    repeated = inner if isinstance(inner, dict) and {"action", "uuid"} <= inner.keys() else {}
    user = as_name(fields.get("userId")) or as_name(fields.get("uuid")) or as_name(repeated.get("uuid"))
    kind = _SCHEMAS.get(_schema_name(item.schema))
    if kind is Kind.OCCUPANCY_REPORTED and user:
        kind = Kind.TIMED_OUT  # PubNub's samples of time-outs wear the schema of counts
    occupancy = fields.get("occupancy", repeated.get("occupancy"))
    if occupancy is None and item.enveloped and kind is Kind.LEFT:
        occupancy = 0  # enveloped leaves leave a zero out
    _add(
        transcript,
        kind,
        item,
        channel=as_name(fields.get("channel")) or as_name(fields.get("channelId")) or item.channel,
        user=user,
        times=_times(item, repeated),
        state=repeated.get("data") if repeated else inner,
        occupancy=as_count(occupancy),
        name=item.schema,
    )


def _times(item: _Item, repeated: Mapping[str, object]) -> tuple[object, ...]:
    """Where the time may stand, the best first. Inside may be a state, which a client can make look like anything: it
    may only refine what the envelope says."""
    inner: tuple[object, ...] = (repeated.get("precise_timestamp"), repeated.get("timestamp"))
    outer = to_moment(item.timestamp)
    finest = next(filter(None, map(to_moment, inner)), None)
    if outer and finest and finest.milliseconds // 1000 != outer.milliseconds // 1000:
        inner = ()
    return (item.fields.get("timestamp"), *inner, item.timestamp)


def _add_legacy(transcript: Transcript, item: _Item) -> None:
    fields = item.fields
    # Channel events say `status`; the oldest interval events say nothing but a count.
    name = as_name(fields.get("action") or fields.get("status")) or ("interval" if "occupancy" in fields else "")
    _add(
        transcript,
        _LEGACY_ACTIONS.get(name),
        item,
        channel=as_name(fields.get("channel")),
        user=as_name(fields.get("uuid")),
        times=(fields.get("precise_timestamp"), fields.get("timestamp")),
        state=fields.get("data"),
        occupancy=as_count(fields.get("occupancy")),
        name=name,
    )


def _add(
    transcript: Transcript,
    kind: Kind | None,
    item: _Item,
    *,
    channel: str,
    user: str,
    times: tuple[object, ...],
    state: object,
    occupancy: int | None,
    name: str,
) -> None:
    at = next(filter(None, map(to_moment, times)), None)
    event_id = as_name(item.fields.get("id")) or item.event_id
    if kind is None or not channel or (kind in _OF_A_MEMBER and not user):
        transcript.add(
            Kind.UNKNOWN, channel=channel, at=at, user=user, event_id=event_id, reason=name[-100:] or "no name"
        )
        return
    if kind is Kind.STATE_CHANGED and occupancy == 0:
        occupancy = None  # samples say 0 although the user, whose state it is, is there
    transcript.add(
        kind,
        channel=channel,
        at=at,
        user=user if kind in _OF_A_MEMBER else "",
        event_id=event_id,
        state=_state(kind, state),
        occupancy=occupancy,
    )
    if kind is Kind.OCCUPANCY_REPORTED:
        _add_interval(transcript, item, channel, at, event_id)


def _add_interval(transcript: Transcript, item: _Item, channel: str, at: Moment | None, event_id: str) -> None:
    for kind, names in _INTERVAL_LISTS:
        lists = (item.fields.get(name) for name in names)
        for user in (as_name(user) for users in lists if isinstance(users, list) for user in users):
            if user:
                transcript.add(kind, channel=channel, at=at, user=user, event_id=event_id, reason="interval")


def _state(kind: Kind, state: object) -> str | None:
    """The state, which may be JSON in a string. A join repeats an empty one for users who have none."""
    if isinstance(state, str):
        with suppress(ValueError, RecursionError, Unreadable):  # then the text itself is the state
            state = read_json(state.encode())
    if kind is Kind.STATE_CHANGED or (kind is Kind.JOINED and state):
        return as_state(state)
    return None


def _schema_name(schema: str) -> str:
    found: list[str] = re.findall(r"presence\.[a-z.]+[a-z]", schema)
    return found[-1] if found else ""
