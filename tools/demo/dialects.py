"""The acts of a story in the words of each provider: a body and its headers."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import cycle
from typing import Any

from tools.demo.stories import Act

type Webhook = tuple[bytes, dict[str, str]]
type Dialect = Callable[[list[Act], int], Webhook]

_JSON = {"Content-Type": "application/json"}
SUBSCRIBE_KEY = "sub-c-demo"
PUSHER_KEY = "demo-key"

_PUBNUB_SCHEMAS = {
    "joined": "presence.user.channel.joined",
    "left": "presence.user.channel.left",
    "timed_out": "presence.user.timedout.in.channel",
    "state": "presence.channel.user.state.in.changed",
    "occupied": "presence.channel.state.active",
    "vacated": "presence.channel.state.inactive",
    "counted": "presence.channel.occupancy.counted",
}
_PUBNUB_ACTIONS = {
    "joined": "join",
    "left": "leave",
    "timed_out": "timeout",
    "state": "state-change",
    "occupied": "active",
    "vacated": "inactive",
    "counted": "interval",
}
_PUSHER_NAMES = {
    "joined": "member_added",
    "left": "member_removed",
    "occupied": "channel_occupied",
    "vacated": "channel_vacated",
}


def dialects(pusher_secret: str) -> dict[str, Dialect]:
    """How each provider puts acts, given the time in Unix seconds at which their story began."""
    forms = cycle([_events_and_actions, _enveloped, _legacy])

    def pubnub(acts: list[Act], began: int) -> Webhook:
        # One listener sends one type of event, so PubNub's batches hold one type; legacy bodies hold one event.
        form = _events_and_actions if len(acts) > 1 else next(forms)
        return _compact(form(acts, began)), _JSON

    def pusher(acts: list[Act], began: int) -> Webhook:
        body = _compact(_pusher_body(acts, began))
        return body, _JSON | {"X-Pusher-Key": PUSHER_KEY, "X-Pusher-Signature": pusher_signature(body, pusher_secret)}

    def yalgaar(acts: list[Act], began: int) -> Webhook:
        return _compact(_yalgaar_body(acts, began)), _JSON

    return {"pubnub": pubnub, "pusher": pusher, "yalgaar": yalgaar}


def pusher_signature(body: bytes, secret: str) -> str:
    """As Pusher signs: over the exact bytes of the body."""
    return hmac.digest(secret.encode(), body, hashlib.sha256).hex()


def _events_and_actions(acts: list[Act], began: int) -> dict[str, Any]:
    schema = f"pubnub.com/schemas/events/{_PUBNUB_SCHEMAS[acts[0].what]}?v=1.0.0"
    return {"schema": schema, "data": [_item(act, began) for act in acts]}


def _item(act: Act, began: int) -> dict[str, Any]:
    moment = datetime.fromtimestamp(began + act.at, UTC).isoformat(timespec="milliseconds")
    item = {"id": secrets.token_hex(16), "channel": act.channel, "timestamp": moment, "subKey": SUBSCRIBE_KEY}
    if act.what == "counted":
        return item | {"occupancy": act.user}
    return item | ({"userId": act.user, "data": act.state or {}} if act.user else {})


def _enveloped(acts: list[Act], began: int) -> dict[str, Any]:
    """Version 2.1 of the envelope, with items that repeat the legacy event inside, all its values as text."""
    act = acts[0]
    second = began + act.at
    repeated = {"action": _PUBNUB_ACTIONS[act.what], "uuid": act.user, "precise_timestamp": f"{second}000"}
    if act.state:
        repeated["data"] = json.dumps(act.state)
    item = {key: value for key, value in _item(act, began).items() if key != "timestamp"}
    item |= {"data": repeated} if act.user and act.what != "counted" else {"timestamp": _item(act, began)["timestamp"]}
    payload = {"dataSchema": f"pubnub.com/schemas/events/{_PUBNUB_SCHEMAS[act.what]}?v=1.0.0", "data": [item]}
    metadata = {"provenance": {"listenerId": "demo", "action": {"id": "demo", "invocation": {"id": "1", "attempt": 1}}}}
    event = {"id": item["id"], "payload": payload}
    return {"event": event, "metadata": metadata, "schema": "pubnub.com/schemas/ena/envelope?v=2.1.0"}


def _legacy(acts: list[Act], began: int) -> dict[str, Any]:
    act = acts[0]
    body: dict[str, Any] = {"sub_key": SUBSCRIBE_KEY, "channel": act.channel, "timestamp": began + act.at}
    if act.what in ("occupied", "vacated"):
        return body | {"status": _PUBNUB_ACTIONS[act.what]}
    if act.what == "counted":
        return body | {"action": "interval", "occupancy": int(act.user)}
    return body | {"action": _PUBNUB_ACTIONS[act.what], "uuid": act.user} | ({"data": act.state} if act.state else {})


def _pusher_body(acts: list[Act], began: int) -> dict[str, Any]:
    return {"time_ms": (began + acts[0].at) * 1000, "events": [_pusher_event(act) for act in acts]}


def _pusher_event(act: Act) -> dict[str, Any]:
    if act.what == "counted":
        return {"name": "subscription_count", "channel": act.channel, "subscription_count": int(act.user)}
    if act.what == "client":
        typing = {"event": "client-typing", "data": '{"typing":true}', "socket_id": "240621.35780774"}
        return {"name": "client_event", "channel": act.channel, "user_id": act.user} | typing
    event = {"name": _PUSHER_NAMES[act.what], "channel": act.channel}
    return event | ({"user_id": act.user} if act.user else {})


def _yalgaar_body(acts: list[Act], began: int) -> dict[str, Any]:
    source = "Message" if acts[0].what == "message" else "Presence"
    return {"items": {"source": source, "clientKey": "ck-demo", "data": [_yalgaar_item(act, began) for act in acts]}}


def _yalgaar_item(act: Act, began: int) -> dict[str, str]:
    item = {"channel": act.channel, "uuid": act.user, "timestamp": str(began + act.at)}
    if act.what == "message":
        return item | {"message": "The bridge is closed."}
    return item | {"action": "bind" if act.what == "joined" else "unbind"}


def _compact(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
