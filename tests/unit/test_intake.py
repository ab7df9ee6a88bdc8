"""From an envelope to what can be applied."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from rollcall.envelope import Envelope
from rollcall.errors import MissingSecret, Unavailable, UnknownProvider, Unreadable, UnstorableEvent, Unverified
from rollcall.events import Kind
from rollcall.intake import interpret
from rollcall.keys import SourceKey
from rollcall.provider import load
from rollcall.read_shapes import MemberOfChannel, Members

_LARGEST_ITEM = 400_000  # bytes, a little less than DynamoDB takes in one record


@dataclass
class Secrets:
    """What a source's secrets are remembered to be, and what they are when asked for anew."""

    remembered: object
    anew: object
    doubts: list[bool] = field(default_factory=list)

    def __call__(self, source: SourceKey, *, doubted: bool = False) -> object:
        assert source == SourceKey("pusher", "prod")
        self.doubts.append(doubted)
        answer = self.anew if doubted else self.remembered
        if isinstance(answer, Exception):
            raise answer
        return answer


OLD = {"tokens": [{"key": "k1", "secret": "old"}]}
NEW = {"tokens": [{"key": "k1", "secret": "new"}]}


# ---- One more look at the secrets ------------------------------------------------------------------


def test_a_proven_webhook_asks_for_its_secrets_once() -> None:
    secrets = Secrets(OLD, NEW)
    assert [event.kind for event in interpret(_signed("old"), secrets).events] == [Kind.JOINED]
    assert secrets.doubts == [False]


@pytest.mark.parametrize("remembered", [OLD, {}, {"tokens": []}, [], None, MissingSecret("not JSON")])
def test_a_rotation_parks_nothing(remembered: object) -> None:
    secrets = Secrets(remembered, NEW)
    assert [event.kind for event in interpret(_signed("new"), secrets).events] == [Kind.JOINED]
    assert secrets.doubts == [False, True]


def test_what_no_secret_proves_is_unverified_after_a_second_look() -> None:
    secrets = Secrets(OLD, NEW)
    with pytest.raises(Unverified):
        interpret(_signed("another"), secrets)
    assert secrets.doubts == [False, True]


@pytest.mark.parametrize(
    "stored", [{}, {"tokens": []}, {"tokens": [{"key": "k1", "secret": "open-sesame", "x": 1}]}, None, 7]
)
def test_a_source_without_usable_secrets_is_told_so_and_shows_none(stored: object) -> None:
    with pytest.raises(MissingSecret) as error:
        interpret(_signed("open-sesame"), Secrets(stored, stored))
    assert "open-sesame" not in f"{error.value} {error.value.__cause__}"


def test_a_store_that_does_not_answer_is_no_reason_to_park() -> None:
    with pytest.raises(Unavailable):
        interpret(_signed("old"), Secrets(Unavailable("throttled"), NEW))
    with pytest.raises(Unavailable):
        interpret(_signed("new"), Secrets(OLD, Unavailable("throttled")))


def test_a_provider_that_does_not_sign_needs_no_secrets() -> None:
    interpretation = interpret(_yalgaar(1), lambda _source, *, doubted=False: {})  # noqa: ARG005  no doubt arises
    assert [event.kind for event in interpretation.events] == [Kind.JOINED]


# ---- What cannot be used ---------------------------------------------------------------------------


@pytest.mark.parametrize("provider", ["", "ably2", "../pusher", "os", "Pusher", "pusher.", "__init__", "pusher\n"])
def test_an_unknown_provider_is_hopeless(provider: str) -> None:
    with pytest.raises(UnknownProvider):
        interpret(replace(_signed("old"), provider=provider), Secrets(OLD, NEW))


def test_a_function_whose_own_files_are_gone_calls_no_provider_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or webhooks would be parked that another function can apply."""
    monkeypatch.setattr("rollcall.provider._FOLDER", tmp_path / "gone")
    load.cache_clear()
    with pytest.raises(Unavailable):
        interpret(_signed("old"), Secrets(OLD, NEW))


def test_a_proven_body_that_is_none_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        interpret(_signed("old", body=b"hello"), Secrets(OLD, NEW))


def test_the_proof_is_looked_at_before_the_body() -> None:
    with pytest.raises(Unverified):
        interpret(_signed("another", body=b"hello"), Secrets(OLD, NEW))


TOO_LARGE: dict[str, dict[str, Any]] = {
    "a channel of 2 KB": {"name": "member_added", "channel": "c" * 2_000, "user_id": "u"},
    "a user of 2 KB": {"name": "member_added", "channel": "c", "user_id": "u" * 2_000},
    "a channel and a user that are too long together": {"name": "member_added", "channel": "#" * 350, "user_id": "u"},
    "half a surrogate pair": {"name": "member_added", "channel": "\ud800", "user_id": "u"},
    "a state of 300 KB": {"name": "member_updated", "channel": "c", "user_id": "u", "user_info": "x" * 300_000},
    "an unknown event with a name of 500 KB": {"name": "n" * 500_000, "channel": "c"},
    "a client event with a name of 500 KB": {"name": "client_event", "channel": "c", "event": "n" * 500_000},
    "a client event named by half a surrogate pair": {"name": "client_event", "channel": "c", "event": "\ud800"},
}


@pytest.mark.parametrize("large", TOO_LARGE)
def test_what_no_record_can_hold_is_told_and_the_rest_is_there(large: str) -> None:
    items = [_joined("u-1"), TOO_LARGE[large], _joined("u-2")]
    interpretation = interpret(_signed("old", *items), Secrets(OLD, NEW))
    known = [event for event in interpretation.events if event.kind is Kind.JOINED]
    assert [(event.user, event.position) for event in known] == [("u-1", 0), ("u-2", 2)]
    # What is left of it, shortened perhaps, must fit into a record; what is not must be told.
    assert interpretation.trouble or len(interpretation.events) == 3
    for event in interpretation.events:
        texts = (event.channel, event.user, event.event_id, event.reason, event.state or "")
        assert sum(len(text.encode()) for text in texts) < _LARGEST_ITEM
    assert interpretation.trouble is None or isinstance(interpretation.trouble, UnstorableEvent)


@pytest.mark.parametrize("large", list(TOO_LARGE)[:5])
def test_a_name_or_state_is_never_shortened(large: str) -> None:
    interpretation = interpret(_signed("old", TOO_LARGE[large]), Secrets(OLD, NEW))
    assert interpretation.events == []
    assert isinstance(interpretation.trouble, UnstorableEvent)


@pytest.mark.parametrize("depth", [10, 100, 300, 1_000, 9_000])
@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_a_state_can_be_answered_or_is_told(opening: str, depth: int) -> None:
    state = opening * depth + "0" + {"[": "]"}.get(opening, "}") * depth
    updated = f'{{"name":"member_updated","channel":"c","user_id":"u-1","user_info":{state}}}'
    body = f'{{"time_ms":1754042400123,"events":[{updated},{json.dumps(_joined("u-2"))}]}}'.encode()
    interpretation = interpret(_signed("old", body=body), Secrets(OLD, NEW))
    assert interpretation.events[-1].user == "u-2"
    assert interpretation.trouble or len(interpretation.events) == 2
    for event in interpretation.events:
        member = MemberOfChannel(user=event.user, since="", last_seen="", state=json.loads(event.state or "null"))
        answer = Members(channel="c", occupancy=1, reported_occupancy=None, members=[member], next=None)
        assert answer.model_dump(mode="json")["members"][0]["user"] == event.user


def test_a_good_body_gives_no_trouble() -> None:
    assert interpret(_signed("old", _joined("u-1"), _joined("\uffff")), Secrets(OLD, NEW)).trouble is None


@pytest.mark.parametrize(("entries", "lossy"), [(199, False), (200, True), (201, True)])
def test_a_body_as_full_as_can_be_may_have_lost_events(entries: int, lossy: bool) -> None:
    interpretation = interpret(_yalgaar(entries), lambda _source, *, doubted=False: {})  # noqa: ARG005  no doubt arises
    assert interpretation.may_have_lost_events is lossy


def test_a_provider_that_drops_nothing_never_seems_to() -> None:
    items = [_joined(f"u-{number}") for number in range(300)]
    assert not interpret(_signed("old", *items), Secrets(OLD, NEW)).may_have_lost_events


def _joined(user: str) -> dict[str, str]:
    return {"name": "member_added", "channel": "presence-room", "user_id": user}


def _signed(secret: str, *items: dict[str, Any], body: bytes = b"") -> Envelope:
    body = body or json.dumps({"time_ms": 1754042400123, "events": items or [_joined("u-1")]}).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return Envelope(
        provider="pusher",
        source="prod",
        received_at=1754042400523,
        request_id="r",
        headers={"x-pusher-key": "k1", "x-pusher-signature": signature},
        body=body,
    )


def _yalgaar(entries: int) -> Envelope:
    entry = {"channel": "deliveries", "uuid": "driver-9", "timestamp": "1754042400", "action": "bind"}
    body = json.dumps({"items": {"source": "Presence", "clientKey": "ck", "data": [entry] * entries}}).encode()
    return replace(_signed("old"), provider="yalgaar", headers={}, body=body)
