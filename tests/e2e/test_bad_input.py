"""What is sent wrongly gets a clear answer, and what was acknowledged is never lost."""

import json
import secrets

import pytest

from rollcall.bounds import LARGEST_BODY
from tests.e2e.rollcall_client import RollcallClient, now, pubnub, pusher, signed
from tools import web
from tools.parked import counts
from tools.urls import webhook_url

TOKEN = {"key": "k-1", "secret": "right"}
RETIRED = {"key": "k-0", "secret": "retired"}


def parked_reasons(rollcall: RollcallClient, source: str) -> list[str]:
    found = counts(rollcall.stack)
    return [why.reason for (why, origin), count in found.items() for _ in range(count) if origin.endswith(f"/{source}")]


@pytest.mark.parametrize(
    "path", ["nobody/main/0123", "pubnub/main/0123456789abcdef0123456789abcdef", "pubnub/main/%C3%A4"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_wrong_address_is_not_found(rollcall: RollcallClient, path: str, method: str) -> None:
    url = f"{rollcall.stack.url}/webhooks/{path}"
    answer = web.get(url) if method == "GET" else web.post(url, b"{}")
    assert (answer.status, answer.json()) == (404, {"error": "There is nothing at this address."})


def test_an_unknown_provider_is_not_found_even_with_a_token_made_for_it(rollcall: RollcallClient) -> None:
    for name in ("nobody", "..", "dialect"):
        assert web.post(webhook_url(rollcall.stack, name, "main"), b"{}").status == 404


def test_a_right_address_says_so_in_a_browser(rollcall: RollcallClient) -> None:
    answer = web.get(webhook_url(rollcall.stack, "pusher", "main"))
    assert answer.status == 200
    assert b"waits for POSTs" in answer.body


@pytest.mark.parametrize(
    ("source", "body", "reason"),
    [
        ("empty", b"", "unreadable_body"),
        ("nonsense", b"{", "unreadable_body"),
        ("deep", b"[" * 10_000 + b"]" * 10_000, "unreadable_body"),
        ("long-name", pubnub(("joined", "c" * 2048, "ann")), "unstorable_event"),
    ],
)
def test_what_cannot_be_read_is_acknowledged_and_parked(
    rollcall: RollcallClient, source: str, body: bytes, reason: str
) -> None:
    assert rollcall.post("pubnub", source, body).status == 200
    rollcall.settle()
    assert parked_reasons(rollcall, source) == [reason]


def test_broken_utf_8_is_acknowledged_and_parked(rollcall: RollcallClient) -> None:
    # As another type than JSON, since the embedded AWS mends what it takes for text on its way to the function.
    rollcall.post("pubnub", "not-utf-8", b'{"action": "join\xff"}', {"Content-Type": "application/octet-stream"})
    rollcall.settle()
    assert parked_reasons(rollcall, "not-utf-8") == ["unreadable_body"]


def test_a_name_too_long_parks_its_webhook_and_spares_the_rest_of_it(rollcall: RollcallClient) -> None:
    rollcall.post("pubnub", "partly", pubnub(("joined", "c" * 2048, "ann"), ("joined", "room", "bob")))
    rollcall.settle()
    assert rollcall.users("pubnub", "partly", "room") == {"bob"}
    assert parked_reasons(rollcall, "partly") == ["unstorable_event"]


def test_a_forged_signature_and_a_retired_secret_are_parked(rollcall: RollcallClient) -> None:
    rollcall.store("secrets", "pusher", "forged", {"tokens": [TOKEN]})
    body = pusher(("member_added", "presence-a", "mallory"))
    for headers in ({}, {"X-Pusher-Key": "k-1", "X-Pusher-Signature": "0" * 64}, signed(body, **RETIRED)):
        assert rollcall.post("pusher", "forged", body, headers).status == 200
    rollcall.settle()
    assert rollcall.users("pusher", "forged", "presence-a") == set()
    assert parked_reasons(rollcall, "forged") == ["unverified"] * 3


def test_a_name_that_sqs_would_refuse_is_a_name_like_any_other(rollcall: RollcallClient) -> None:
    channel = "room-\uffff-\x01-é-😀"
    rollcall.post("pubnub", "any-unicode", pubnub(("joined", channel, "ann")))
    rollcall.settle()
    assert rollcall.users("pubnub", "any-unicode", channel) == {"ann"}


def test_a_body_of_four_megabytes_is_taken_if_it_can_be_compressed_and_refused_if_not(rollcall: RollcallClient) -> None:
    body = pubnub(("joined", "room", "ann"))
    assert rollcall.post("pubnub", "large", body.ljust(LARGEST_BODY)).status == 200
    # Random names cannot be compressed below a message's size.
    noise = json.dumps({"action": "join", "noise": secrets.token_hex(2_000_000)}).encode()
    answer = rollcall.post("pubnub", "large", noise)
    assert (answer.status, answer.json()) == (413, {"error": "The body is too large to be queued, even compressed."})
    assert rollcall.post("pubnub", "large", pubnub(("joined", "room", "ben")).ljust(LARGEST_BODY + 1)).status == 413
    rollcall.settle()
    assert rollcall.users("pubnub", "large", "room") == {"ann"}


def test_a_batch_of_ten_thousand_events_is_applied_whole(rollcall: RollcallClient) -> None:
    joins = [("joined", f"room-{number % 10}", f"user-{number:05}") for number in range(10_000)]
    assert rollcall.post("pubnub", "batch", pubnub(*joins)).status == 200
    rollcall.settle()
    listed = rollcall.tell("channels", "pubnub", "batch")["channels"]
    assert [channel["occupancy"] for channel in listed] == [1000] * 10


@pytest.mark.parametrize(
    ("question", "parameters", "named"),
    [
        ("members", {}, "channel"),
        ("members", {"channel": ""}, "channel"),
        ("members", {"channel": "c" * 2048}, "channel"),
        ("members", {"channel": "room", "limit": "many"}, "limit"),
        ("members", {"channel": "room", "limit": "1001"}, "limit"),
        ("members", {"channel": "room", "next": "nonsense"}, "next"),
        ("channels", {"limit": "0"}, "limit"),
        ("channels", {"next": "bm9uc2Vuc2U="}, "next"),
        ("whereabouts", {}, "user"),
        ("events", {"channel": "room", "from": "yesterday"}, "from"),
        ("events", {"channel": "room", "until": "tomorrow"}, "until"),
        ("events", {"channel": "room", "from": str(now()), "until": "2020-01-01"}, "from"),
    ],
)
def test_a_wrong_parameter_is_named_in_one_sentence(
    rollcall: RollcallClient, question: str, parameters: dict[str, str], named: str
) -> None:
    answer = rollcall.ask(question, "pubnub", "main", **parameters)
    assert answer.status == 400
    assert answer.json()["error"].startswith(f"{named} ")


def test_a_wrong_or_missing_key_is_unauthorized(rollcall: RollcallClient) -> None:
    url = f"{rollcall.stack.url}/presence/pubnub/main/members?channel=room"
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": rollcall.stack.read_key}):
        assert web.get(url, headers).status == 401


def test_what_nobody_knows_is_an_empty_answer(rollcall: RollcallClient) -> None:
    assert rollcall.tell("members", "pubnub", "main", channel="nowhere")["members"] == []
    assert rollcall.tell("whereabouts", "pubnub", "main", user="nobody")["last_seen"] is None
    assert rollcall.tell("channels", "pubnub", "no-source")["channels"] == []
    assert rollcall.tell("events", "pubnub", "main", channel="nowhere")["events"] == []
