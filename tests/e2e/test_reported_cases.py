"""Webhooks of kinds that people report, over HTTP, each in a source of its own; and what must be true after them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from rollcall.timestamps import to_iso
from tests.e2e.rollcall_client import RollcallClient, now, signed
from tools import web
from tools.stack import Stack
from tools.urls import webhook_url

KEY, SECRET = "b1946ac92492d2347c62", "0f3e84acb19dff22f695"
NOON = (now() - 600_000) // 1000 * 1000  # Unix milliseconds, ten minutes ago and a whole second
SCHEMA = "pubnub.com/schemas/events/presence."
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Sent:
    body: bytes
    content_type: str = "application/json"


type Body = Mapping[str, Any] | list[Any]


def sent(body: Body, content_type: str = "application/json") -> Sent:
    return Sent(json.dumps(body).encode(), content_type)


def legacy(action: str, user: object = "", after: int = 0, **more: Any) -> dict[str, Any]:
    named = {"uuid": user} if user else {}
    return {"action": action, "channel": "room", "timestamp": NOON // 1000 + after, **named, **more}


def item(name: str, user: object, after: int = 0, **more: Any) -> dict[str, Any]:
    at = to_iso(NOON + after)
    return {
        "schema": f"{SCHEMA}{name}?v=1.0.0",
        "data": [{"id": f"{name}-{user}-{after}", "channel": "room", "userId": user, "timestamp": at, **more}],
    }


def pusher(*events: dict[str, Any], after: int | None = 0) -> dict[str, Any]:
    told = [{"channel": "room", **event} for event in events]
    return {"events": told} if after is None else {"time_ms": NOON + after, "events": told}


def yalgaar(*entries: dict[str, Any], in_a_list: bool = False) -> dict[str, Any]:
    data = [{"channel": "room", "timestamp": str(NOON // 1000), **entry} for entry in entries]
    items = {"source": "Presence", "clientKey": "ck-1", "data": data}
    return {"items": [items] if in_a_list else items}


JOINED, LEFT, STATE = "user.channel.joined", "user.channel.left", "channel.user.state.in.changed"
OCCUPIED, VACATED = {"name": "channel_occupied"}, {"name": "channel_vacated"}


def added(user: object) -> dict[str, Any]:
    return {"name": "member_added", "user_id": user}


BINDS = ("channel bind", "channel_bind", " bind ", "BIND\n", "Channel-Bind")

# By provider and source: what is sent, in this order, and who is present in the end.
PRESENT: dict[tuple[str, str], tuple[list[Sent], set[str]]] = {
    ("pubnub", "interval-of-the-sdk-pages"): (
        [sent(legacy("join", "old-1")), sent(legacy("interval", after=1, occupancy=3, joined=["ny-1", "ny-2"]))],
        {"old-1", "ny-1", "ny-2"},
    ),
    ("pubnub", "interval-in-events"): (
        [
            sent(item(JOINED, "old-1")),
            sent(item("channel.occupancy.counted", "", 1000, occupancy="2", usersJoined=["ny-1"], usersLeft=["old-1"])),
        ],
        {"ny-1"},
    ),
    ("pubnub", "interval-here-now-refresh"): (
        [sent(legacy("join", "g-1")), sent(legacy("interval", after=1, occupancy=5, here_now_refresh=True))],
        {"g-1"},
    ),
    ("pubnub", "interval-of-nobody"): (
        [sent(legacy("join", "g-1")), sent(legacy("interval", after=1, occupancy=0))],
        set(),
    ),
    ("pubnub", "interval-event-of-nobody"): (
        [
            sent(item(JOINED, "g-1")),
            sent(item("channel.occupancy.counted", "", 1000, occupancy=0, usersJoined=["g-2"])),
        ],
        set(),
    ),
    ("pubnub", "json-called-a-form"): ([sent(legacy("join", "f-1"), FORM)], {"f-1"}),
    ("pubnub", "json-in-a-form"): (
        [Sent(urlencode({"payload": json.dumps(legacy("join", "w-1"))}).encode(), FORM)],
        {"w-1"},
    ),
    ("pubnub", "json-quoted"): ([Sent(quote(json.dumps(legacy("join", "w-2"))).encode(), FORM)], {"w-2"}),
    ("pubnub", "fine-join-coarse-leave"): ([sent(item(JOINED, "m-1", 400)), sent(legacy("leave", "m-1"))], set()),
    ("pubnub", "fine-leave-coarse-join"): ([sent(item(LEFT, "m-1", 400)), sent(legacy("join", "m-1"))], {"m-1"}),
    ("pubnub", "state-after-leave"): (
        [
            sent(item(JOINED, "s-1")),
            sent(item(LEFT, "s-1", 5000)),
            sent(item(STATE, "s-1", 6000, data={"status": "off"})),
        ],
        set(),
    ),
    ("pubnub", "state-alone"): ([sent(item(STATE, "s-1", data={"status": "on"}))], {"s-1"}),
    ("pubnub", "leave-says-zero"): (
        [sent(item(JOINED, "a")), sent(item(JOINED, "b", 1000)), sent(item(LEFT, "a", 60_000, occupancy=0))],
        {"b"},
    ),
    ("pubnub", "float-ids"): ([sent(item(JOINED, 42.0)), sent(legacy("join", 7.0))], {"42", "7"}),
    ("pusher", "float-id"): ([sent(pusher(added(42.0)))], {"42"}),
    ("pusher", "json-called-a-form"): ([sent(pusher(added("f-1")), FORM)], {"f-1"}),
    ("pusher", "state-after-leave"): (
        [
            sent(pusher(added("s-1"))),
            sent(pusher({"name": "member_removed", "user_id": "s-1"}, after=5000)),
            sent(pusher({"name": "member_updated", "user_id": "s-1", "user_info": {"a": 1}}, after=6000)),
        ],
        set(),
    ),
    ("yalgaar", "items-as-a-list"): ([sent(yalgaar({"uuid": "y-1", "action": "bind"}, in_a_list=True))], {"y-1"}),
    ("yalgaar", "ways-to-write-an-action"): (
        [sent(yalgaar(*({"uuid": f"y-{number}", "action": action} for number, action in enumerate(BINDS))))],
        {"y-0", "y-1", "y-2", "y-3", "y-4"},
    ),
    ("yalgaar", "float-id"): ([sent(yalgaar({"uuid": 42.0, "action": "bind"}))], {"42"}),
}

# What is parked, and why; nobody is present.
PARKED: dict[tuple[str, str], tuple[Sent, str]] = {
    ("pubnub", "unknown-action"): (sent(legacy("teleport", "u-1")), "not_understood"),
    ("pubnub", "unknown-schema"): (sent(item("user.channel.teleported", "u-1")), "not_understood"),
    ("pubnub", "no-user"): (sent(legacy("join")), "not_understood"),
    ("pubnub", "a-form-of-something-else"): (Sent(b"hello=world", FORM), "unreadable_body"),
    ("pusher", "no-id"): (sent(pusher(added(True), added(42.5), added({}), added(None))), "not_understood"),
    ("pusher", "unknown-event"): (sent(pusher({"name": "member_teleported", "user_id": "u-1"})), "not_understood"),
    ("yalgaar", "unknown-action"): (sent(yalgaar({"uuid": "y-1", "action": "teleport"})), "not_understood"),
    ("pubnub", "zeros"): (Sent(b"[" + b"0," * 100_000 + b"0]"), "unreadable_body"),
    ("pubnub", "zeros-for-events"): (
        Sent(b'{"schema":"presence.user.channel.joined","data":[' + b"0," * 100_000 + b"0]}"),
        "over_bounds",
    ),
}

# What says nothing, and is applied nevertheless.
SILENT: dict[tuple[str, str], Sent] = {
    ("pubnub", "empty-list"): sent([]),
    ("pubnub", "empty-batch"): sent({"schema": f"{SCHEMA}{JOINED}", "data": []}),
    ("pubnub", "message"): sent({"schema": "pubnub.com/schemas/events/messages.file", "data": [{"channel": "room"}]}),
    ("pubnub", "legacy-message"): sent(
        {"channel": "room", "message": {"text": "hi"}, "timetoken": "17956943000000000"}
    ),
    ("pusher", "empty-batch"): sent(pusher()),
    ("yalgaar", "empty-batch"): sent(yalgaar()),
}


@pytest.fixture(scope="module")
def rollcall(stack: Stack) -> RollcallClient:
    """All of it has been sent, and whatever could be applied is."""
    client = RollcallClient(stack)
    for provider, source in (*PRESENT, *PARKED, *SILENT):
        if provider == "pusher":
            client.store("secrets", provider, source, {"tokens": [{"key": KEY, "secret": SECRET}]})
    client.store("secrets", "pubnub", "empty-batch", {"subscribe_keys": ["sub-c-ours"]})
    client.store("secrets", "yalgaar", "empty-batch", {"client_keys": ["ck-ours", "ck-1"]})
    for (provider, source), (webhooks, _) in PRESENT.items():
        for webhook in webhooks:
            _post(client, provider, source, webhook)
    for (provider, source), webhook in {**{of: one for of, (one, _) in PARKED.items()}, **SILENT}.items():
        _post(client, provider, source, webhook)
    client.settle()
    return client


def _post(client: RollcallClient, provider: str, source: str, webhook: Sent) -> None:
    headers = {"Content-Type": webhook.content_type, **signed(webhook.body, KEY, SECRET)}
    assert client.post(provider, source, webhook.body, headers).status == 200, (provider, source)


def _name(of: tuple[str, str]) -> str:
    return "/".join(of)


@pytest.mark.parametrize("of", PRESENT, ids=_name)
def test_exactly_those_are_present_who_are(rollcall: RollcallClient, of: tuple[str, str]) -> None:
    assert rollcall.users(*of, "room") == PRESENT[of][1]
    assert _intake(rollcall, of)["parked"] == {}


@pytest.mark.parametrize("of", PARKED, ids=_name)
def test_what_is_not_understood_or_too_large_is_parked_with_its_reason(
    rollcall: RollcallClient, of: tuple[str, str]
) -> None:
    assert rollcall.users(*of, "room") == set()
    intake = _intake(rollcall, of)
    assert (intake["applied"], intake["parked"]) == (0, {PARKED[of][1]: 1})


@pytest.mark.parametrize("of", SILENT, ids=_name)
def test_what_says_nothing_of_presence_is_applied_and_leaves_no_record(
    rollcall: RollcallClient, of: tuple[str, str]
) -> None:
    intake = _intake(rollcall, of)
    assert (intake["applied"], intake["parked"]) == (1, {})
    assert rollcall.tell("events", *of, channel="room")["events"] == []


def _intake(rollcall: RollcallClient, of: tuple[str, str]) -> Any:
    (found,) = [one for one in rollcall.intake()["sources"] if (one["provider"], one["source"]) == of]
    return found


def test_a_repeated_body_without_a_time_counts_from_its_first_receipt(rollcall: RollcallClient) -> None:
    rollcall.store("secrets", "pusher", "untimed", {"tokens": [{"key": KEY, "secret": SECRET}]})
    vacated = sent(pusher(VACATED, after=None))
    _post(rollcall, "pusher", "untimed", vacated)
    rollcall.settle()
    _post(rollcall, "pusher", "untimed", sent(pusher(added("b-1"), after=now() - NOON)))
    _post(rollcall, "pusher", "untimed", vacated)
    rollcall.settle()
    assert rollcall.users("pusher", "untimed", "room") == {"b-1"}


def test_a_count_is_void_once_the_channel_was_vacated(rollcall: RollcallClient) -> None:
    rollcall.store("secrets", "pusher", "counts", {"tokens": [{"key": KEY, "secret": SECRET}]})
    told = []
    for body in (
        pusher(OCCUPIED, {"name": "subscription_count", "subscription_count": 57}),
        pusher(VACATED, after=10_000),
        pusher(OCCUPIED, after=20_000),
        pusher({"name": "subscription_count", "subscription_count": 3}, after=30_000),
    ):
        _post(rollcall, "pusher", "counts", sent(body))
        rollcall.settle()
        told.append(rollcall.tell("members", "pusher", "counts", channel="room")["reported_occupancy"])
    assert told == [57, None, None, 3]


def test_an_item_without_a_subscribe_key_is_applied_beside_one_with_the_right_key(rollcall: RollcallClient) -> None:
    rollcall.store("secrets", "pubnub", "keyed", {"subscribe_keys": ["sub-c-ours"]})
    both = item(JOINED, "k-1", subKey="sub-c-ours")
    both["data"] += item(JOINED, "k-2")["data"]
    _post(rollcall, "pubnub", "keyed", sent(both))
    _post(rollcall, "pubnub", "keyed", sent(item(JOINED, "k-3", subKey="sub-c-theirs")))
    rollcall.settle()
    assert rollcall.users("pubnub", "keyed", "room") == {"k-1", "k-2"}
    assert _intake(rollcall, ("pubnub", "keyed"))["parked"] == {"unverified": 1}


def test_an_event_id_that_comes_twice_with_other_times_is_told_once(rollcall: RollcallClient) -> None:
    for after in (0, 1000):
        body = item(JOINED, "t-1", after)
        body["data"][0]["id"] = "e-1"
        _post(rollcall, "pubnub", "twice", sent(body))
    rollcall.settle()
    assert len(rollcall.tell("events", "pubnub", "twice", channel="room")["events"]) == 1


def test_secrets_that_were_pasted_with_white_space_count_without_it(rollcall: RollcallClient) -> None:
    rollcall.store("secrets", "pusher", "pasted", {"tokens": [{"key": f" {KEY}\n", "secret": f"{SECRET}\r\n"}]})
    _post(rollcall, "pusher", "pasted", sent(pusher(added("ws"))))
    rollcall.settle()
    assert rollcall.users("pusher", "pasted", "room") == {"ws"}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_webhook_url_may_end_with_a_slash(rollcall: RollcallClient, method: str) -> None:
    url = webhook_url(rollcall.stack, "pubnub", "slash") + "/"
    body = json.dumps(legacy("join", "sl-1")).encode()
    answer = web.get(url, {}) if method == "GET" else web.post(url, body, {"Content-Type": "application/json"})
    assert answer.status == 200


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer ", "bearer   "])
def test_the_scheme_of_the_read_key_is_written_in_any_case(rollcall: RollcallClient, scheme: str) -> None:
    key = {"Authorization": f"{scheme} {rollcall.stack.read_key}"}
    assert web.get(f"{rollcall.stack.url}/intake", key).status == 200


@pytest.mark.parametrize(
    ("begin", "status"), [("0", 200), ("1970-01-01", 200), ("2026-11-26", 200), ("20261126", 400), ("-1", 400)]
)
def test_a_time_is_what_somebody_means_or_refused_with_a_sentence(
    rollcall: RollcallClient, begin: str, status: int
) -> None:
    answer = rollcall.ask("events", "pubnub", "twice", channel="room", **{"from": begin})
    assert answer.status == status
    assert status == 200 or "write ISO 8601" in answer.json()["error"]
