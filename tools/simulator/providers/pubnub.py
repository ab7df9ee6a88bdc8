"""PubNub's Events & Actions: six listeners, each with an action of its own, in the forms that PubNub's pages show.

https://www.pubnub.com/docs/serverless/events-and-actions/events, .../ena-payloads, and for batches and retries
https://www.pubnub.com/docs/integrations/event-forwarding/available-actions

Unconfirmed, and here in the form that asks the most of a receiver: a second device repeats the join (one of PubNub's
pages says so), and only the last one leaves; a batch in envelopes is a list of them, or one with all items in it.
Interval mode, in which a large channel tells counts only, is not simulated: nobody could keep a list of members by it.
"""

from collections.abc import Callable
from functools import partial
from random import Random
from typing import ClassVar, NamedTuple

from tools.simulator.provider import Batch, Circumstances, Provider, Told, iso, quoted
from tools.simulator.wire import Rendered, WireEvent
from tools.simulator.world import State

JSON = {"Content-Type": "application/json"}
SUBSCRIBE_KEY = "sub-c-simulated"
PREFIX = "pubnub.com/schemas/events/"
SCHEMAS = {
    "joined": f"{PREFIX}presence.user.channel.joined?v=1.0.0",
    "left": f"{PREFIX}{PREFIX}presence.user.channel.left?v=1.0.0",  # the prefix stands twice in PubNub's own samples
    "timed_out": f"{PREFIX}presence.user.timedout.in.channel?v=1.0.0",
    "state_changed": f"{PREFIX}presence.channel.user.state.in.changed?v=1.0.00",  # so does this version
    "channel_occupied": f"{PREFIX}{PREFIX}presence.channel.state.active?v=1.0.0",
    "channel_vacated": f"{PREFIX}presence.channel.state.inactive?v=1.0.0",
}
ACTIONS = {"joined": "join", "left": "leave", "timed_out": "timeout", "state_changed": "state-change"}
COUNTED = f"{PREFIX}presence.channel.occupancy.counted?v=1.0.0"  # worn by time-outs in PubNub's samples
LARGEST_BATCHES = (100, 10, 1000)  # items; PubNub's default is the first, 10,000 the most
WINDOWS = (5.0, 1.0, 30.0)  # seconds; PubNub's default is the first, 1 to 300 are allowed
RETRIES = 2  # PubNub's default, on paid plans; 1 to 4 are allowed
RETRY_SECONDS = (10.0, 900.0)  # random between them: the formula's upper end, (2 * 450)^attempt, is never below 900


class Form(NamedTuple):
    """How one listener's action is set up."""

    schema_key: str  # the pages differ
    envelope: str  # its version, empty for none
    repeats: bool  # items repeat the legacy event inside, all values as text, instead of telling their time outside
    in_one: bool  # a batch in one envelope, not in a list of envelopes
    dressed_as_count: bool  # time-outs as in PubNub's samples


class PubNub(Provider):
    NAME = "pubnub"
    WAITS_FOR = 5.0  # unconfirmed; so does its predecessor
    NOTICES_AFTER: ClassVar = (300.0, 310.0)  # 300 s without activity by default, and then some

    def __init__(self, circumstances: Circumstances) -> None:
        super().__init__(circumstances)
        self._listeners = {kind: self._listener(kind) for kind in SCHEMAS}

    def _listener(self, kind: str) -> Callable[[Told], None]:
        chance = self.chance
        envelope = chance.choice(["", "", "1.0", "2.0", "2.1"])
        form = Form(
            schema_key=chance.choice(["schema", "dataSchema"]),
            envelope=envelope,
            repeats=kind in ACTIONS and chance.random() < 0.5,
            in_one=envelope != "1.0" and chance.random() < 0.5,  # 1.0 has one time, which would be that of all items
            dressed_as_count=kind == "timed_out" and chance.random() < 0.5,
        )
        send = partial(self._send, form)
        if not self.knobs.batching or chance.random() < 0.5:  # it is optional
            return lambda told: send([told])
        return Batch(self.agenda, chance.choice(LARGEST_BATCHES), chance.choice(WINDOWS), send).add

    def another_came(self, channel: str, user: str) -> None:
        self.tell("joined", channel, user)

    def change(self, channel: str, user: str, state: State) -> None:
        self.tell("state_changed", channel, user, state)

    def tell(self, kind: str, channel: str, user: str = "", state: State | None = None) -> None:
        occupancy = self.count(channel, 0) if user else None
        self._listeners[kind](Told(kind, channel, user, self.agenda.now, state, occupancy))

    def _send(self, form: Form, items: list[Told]) -> None:
        self.post(render(form, items, self.chance))

    @staticmethod
    def retry_delay(attempt: int, chance: Random) -> float | None:
        return chance.uniform(*RETRY_SECONDS) if attempt <= RETRIES else None

    @staticmethod
    def names(count: int) -> tuple[list[str], list[str]]:
        """Of 92 characters at most; channels without `, : * / \\` and spaces."""
        return (
            [f"room-{number}" if number % 5 else f"größe-#{number}%" for number in range(count)],
            [f"user-{number}" if number % 5 else f"zoë/#:{number} 🎈" for number in range(count)],
        )


def render(form: Form, items: list[Told], chance: Random) -> Rendered:
    """All items are of one kind, for they come from one listener."""
    ids = [f"{chance.getrandbits(128):032x}" for _ in items]
    texts = [_item(form, told, event_id) for told, event_id in zip(items, ids, strict=True)]
    dressed = COUNTED if form.dressed_as_count else SCHEMAS[items[0].kind]
    if not form.envelope or form.in_one:
        payload = f'{{"{form.schema_key}":"{dressed}","data":[{",".join(texts)}]}}'
        body = _enveloped(form, payload, items[0], ids[0]) if form.envelope else payload
    else:
        parts = [
            _enveloped(form, f'{{"{form.schema_key}":"{dressed}","data":[{text}]}}', told, event_id)
            for text, told, event_id in zip(texts, items, ids, strict=True)
        ]
        body = parts[0] if len(parts) == 1 else f"[{','.join(parts)}]"
    events = tuple(
        WireEvent(
            told.kind,
            told.channel,
            told.user,
            told.at,
            position,
            event_id,
            told.state.canonical if told.state else None,
            None if form.repeats and told.kind == "state_changed" else told.occupancy,
        )
        for position, (told, event_id) in enumerate(zip(items, ids, strict=True))
    )
    return Rendered(JSON, body.encode(), events, counts_attempts=form.envelope.startswith("2"))


def _item(form: Form, told: Told, event_id: str) -> str:
    name = "channelId" if form.dressed_as_count else "channel"
    item = f'{{"id":"{event_id}","{name}":{quoted(told.channel)},"subKey":"{SUBSCRIBE_KEY}"'
    if not told.user:
        return f'{item},"timestamp":"{iso(told.at)}"}}'
    item += f',"userId":{quoted(told.user)}'
    if told.occupancy or not (form.envelope and told.kind == "left"):  # enveloped leaves leave a zero out
        item += f',"occupancy":{told.occupancy}' if not _is_denied(form, told) else ""
    if not form.repeats:
        return f'{item},"timestamp":"{iso(told.at)}","data":{told.state.written if told.state else "{}"}}}'
    inner = (
        f'"action":"{ACTIONS[told.kind]}","uuid":{quoted(told.user)},"timestamp":"{told.at // 1000}"'
        f',"precise_timestamp":"{told.at}"'
    )
    if told.state:
        inner += f',"data":{quoted(told.state.written)},"occupancy":"0"'
    return f'{item},"data":{{{inner}}}}}'


def _is_denied(form: Form, told: Told) -> bool:
    """Samples of state changes that repeat the legacy event say inside that nobody is there, and outside nothing."""
    return form.repeats and told.kind == "state_changed"


def _enveloped(form: Form, payload: str, first: Told, event_id: str) -> str:
    if form.envelope == "1.0":
        return (
            '{"schema":"https://www.pubnub.com/schemas/edp.ena.event?schema-instance+json","event":{'
            f'"id":"{event_id}","timestamp":"{iso(first.at)[:-5]}Z","payload":{payload}}},'
            f'"metadata":{{"pubsub:channel":{quoted(first.channel)},"ena:listener":"lst-1","ena:action":"act-1"}}}}'
        )
    definitional = f'"definitional":[{{"pubsub.channel":{quoted(first.channel)}}}],' if form.envelope == "2.0" else ""
    return (
        f'{{"event":{{"id":"{event_id}","payload":{payload}}},"metadata":{{{definitional}"provenance":{{'
        '"listenerId":"lst-1","action":{"id":"act-1","instanceId":"ins-1","invocation":{"id":"inv-1","attempt":1}}}},'
        f'"schema":"pubnub.com/schemas/ena/envelope?v={form.envelope}.0"}}'
    )
