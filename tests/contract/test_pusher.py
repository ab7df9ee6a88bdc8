"""What only Pusher's dialect promises; what all providers promise is in `test_every_provider.py`."""

import hashlib
import hmac
import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pusher import Pusher  # type: ignore[import-untyped]  # Pusher's own library, the independent judge

from rollcall.envelope import Envelope
from rollcall.errors import Unverified
from rollcall.events import Kind, PresenceEvent
from rollcall.providers import pusher

_TIME = 1754042400123

# From the test suites of Pusher's own libraries, each with its secret.
VECTORS = {
    "pusher-http-node": (
        "tofu",
        b'{"time_ms":1403175510755,"events":[{"channel":"test_channel","name":"channel_vacated"}]}',
        "c17257e92037cd7de407ebc1ed174ceb7b2e518db127f44411b9ffc4f5b28cc5",
    ),
    "pusher-http-php": (
        "thisisasecret",
        b'{"hello":"world"}',
        "40e0ad3b9aa49529322879e84de1aaaf18bde1efe839ca263d540cc865510d25",
    ),
    "pusher-http-php, a client event": (
        "thisisasecret",
        (
            b'{"time_ms":1530710011901,"events":[{"name":"client_event","channel":"private-my-channel",'
            b'"event":"client-event","data":"Unencrypted","socket_id":"240621.35780774"}]}'
        ),
        "a19cab2af3ca1029257570395e78d5d675e9e700ca676d18a375a7083178df1c",
    ),
    "pusher-http-go": (
        "secret",
        b'{"hello":"world"}',
        "2677ad3e7c090b2fa2c0fb13020d66d5420879b8316eb356a2d60fb9073bc778",
    ),
    "pusher-http-go, its cryptography": (
        "supersecret",
        b"Hello!",
        "64e3f44166575febbc5de88c9476325ea7d4b3684752158d9fdb31fce34b980d",
    ),
    "pusher-http-dotnet": (
        "1c9c753dddfd049dd7f1",
        b'{"time_ms":1423778833207,"events":[{"channel":"test_channel","name":"channel_occupied"}]}',
        "851f492bab8f7652a2e4c82cd0212d97b4e678edf085c06bf640ed45ee7b1169",
    ),
    "pusher-http-dotnet, with spaces": (
        "some_crazy_secret",
        b'{"time_ms": 1327078148132, "events": [{"name": "channel_occupied", "channel": "test_channel" }]}',
        "003a63ce4da20830c4fecffb63d5b3944b64989b6458e15b26e08e244f758954",
    ),
}


@pytest.mark.parametrize("vector", VECTORS)
def test_signatures_agree_with_the_suites_of_pushers_libraries(vector: str) -> None:
    secret, body, signature = VECTORS[vector]
    assert _is_accepted(body, signature, secret)
    assert not _is_accepted(body, signature, secret + "x")


# Of visible characters: what stands around them is taken for what came along when they were pasted.
_visible = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1)


@given(
    secret=_visible,
    other_secret=_visible,
    key=st.sampled_from(["key", "another"]),
    channel=st.text(),
    damage=st.sampled_from([lambda text: text, str.upper, lambda text: text[:10], lambda text: text[::-1]]),
    with_other_secret=st.booleans(),
)
def test_rollcall_accepts_what_pushers_own_library_accepts(
    secret: str, other_secret: str, key: str, channel: str, damage: Any, with_other_secret: bool
) -> None:
    events = [{"name": "member_added", "channel": channel, "user_id": "u-1"}]
    body = json.dumps({"time_ms": _TIME, "events": events}, ensure_ascii=False)
    signature = damage(_sign(body.encode(), other_secret if with_other_secret else secret))
    judge = Pusher(app_id="1", key="key", secret=secret)
    with pytest.MonkeyPatch.context() as patch:  # the judge refuses what is older than five minutes
        patch.setattr("pusher.authentication_client.time", SimpleNamespace(time=lambda: _TIME / 1000))
        verdict = judge.validate_webhook(key, signature, body)
    assert _is_accepted(body.encode(), signature, secret, key=key) == (verdict is not None)


def test_an_old_signature_is_as_good_as_a_new_one() -> None:
    body = json.dumps({"time_ms": _TIME, "events": []}).encode()
    envelope = _envelope(body, _sign(body, "secret"), received_at=_TIME + 28 * 3_600_000)
    pusher.verify(envelope, _secrets(("key", "secret")))


@pytest.mark.parametrize("name", ["old", "new"])
def test_each_of_several_tokens_signs_with_its_own_secret(name: str) -> None:
    secrets = _secrets(("old", "old secret"), ("new", "new secret"))
    pusher.verify(_envelope(b"{}", _sign(b"{}", f"{name} secret"), key=name), secrets)
    with pytest.raises(Unverified):
        pusher.verify(_envelope(b"{}", _sign(b"{}", "some secret"), key=name), secrets)


def test_one_key_may_have_two_secrets_while_one_replaces_the_other() -> None:
    secrets = _secrets(("key", "old secret"), ("key", "new secret"))
    for secret in ("old secret", "new secret"):
        pusher.verify(_envelope(b"{}", _sign(b"{}", secret)), secrets)


@pytest.mark.parametrize(
    "stored", [{}, {"tokens": []}, {"tokens": [{"key": "k"}]}, {"tokens": [{"key": "k", "secret": ""}]}]
)
def test_secrets_that_would_accept_anybody_are_refused(stored: object) -> None:
    with pytest.raises(ValueError, match="tokens"):
        pusher.Secrets.model_validate(stored)


NAMES = {
    "channel_occupied": Kind.CHANNEL_OCCUPIED,
    "channel_vacated": Kind.CHANNEL_VACATED,
    "member_added": Kind.JOINED,
    "member_removed": Kind.LEFT,
    "client_event": Kind.CLIENT_EVENT,
    "cache_miss": Kind.CACHE_MISS,
    "subscription_count": Kind.OCCUPANCY_REPORTED,
}


@pytest.mark.parametrize("name", NAMES)
def test_all_seven_event_names_are_known(name: str) -> None:
    (event,) = _parse({"name": name, "channel": "presence-a", "user_id": "u-1", "subscription_count": 3})
    assert (event.kind, event.channel) == (NAMES[name], "presence-a")


@pytest.mark.parametrize("name", ["member_added", "member_removed", "member_updated"])
@pytest.mark.parametrize("user_id", [None, "", True, 1.5, [], {}])
def test_an_event_of_nobody_touches_no_member(name: str, user_id: object) -> None:
    (event,) = _parse({"name": name, "channel": "presence-a", "user_id": user_id})
    assert event.kind is Kind.UNKNOWN


@given(user_id=st.integers(-(2**70), 2**70))
def test_a_numeric_id_and_its_text_are_one_user(user_id: int) -> None:
    events = _parse(*({"name": "member_added", "channel": "c", "user_id": form} for form in (user_id, str(user_id))))
    assert {event.user for event in events} == {str(user_id)}


def test_events_of_one_body_keep_their_order_whatever_they_are() -> None:
    events = _parse(
        *(
            {"name": name, "channel": "c", "user_id": "u"}
            for name in ("channel_vacated", "member_added", "no such event")
        )
    )
    assert [(event.kind, event.position) for event in events] == [
        (Kind.CHANNEL_VACATED, 0),
        (Kind.JOINED, 1),
        (Kind.UNKNOWN, 2),
    ]


def _parse(*events: dict[str, Any]) -> list[PresenceEvent]:
    return pusher.parse(_envelope(json.dumps({"time_ms": _TIME, "events": events}).encode(), ""))


def _sign(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _secrets(*tokens: tuple[str, str]) -> pusher.Secrets:
    return pusher.Secrets.model_validate({"tokens": [{"key": key, "secret": secret} for key, secret in tokens]})


def _envelope(body: bytes, signature: str, *, key: str = "key", received_at: int = _TIME) -> Envelope:
    headers = {"content-type": "application/json", "x-pusher-key": key, "x-pusher-signature": signature}
    return Envelope(
        provider="pusher", source="prod", received_at=received_at, request_id="r", headers=headers, body=body
    )


def _is_accepted(body: bytes, signature: str, secret: str, *, key: str = "key") -> bool:
    try:
        pusher.verify(_envelope(body, signature, key=key), _secrets(("key", secret)))
    except Unverified:
        return False
    return True
