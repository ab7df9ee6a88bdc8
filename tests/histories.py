"""Histories of presence, told in genuine webhooks, and the many ways in which a queue may deliver them.

Ranges are small on purpose: a history has few moments, members and places, so that equal times, retries and repeats
meet in most of them. Everything is drawn as small numbers and then written down, so that a failure shrinks well.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import reduce
from itertools import groupby

from hypothesis import strategies as st

from rollcall.consume import Delivery
from rollcall.envelope import Envelope, seal
from rollcall.events import Kind, PresenceEvent
from rollcall.keys import SourceKey
from rollcall.merge import Channel, Count, Member, Stamp, State
from rollcall.timestamps import to_iso

START = 1_754_042_400_000  # Unix milliseconds, a whole second
SECOND = 1_000
MILLISECOND = 1

PUSHER_KEY, PUSHER_SECRET = "key", "secret"


def stored_secrets(source: SourceKey, *, doubted: bool = False) -> object:  # noqa: ARG001  as the consumer asks
    """What is stored for each source of a history; only Pusher signs."""
    return {"tokens": [{"key": PUSHER_KEY, "secret": PUSHER_SECRET}]} if source.provider == "pusher" else {}


@dataclass(frozen=True)
class Webhook:
    """One body as a provider sends it; `dialect` says how it is written, `events` what it says, in its order.

    A `coarse` one tells its times in whole seconds.
    """

    dialect: str
    source: str
    received_at: int
    events: tuple[PresenceEvent, ...]
    coarse: bool = False

    def received_later(self, by: int) -> "Webhook":
        """The same body, sent again."""
        received_at = self.received_at + by
        return replace(
            self,
            received_at=received_at,
            events=tuple(replace(event, received_at=received_at) for event in self.events),
        )

    def message(self) -> str:
        """The body in its envelope, as the queue holds it."""
        body = _BODIES[self.dialect](self.events)
        signature = hmac.digest(PUSHER_SECRET.encode(), body, hashlib.sha256).hex()
        return seal(
            Envelope(
                provider=_PROVIDERS[self.dialect],
                source=self.source,
                received_at=self.received_at,
                request_id="request",
                headers={
                    "content-type": "application/json",
                    "x-pusher-key": PUSHER_KEY,
                    "x-pusher-signature": signature,
                },
                body=body,
            )
        )


class Trouble(Enum):
    """What may happen at a write."""

    CRASH_BEFORE = auto()
    CRASH_AFTER = auto()
    FAIL_BEFORE = auto()
    FAIL_AFTER = auto()  # it was written, but the answer was lost
    TIME_OVER = auto()  # this write is the last that is begun
    MEANWHILE = auto()  # another instance of the consumer works through the next batch first


@dataclass(frozen=True)
class Plan:
    """One way to deliver: which webhooks in which order (some several times), how many in a batch, and at which
    write what happens. Deliveries that come again do so before or after those that still wait."""

    order: tuple[int, ...]
    batch_sizes: tuple[int, ...]
    troubles: Mapping[int, Trouble]
    again_at_once: bool
    backwards: bool  # the writes of a batch may be done in any order


@dataclass(frozen=True)
class History:
    """Webhooks in the order of their receipt, and the lease under which they are judged."""

    webhooks: tuple[Webhook, ...]
    lease: int

    @property
    def events(self) -> list[PresenceEvent]:
        return [event for webhook in self.webhooks for event in webhook.events]

    @property
    def telling_times(self) -> list[int]:
        """Times at which an answer may change, and those beside them."""
        moments = {event.occurred_at for event in self.events}
        edges = {edge for moment in moments for edge in (moment, moment + self.lease)}
        return sorted({edge + beside for edge in edges for beside in (-1, 0, 1)})

    def deliveries(self, order: Sequence[int] | None = None) -> list[Delivery]:
        chosen = range(len(self.webhooks)) if order is None else order
        return [Delivery(str(index), self.webhooks[index].message()) for index in chosen]


# ---- Evidence ------------------------------------------------------------------------------------------

_STAMPS = st.builds(Stamp, st.integers(1, 4), st.integers(1, 3), st.integers(0, 1), st.sampled_from((1, 2)))
_MAYBE = st.none() | _STAMPS
_DATA = st.none() | st.sampled_from("ab")


def _sign(stamp: Stamp, data: str | None, *, joined: bool) -> Member:
    return Member(seen=stamp, joined=stamp if joined else None, state=None if data is None else State(stamp, data))


# As events make it: whoever joined, or carries a state, was seen at least then.
_SIGNS = st.builds(_sign, _STAMPS, _DATA, joined=st.booleans()) | st.builds(Member, left=_STAMPS)
MEMBERS = st.lists(_SIGNS, max_size=4).map(lambda signs: reduce(Member.merge, signs, Member()))
CHANNELS = st.builds(
    Channel, occupied=_MAYBE, vacated=_MAYBE, reported=st.none() | st.builds(Count, _STAMPS, st.integers(0, 1))
)

# ---- What is drawn -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Clock:
    """When things happen, in milliseconds from the start; leases are made of `tick`. `dialects` says who tells it."""

    moments: tuple[int, ...]
    tick: int
    dialects: tuple[tuple[str, ...], ...]


_TOLD_TOGETHER = (("pusher", "pubnub"), ("pubnub", "pubnub legacy"), ("pusher", "yalgaar", "pubnub"))
_EACH_ALONE = (("pusher",), ("pubnub",), ("pubnub legacy",), ("yalgaar",))
_CLOCKS = (
    _Clock((0, 1, 2, 3, 4), MILLISECOND, (*_EACH_ALONE, *_TOLD_TOGETHER)),
    _Clock((0, 1_000, 2_000, 3_000, 4_000), SECOND, (*_EACH_ALONE, *_TOLD_TOGETHER)),
    # Within a second and across its edges, for clocks of both resolutions.
    _Clock((0, 400, 999, 1_000, 1_400), 500, (*_EACH_ALONE, *_TOLD_TOGETHER)),
)

_NAMES = (  # of channels or users: those that stand together must not be taken for one another
    ("a", "b"),
    ("a#b", "a%23b"),
    ("#", "%"),
    ("a", "a#"),
    ("a/b", " "),
    ("channel", "member#a#"),
    ("%23", "%2523"),
    ("\N{SNOWMAN}", "\N{PARTY POPPER}#"),
    ("\N{ZERO WIDTH SPACE}", "\uffff"),
    ("0", "directory"),
)
_SOURCES = (("prod",), ("prod", "prod#a"), ("%", "%25"))

_MEMBER_KINDS = (Kind.JOINED, Kind.LEFT, Kind.JOINED, Kind.LEFT, Kind.STATE_CHANGED)
_CHANNEL_KINDS = (Kind.CHANNEL_VACATED, Kind.CHANNEL_OCCUPIED, Kind.OCCUPANCY_REPORTED)
_KINDS = {
    "pusher": _MEMBER_KINDS + _CHANNEL_KINDS,
    "pubnub": (*_MEMBER_KINDS, Kind.TIMED_OUT, *_CHANNEL_KINDS),
    "pubnub legacy": (*_MEMBER_KINDS, Kind.TIMED_OUT, *_CHANNEL_KINDS),
    "yalgaar": (Kind.JOINED, Kind.LEFT),
}
_PROVIDERS = {"pusher": "pusher", "pubnub": "pubnub", "pubnub legacy": "pubnub", "yalgaar": "yalgaar"}
_STATES = (None, '{"mood":"#calm"}', '{"mood":"b%23","nested":{"list":[1,null]}}')

_SMALL = st.integers(0, 2)
_EVENTS = st.tuples(st.integers(0, 8), _SMALL, _SMALL, st.integers(0, 4), _SMALL)  # kind, channel, user, tick, detail
_WEBHOOKS = st.tuples(_SMALL, _SMALL, _SMALL, st.booleans(), st.booleans(), st.lists(_EVENTS, min_size=1, max_size=4))


@st.composite
def histories(draw: st.DrawFn) -> History:
    clock = draw(st.sampled_from(_CLOCKS))
    dialects = draw(st.sampled_from(clock.dialects))
    sources = draw(st.sampled_from(_SOURCES))
    channels, users = draw(st.sampled_from(_NAMES)), draw(st.sampled_from(_NAMES))
    webhooks: list[Webhook] = []
    for number, (dialect, source, arrival, coarse, with_ids, drawn) in enumerate(
        draw(st.lists(_WEBHOOKS, min_size=1, max_size=6))
    ):
        webhook = Webhook(_pick(dialects, dialect), _pick(sources, source), START + arrival, (), coarse)
        events = [
            _event(webhook, clock, kind, _pick(channels, channel), _pick(users, user), tick, detail)
            for kind, channel, user, tick, detail in drawn
        ]
        webhooks.append(_written(webhook, events, f"id{number}" if with_ids else ""))
    for number, to in draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=2)):
        webhooks = _repeating_an_event(webhooks, number % len(webhooks), to % len(webhooks))
    retries = draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 6)), max_size=3))
    webhooks += [_pick(webhooks, number).received_later(by) for number, by in retries]
    return History(
        webhooks=tuple(sorted(webhooks, key=lambda webhook: webhook.received_at)),
        lease=draw(st.sampled_from((1, 2, 3, 100))) * clock.tick,
    )


@st.composite
def delivered_histories(draw: st.DrawFn, *more: Webhook) -> tuple[History, Plan]:
    """A history, in which `more` webhooks come as well, and a plan of its delivery."""
    history = draw(histories())
    history = replace(history, webhooks=history.webhooks + more)
    every = range(len(history.webhooks))
    again = draw(st.lists(st.sampled_from(every), max_size=3))
    return history, Plan(
        order=tuple(draw(st.permutations([*every, *again]))),
        batch_sizes=tuple(draw(st.lists(st.integers(1, 6), min_size=1, max_size=3))),
        troubles=draw(st.dictionaries(st.integers(0, 30), st.sampled_from(Trouble), max_size=8)),
        again_at_once=draw(st.booleans()),
        backwards=draw(st.booleans()),
    )


def _event(
    webhook: Webhook, clock: _Clock, kind: int, channel: str, user: str, tick: int, detail: int
) -> PresenceEvent:
    chosen = _pick(_KINDS[webhook.dialect], kind)
    of_channel = chosen in _CHANNEL_KINDS
    carries_state = chosen is Kind.STATE_CHANGED or (chosen is Kind.JOINED and webhook.dialect.startswith("pubnub"))
    # PubNub tells an occupancy with joins and leaves, too, where it counts for nothing.
    counts = chosen is Kind.OCCUPANCY_REPORTED or (
        webhook.dialect.startswith("pubnub") and chosen in (Kind.JOINED, Kind.LEFT, Kind.TIMED_OUT)
    )
    return PresenceEvent(
        provider=_PROVIDERS[webhook.dialect],
        source=webhook.source,
        channel=channel,
        kind=chosen,
        user="" if of_channel else user,
        occurred_at=START + _pick(clock.moments, tick),
        received_at=webhook.received_at,
        state=_STATES[detail] if carries_state else None,
        occupancy=detail if counts else None,
    )


def _written(webhook: Webhook, events: Sequence[PresenceEvent], event_id: str = "") -> Webhook:
    """The webhook with events as its dialect can tell them: places, times, one of them for a body of Pusher's, ids."""
    if webhook.dialect == "pubnub legacy":
        events = events[:1]
    if webhook.dialect == "pusher":
        events = [replace(event, occurred_at=events[0].occurred_at) for event in events]
    if webhook.coarse:
        events = [
            replace(event, occurred_at=event.occurred_at - event.occurred_at % SECOND, resolution=SECOND)
            for event in events
        ]
    return replace(
        webhook,
        events=tuple(
            replace(
                event,
                received_at=webhook.received_at,
                position=position,
                event_id=event.event_id
                or (f"{event_id}.{position}" if event_id and webhook.dialect == "pubnub" else ""),
            )
            for position, event in enumerate(events)
        ),
    )


def _repeating_an_event(webhooks: list[Webhook], number: int, to: int) -> list[Webhook]:
    """PubNub may tell an event in another batch again, under the same id."""
    told, other = webhooks[number], webhooks[to]
    if number == to or not told.events[0].event_id or (other.dialect, other.coarse) != ("pubnub", told.coarse):
        return webhooks
    if other.source != told.source:
        return webhooks
    return [*webhooks[:to], _written(other, [*other.events, told.events[0]]), *webhooks[to + 1 :]]


def _pick[T](things: Sequence[T], number: int) -> T:
    return things[number % len(things)]


# ---- How it is written ---------------------------------------------------------------------------------

_PUSHER_NAMES = {
    Kind.JOINED: "member_added",
    Kind.LEFT: "member_removed",
    Kind.STATE_CHANGED: "member_updated",
    Kind.CHANNEL_OCCUPIED: "channel_occupied",
    Kind.CHANNEL_VACATED: "channel_vacated",
    Kind.OCCUPANCY_REPORTED: "subscription_count",
}
_PUBNUB_SCHEMAS = {
    Kind.JOINED: "presence.user.channel.joined",
    Kind.LEFT: "presence.user.channel.left",
    Kind.TIMED_OUT: "presence.user.timedout.in.channel",
    Kind.STATE_CHANGED: "presence.channel.user.state.in.changed",
    Kind.CHANNEL_OCCUPIED: "presence.channel.state.active",
    Kind.CHANNEL_VACATED: "presence.channel.state.inactive",
    Kind.OCCUPANCY_REPORTED: "presence.channel.occupancy.counted",
}
_PUBNUB_LEGACY = {
    Kind.JOINED: {"action": "join"},
    Kind.LEFT: {"action": "leave"},
    Kind.TIMED_OUT: {"action": "timeout"},
    Kind.STATE_CHANGED: {"action": "state-change"},
    Kind.CHANNEL_OCCUPIED: {"status": "active"},
    Kind.CHANNEL_VACATED: {"status": "inactive"},
    Kind.OCCUPANCY_REPORTED: {"action": "interval"},
}
_YALGAAR_ACTIONS = {Kind.JOINED: "bind", Kind.LEFT: "unbind"}


def _pusher(events: Sequence[PresenceEvent]) -> bytes:
    items = [
        {"name": _PUSHER_NAMES[event.kind], "channel": event.channel}
        | _given(user_id=event.user or None, user_info=_data(event), subscription_count=event.occupancy)
        for event in events
    ]
    return _json({"time_ms": _number(events[0]), "events": items})


def _pubnub(events: Sequence[PresenceEvent]) -> bytes:
    payloads = [
        {
            "schema": f"pubnub.com/schemas/events/{_PUBNUB_SCHEMAS[kind]}?v=1.0.0",
            "data": [
                {"channel": event.channel, "timestamp": _iso(event)}
                | _given(
                    id=event.event_id or None, userId=event.user or None, data=_data(event), occupancy=event.occupancy
                )
                for event in told
            ],
        }
        for kind, told in groupby(events, key=lambda event: event.kind)
    ]
    return _json(payloads[0] if len(payloads) == 1 else payloads)


def _pubnub_legacy(events: Sequence[PresenceEvent]) -> bytes:
    (event,) = events
    return _json(
        {"channel": event.channel, "timestamp": event.occurred_at // SECOND, **_PUBNUB_LEGACY[event.kind]}
        | _given(precise_timestamp=str(event.occurred_at) if event.resolution == MILLISECOND else None)
        | _given(uuid=event.user or None, data=_data(event), occupancy=event.occupancy)
    )


def _yalgaar(events: Sequence[PresenceEvent]) -> bytes:
    data = [
        {
            "channel": event.channel,
            "uuid": event.user,
            "timestamp": str(_number(event)),
            "action": _YALGAAR_ACTIONS[event.kind],
        }
        for event in events
    ]
    return _json({"items": {"source": "Presence", "clientKey": "client", "data": data}})


_BODIES: Mapping[str, Callable[[Sequence[PresenceEvent]], bytes]] = {
    "pusher": _pusher,
    "pubnub": _pubnub,
    "pubnub legacy": _pubnub_legacy,
    "yalgaar": _yalgaar,
}


def _number(event: PresenceEvent) -> int:
    """Its time as a number, whose size tells its unit."""
    return event.occurred_at // event.resolution


def _iso(event: PresenceEvent) -> str:
    written = to_iso(event.occurred_at)
    return written if event.resolution == MILLISECOND else written.replace(".000Z", "Z")


def _data(event: PresenceEvent) -> object:
    return None if event.state is None else json.loads(event.state)


def _given(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def _json(body: object) -> bytes:
    return json.dumps(body).encode()
