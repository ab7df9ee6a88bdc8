"""PubNub: Events & Actions, bare or in envelopes 1.0 to 2.1, and the legacy Presence Webhooks that it replaced.

Events & Actions: https://www.pubnub.com/docs/serverless/events-and-actions/events and .../ena-payloads
Legacy bodies: https://www.pubnub.com/docs/migration-guides/legacy-webhooks
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, TypedDict

from pydantic import BaseModel, ConfigDict, Field

from rollcall.body import read_body, read_json
from rollcall.dialect import (
    Transcript,
    Typed,
    as_count,
    as_name,
    as_state,
    by_word,
    is_one_of,
    require_keys,
    word,
)
from rollcall.envelope import Envelope
from rollcall.errors import Hopeless, Unreadable, Unverified
from rollcall.events import Kind
from rollcall.provider import Setup
from rollcall.timestamps import Moment, finest, to_moment

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
_PRESENCE = re.compile(r"presence\.[a-z.]+[a-z]")
# What else Events & Actions can send: messages, reactions, files, signals, push errors, and changes of metadata.
_NOT_OF_PRESENCE = re.compile(
    r"(^|/)((messages?|pubsub|signals?|files?|push)\.|(user|channel|space|membership)\.(created|updated|deleted))"
)
_LONGEST_SCHEMA = 200  # characters at its end; PubNub's have 100 at most
_LONGEST_NAME = 100  # characters of a schema that is not known; its end tells more than its beginning
_LEGACY_ACTIONS = by_word(
    {
        "join": Kind.JOINED,
        "leave": Kind.LEFT,
        "timeout": Kind.TIMED_OUT,
        "timedout": Kind.TIMED_OUT,  # as intervals name it
        "state-change": Kind.STATE_CHANGED,
        "active": Kind.CHANNEL_OCCUPIED,
        "inactive": Kind.CHANNEL_VACATED,
        "interval": Kind.OCCUPANCY_REPORTED,
    }
)

# The names of fields, as `word` writes them, so that `userId` and `user_id` are one. Each of these names is PubNub's
# own in some dialect, and all are looked for in every one:
# - legacy: https://www.pubnub.com/docs/general/presence/presence-events (uuid, timestamp, timetoken)
# - Events & Actions: https://www.pubnub.com/docs/serverless/events-and-actions/ena-payloads (userId, channelId in
#   time-outs; senderId, subscribeKey, eventId and iso8601timestamp in envelopes 1.0 of messages)
_CHANNEL = ("channel", "channelid")
_USER = ("userid", "uuid", "senderid", "publisher")
_TIMES = ("precisetimestamp", "timestamp", "timetoken", "iso8601timestamp")
_SUBSCRIBE_KEY = ("subkey", "subscribekey")
_EVENT_ID = ("id", "eventid")
_DEVICES = {"device", "devices"}

# Who came and went in an interval. The lists tell what changed on the whole, so nobody stands in two; leaves go first,
# and doubt ends with the member present. Their names:
# - join, leave, timeout: what the SDKs read (pubnub/javascript, pubnub/go, pubnub/c-sharp)
# - joined, left, timedout: the SDKs' pages, e.g. https://www.pubnub.com/docs/sdks/javascript/api-reference/presence
# - usersJoined, usersLeft: https://www.pubnub.com/docs/serverless/events-and-actions/events#webhook-payload
# - usersJoinedDelta: .../ena-payloads; the names of time-outs are told by neither page, and made as the others are
_INTERVAL_LISTS = (
    (Kind.LEFT, ("leave", "left", "usersleft", "usersleftdelta")),
    (Kind.TIMED_OUT, ("timeout", "timedout", "userstimedout", "userstimedoutdelta", "userstimeout")),
    (Kind.JOINED, ("join", "joined", "usersjoined", "usersjoineddelta")),
)
# An interval of more than 30 KB leaves its lists out and says so, in the words of the SDKs' pages: ask who is here now.
_INCOMPLETE = "herenowrefresh"

_OF_A_CHANNEL = {Kind.CHANNEL_OCCUPIED, Kind.CHANNEL_VACATED, Kind.OCCUPANCY_REPORTED}

type _Fields = Mapping[str, object]
_HeaderName = Annotated[Typed, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]  # RFC 9110: no blank and no colon


class Secrets(BaseModel):
    """What the source's webhooks must carry, as far as it is configured; PubNub itself signs nothing.

    `headers` are the custom headers of the webhook action, each with the values accepted; `subscribe_keys` are the
    keysets it may come from (clients know them too, so they prove little).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    headers: Mapping[_HeaderName, tuple[Typed, ...]] = {}
    subscribe_keys: tuple[Typed, ...] = ()


@dataclass(frozen=True, slots=True)
class _Item:
    """One entry of a body, with what the layers around it say. A legacy event has no schema."""

    fields: _Fields
    schema: str = ""
    enveloped: bool = False
    event_id: str = ""
    channel: str = ""
    timestamp: object = None


class _Happened(TypedDict):
    """What all events of an item have in common."""

    channel: str
    at: Moment | None
    event_id: str


def verify(envelope: Envelope, secrets: Secrets) -> None:
    for name, accepted in secrets.headers.items():
        if not is_one_of(envelope.headers.get(name.lower(), ""), accepted):
            raise Unverified("A custom header is missing or wrong.")
    if not secrets.subscribe_keys:
        return
    try:
        require_keys((_first(_SUBSCRIBE_KEY, item.fields) for item in _items(envelope)), secrets.subscribe_keys)
    except Unreadable as error:
        raise Unverified("The body holds no subscribe key.") from error


def parse(envelope: Envelope) -> Transcript:
    transcript = Transcript(envelope)
    for item in _items(envelope):
        _add(transcript, item)
    return transcript.oldest_first()


# ---- From body to items ----------------------------------------------------------------------------


def _items(envelope: Envelope) -> Iterator[_Item]:
    body = read_body(envelope.body)
    # How batching and envelopes combine is told nowhere: a list of bodies is taken as well as a body with a list.
    parts = [_items_of(_fields(part)) for part in (body if isinstance(body, list) else [body])]
    if parts and all(items is None for items in parts):
        raise Unreadable("The body is no event of PubNub's.")
    for items in parts:
        yield from [_Item({})] if items is None else items  # one that is none spoils no other


def _items_of(part: _Fields) -> list[_Item] | None:
    """What one body, or one part of a list of them, holds; `None` if it is none of PubNub's."""
    if event := _fields(part.get("event")):
        return _items_in_envelope(event, _fields(part.get("metadata")))
    if {"action", "status"} & part.keys():
        return [_Item(part)]  # and its data, even if it is a list, is its state
    if isinstance(part.get("data"), list) or _schema_of(part):
        return _items_in_payload(part)
    return [_Item(part)] if "occupancy" in part or _is_other(part) else None


def _items_in_envelope(event: _Fields, metadata: _Fields) -> list[_Item] | None:
    payload = event.get("payload")
    parts = [_fields(part) for part in (payload if isinstance(payload, list) else [payload])]
    items = [item for part in parts if "data" in part for item in _items_in_payload(part)]
    if schema := as_name(event.get("eventtype")):  # envelopes 1.0 of messages have no payload
        items.append(_Item(event, schema=schema))
    elif not any("data" in part for part in parts) and payload != []:
        return None
    return [
        _Item(
            item.fields,
            schema=item.schema,
            enveloped=True,
            event_id=as_name(_first(_EVENT_ID, event)),
            channel=_channel_in(metadata),
            timestamp=event.get("timestamp"),
        )
        for item in items
    ]


def _items_in_payload(payload: _Fields) -> list[_Item]:
    entries = payload.get("data")
    schema = _schema_of(payload)
    return [_Item(_fields(entry), schema=schema) for entry in (entries if isinstance(entries, list) else [entries])]


def _schema_of(payload: _Fields) -> str:
    return as_name(_first(("schema", "dataschema"), payload))[-_LONGEST_SCHEMA:]


def _channel_in(metadata: _Fields) -> str:
    """The channel that an envelope names: `pubsub:channel` in 1.0, `pubsub.channel` in a list in 2.x."""
    listed = metadata.get("definitional")
    entries = [metadata, *map(_fields, listed if isinstance(listed, list) else [])]
    return next(filter(None, (as_name(entry.get("pubsubchannel")) for entry in entries)), "")


def _fields(value: object) -> _Fields:
    """An object by the words of its names; empty for whatever is none. Of names that are one word the last counts."""
    return {word(name): value[name] for name in sorted(value)} if isinstance(value, dict) else {}


def _first(names: Iterable[str], *places: _Fields) -> object:
    """The first of some fields that says something."""
    values = (fields.get(name) for fields in places for name in names)
    return next((value for value in values if value not in (None, "")), None)


# ---- From items to events --------------------------------------------------------------------------


def _add(transcript: Transcript, item: _Item) -> None:
    fields = item.fields
    inner = fields.get("data")
    # `data` repeats the legacy event, all values as text, or is the state itself.
    repeated = _fields(inner) if item.schema and isinstance(inner, dict) and {"action", "uuid"} <= inner.keys() else {}
    user = as_name(_first(_USER, fields, repeated))
    kind, name = _kind_of(item, user)
    channel = _first(_CHANNEL, fields)
    happened = _Happened(
        channel=item.channel if channel is None else as_name(channel),
        at=_time_of(item, repeated),
        event_id=as_name(_first(_EVENT_ID, fields)) or item.event_id,
    )
    occupancy = _first(("occupancy",), fields, repeated)
    if kind is Kind.OCCUPANCY_REPORTED:
        # The lists go first: a count of 0 has the last word on those whom they name.
        has_told = _add_interval(transcript, (fields, _fields(inner)), happened)
        if has_told and occupancy is None:
            return
    if kind is Kind.LEFT and item.enveloped and occupancy is None:
        occupancy = 0  # enveloped leaves leave a zero out
    if kind is Kind.STATE_CHANGED and as_count(occupancy) == 0:
        occupancy = None  # samples say 0 although the user, whose state it is, is there
    transcript.add(
        kind,
        name=name,
        user="" if kind in _OF_A_CHANNEL else user,
        state=_state(kind, repeated.get("data") if repeated else inner),
        occupancy=as_count(occupancy),
        **happened,
    )


def _kind_of(item: _Item, user: str) -> tuple[Kind | None, str]:
    """What an item is, and what PubNub calls it."""
    fields = item.fields
    if item.schema:
        kind, name = _kind_by_schema(item), item.schema[-_LONGEST_NAME:]
        if kind is Kind.OCCUPANCY_REPORTED and user:
            kind = Kind.TIMED_OUT  # samples of time-outs wear the schema of counts
    else:
        # Channel events say `status`; the oldest interval events say nothing but a count.
        name = as_name(_first(("action", "status"), fields)) or (
            "interval" if "occupancy" in fields and not user else ""
        )
        kind = _LEGACY_ACTIONS.get(word(name))
    return Kind.MESSAGE if kind is None and _is_other(fields) else kind, name


def _kind_by_schema(item: _Item) -> Kind | None:
    schema = item.schema.strip().lower()
    names: list[str] = _PRESENCE.findall(schema)
    kind = _SCHEMAS.get(names[-1]) if names else None
    if _NOT_OF_PRESENCE.search(schema) or (kind is Kind.OCCUPANCY_REPORTED and _is_other(item.fields)):
        return Kind.MESSAGE  # samples of push errors and of devices removed wear the schema of counts, too
    return kind


def _is_other(fields: _Fields) -> bool:
    """Whether it looks like what PubNub sends of messages, or of devices and what could not be pushed to them."""
    return {"message", "channel"} <= fields.keys() or ("platform" in fields and bool(_DEVICES & fields.keys()))


def _time_of(item: _Item, repeated: _Fields) -> Moment | None:
    """The repeated event comes last, for it may be a state, which a client can make look like anything: it may only
    refine what the other layers say."""
    values = (*map(item.fields.get, _TIMES), item.timestamp, *map(repeated.get, _TIMES))
    return finest(map(to_moment, values))


def _add_interval(transcript: Transcript, places: tuple[_Fields, ...], happened: _Happened) -> bool:
    """Whether an interval tells more than a count: who came and went, or that it leaves them out."""
    before = transcript.understood
    incomplete = [fields.get(_INCOMPLETE) for fields in places]
    if any(value is True or word(value) in ("true", "1") for value in incomplete):
        transcript.tell_of_loss()
    for kind, names in _INTERVAL_LISTS:
        listed = (_listed(fields.get(name)) for fields in places for name in names)
        for user in dict.fromkeys(as_name(user) for users in listed for user in users):
            transcript.add(kind, name=f"interval {names[0]}", user=user, reason="interval", **happened)
    return transcript.understood > before


def _listed(users: object) -> list[object]:
    """A list, which may be JSON in a string; of whatever else it is, one that could not be read."""
    users = _unwrapped(users)
    if users in (None, ""):
        return []
    return users if isinstance(users, list) else [None]


def _state(kind: Kind | None, state: object) -> str | None:
    """The state, which may be JSON in a string. A join repeats an empty one for users who have none."""
    state = _unwrapped(state)
    if kind is Kind.STATE_CHANGED or (kind is Kind.JOINED and state):
        return as_state(state)
    return None


def _unwrapped(value: object) -> object:
    """What JSON in a string says; text that is none is itself."""
    if isinstance(value, str):
        with suppress(Hopeless):
            return read_json(value)
    return value
