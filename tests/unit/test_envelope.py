"""A webhook as it travels."""

import json
import random
import zlib
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.bounds import LARGEST_BODY
from rollcall.envelope import LARGEST_MESSAGE, Envelope, Request, envelop, is_heavy, open_envelope, seal
from rollcall.errors import BodyTooLarge, TooLarge, UnreadableEnvelope

_MEGABYTE = 1_000_000

header_names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1).map("x-rollcall-{}".format)
envelopes = st.builds(
    Envelope,
    provider=st.text(),
    source=st.text(),
    received_at=st.integers(0, 253_402_300_799_999),  # until the year 9999
    request_id=st.text(),
    headers=st.dictionaries(header_names, st.text()),
    body=st.binary() | st.text().map(str.encode),
)


@given(envelope=envelopes)
def test_any_bytes_and_headers_survive_the_journey(envelope: Envelope) -> None:
    assert open_envelope(seal(envelope)) == envelope


@given(envelope=envelopes)
def test_a_message_holds_only_characters_that_sqs_takes(envelope: Envelope) -> None:
    assert all(" " <= character <= "\x7f" for character in seal(envelope))


@pytest.mark.parametrize("body", [b"", b"\0", b"\xff\xfe", "\uffff\U0001f600".encode(), bytes(range(256))])
def test_bodies_that_are_no_text_survive(body: bytes) -> None:
    assert open_envelope(seal(_envelope(body))).body == body


@pytest.mark.parametrize("size", [199_999, 200_000, 200_001, LARGEST_BODY])
def test_a_body_of_any_size_survives(size: int) -> None:
    body = b'{"events":[' + b"," * size
    assert open_envelope(seal(_envelope(body[:size]))).body == body[:size]


def test_a_body_over_200_kb_is_compressed() -> None:
    assert len(seal(_envelope(b"a" * 200_000))) > 200_000
    assert len(seal(_envelope(b"a" * 200_001))) < 10_000


def test_what_does_not_fit_into_a_message_is_refused() -> None:
    chance = random.Random(1)
    largest = seal(_envelope(chance.randbytes(780_000)))
    assert len(largest) <= LARGEST_MESSAGE
    with pytest.raises(BodyTooLarge):
        seal(_envelope(chance.randbytes(800_000)))


def test_headers_that_do_not_fit_are_refused() -> None:
    with pytest.raises(BodyTooLarge):
        seal(_envelope(b"{}", {"x-large": "é" * _MEGABYTE}))


@pytest.mark.parametrize(
    "name", ["x-pusher-key", "x-pusher-signature", "content-type", "x-my-own-header", "user-agent", "authorization"]
)
def test_headers_that_a_provider_may_use_are_kept(name: str) -> None:
    assert open_envelope(seal(_envelope(b"", {name: "v"}))).headers == {name: "v"}


@pytest.mark.parametrize("name", ["host", "cookie", "content-length", "x-forwarded-for", "x-amzn-trace-id"])
def test_headers_of_the_transport_are_left_behind(name: str) -> None:
    assert open_envelope(seal(_envelope(b"", {name: "v"}))).headers == {}


# ---- As it arrives ---------------------------------------------------------------------------------


@given(body=st.binary())
def test_a_body_that_api_gateway_encoded_arrives_as_it_was_sent(body: bytes) -> None:
    assert envelop(_request(body=b64encode(body).decode(), isBase64Encoded=True)).body == body


@given(body=st.text())
def test_a_body_that_is_text_arrives_as_it_was_sent(body: str) -> None:
    assert envelop(_request(body=body)).body == body.encode()


def test_a_request_without_a_body_is_an_empty_one() -> None:
    assert envelop(_request()).body == b""


def test_who_sent_it_and_when_it_arrived_are_api_gateways_words() -> None:
    envelope = envelop(_request(body="{}"))
    assert (envelope.provider, envelope.source, envelope.request_id) == ("pusher", "prod", "r-1")
    assert (envelope.received_at, envelope.headers) == (1754042400123, {"x-pusher-key": "k"})


# ---- Messages that are none ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message", ["", "hello", "null", "[]", "{}", "1", '"x"', "[" * 100_000, "\ud800", '{"body":"e30="}']
)
def test_a_message_that_is_no_envelope_is_refused(message: str) -> None:
    with pytest.raises(UnreadableEnvelope):
        open_envelope(message)


@pytest.mark.parametrize(
    "forged",
    [
        {"body": "not base64"},
        {"body": None},
        {"body": "é"},
        {"body": "AAAA", "compressed": True},
        {"received_at": None},
        {"received_at": "soon"},
        {"received_at": float("nan")},
        {"received_at": float("inf")},
        {"received_at": -1},
        {"received_at": 253_402_300_800_000},
        {"headers": None},
        {"headers": ["content-type"]},
    ],
)
def test_an_envelope_with_a_wrong_part_is_refused(forged: dict[str, Any]) -> None:
    with pytest.raises(UnreadableEnvelope):
        open_envelope(json.dumps(json.loads(seal(_envelope(b"{}"))) | forged))


@pytest.mark.parametrize("part", ["provider", "source", "received_at", "request_id", "headers", "compressed", "body"])
def test_an_envelope_that_lacks_a_part_is_refused(part: str) -> None:
    content = json.loads(seal(_envelope(b"{}")))
    del content[part]
    with pytest.raises(UnreadableEnvelope):
        open_envelope(json.dumps(content))


@pytest.mark.parametrize("size", [LARGEST_BODY + 1, 200 * _MEGABYTE])
def test_a_bomb_is_refused_before_it_fills_the_memory(size: int) -> None:
    bomb = b64encode(zlib.compress(b"\0" * size)).decode()
    content = json.loads(seal(_envelope(b""))) | {"compressed": True, "body": bomb}
    with pytest.raises(TooLarge):
        open_envelope(json.dumps(content))


@pytest.mark.parametrize("size", [0, 200_000, 200_001])
def test_whether_a_message_holds_a_large_body_is_told_unopened_whatever_it_says_itself(size: int) -> None:
    lie = '"compressed": true'
    message = seal(_envelope(lie.encode() + b" " * (size - len(lie)), {"x-lie": lie, lie: "x"}))
    assert is_heavy(message) == (size > 200_000)


def test_a_compressed_body_that_was_cut_short_is_refused() -> None:
    content = json.loads(seal(_envelope(random.Random(1).randbytes(300_000))))
    cut = content | {"body": content["body"][:1_000]}
    with pytest.raises(UnreadableEnvelope):
        open_envelope(json.dumps(cut))


@given(message=st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_any_text_is_an_envelope_or_refused(message: str) -> None:
    with pytest.raises(UnreadableEnvelope):
        open_envelope(message)


@given(
    part=st.sampled_from(["provider", "source", "received_at", "request_id", "headers", "compressed", "body"]),
    value=st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists),
)
def test_any_value_in_any_part_is_taken_or_refused(part: str, value: object) -> None:
    forged = json.dumps(json.loads(seal(_envelope(b"{}"))) | {part: value})
    try:
        envelope = open_envelope(forged)
    except UnreadableEnvelope:
        return
    assert all(type(text) is str for text in (envelope.provider, envelope.source, envelope.request_id))
    assert type(envelope.received_at) is int


def _envelope(body: bytes, headers: dict[str, str] | None = None) -> Envelope:
    return Envelope(
        provider="pusher", source="prod", received_at=1754042400123, request_id="r-1", headers=headers or {}, body=body
    )


def _request(body: str | None = None, *, isBase64Encoded: bool = False) -> Request:  # noqa: N803  API Gateway's name
    request: Request = {
        "requestContext": {"http": {"method": "POST"}, "requestId": "r-1", "timeEpoch": 1754042400123},
        "pathParameters": {"provider": "pusher", "source": "prod", "token": "t"},
        "headers": {"x-pusher-key": "k"},
        "isBase64Encoded": isBase64Encoded,
    }
    return request if body is None else {**request, "body": body}
