"""What only PubNub's dialects promise; what all providers promise is in `test_every_provider.py`."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rollcall.dialect import Transcript
from rollcall.envelope import Envelope
from rollcall.errors import TooLarge, Unreadable, Unverified
from rollcall.events import Kind, PresenceEvent
from rollcall.providers import pubnub

_AT = 1754042400123
_RECEIVED_AT = _AT + 500
_ISO = "2025-08-01T10:00:00.123Z"
_PREFIX = "pubnub.com/schemas/events/"

SCHEMAS = {
    "presence.user.channel.joined": Kind.JOINED,
    "presence.user.channel.left": Kind.LEFT,
    "presence.user.timedout.in.channel": Kind.TIMED_OUT,
    "presence.channel.user.state.in.changed": Kind.STATE_CHANGED,
    "presence.channel.state.active": Kind.CHANNEL_OCCUPIED,
    "presence.channel.state.inactive": Kind.CHANNEL_VACATED,
}
ACTIONS = {
    "join": Kind.JOINED,
    "leave": Kind.LEFT,
    "timeout": Kind.TIMED_OUT,
    "state-change": Kind.STATE_CHANGED,
    "active": Kind.CHANNEL_OCCUPIED,
    "inactive": Kind.CHANNEL_VACATED,
}

# What a client can put into its state, in the words of the events themselves.
_telling = st.sampled_from([*ACTIONS, *SCHEMAS, "mallory", "1", "1754042999", "9999999999", _ISO, "other-room"])
_legacy_names = [
    "action",
    "status",
    "uuid",
    "sub_key",
    "channel",
    "occupancy",
    "timestamp",
    "precise_timestamp",
    "data",
]
_item_names = ["id", "subKey", "channelId", "userId", "usersJoined", "usersLeft"]
_outer_names = ["schema", "dataSchema", "event", "payload", "metadata"]
_names = st.sampled_from([*_legacy_names, *_item_names, *_outer_names])
states = st.recursive(
    st.dictionaries(_names, _telling | st.integers() | st.none() | st.lists(_telling, max_size=2)),
    lambda inner: st.dictionaries(_names, inner | _telling, max_size=6),
    max_leaves=4,
)


# ---- A client's state is only a state --------------------------------------------------------------


@given(name=st.sampled_from(list(SCHEMAS)), state=states)
def test_no_state_changes_what_an_event_is_or_when_it_happened(name: str, state: dict[str, Any]) -> None:
    item = {"id": "e-1", "channel": "room", "userId": "agent-17", "occupancy": 2, "timestamp": _ISO}
    _expect(SCHEMAS[name], _parse({"schema": _PREFIX + name, "data": [item | {"data": state}]}), event_id="e-1")


@given(name=st.sampled_from(list(SCHEMAS)), state=states, as_text=st.booleans())
def test_no_state_in_a_repeated_event_changes_the_event(name: str, state: dict[str, Any], as_text: bool) -> None:
    repeated = {"action": "x", "uuid": "agent-17", "occupancy": "2", "precise_timestamp": str(_AT)}
    inner = repeated | {"data": json.dumps(state) if as_text else state}
    item = {"id": "e-1", "channel": "room", "userId": "agent-17", "occupancy": 2, "data": inner}
    _expect(SCHEMAS[name], _parse({"dataSchema": _PREFIX + name, "data": [item]}), event_id="e-1")


@given(action=st.sampled_from(list(ACTIONS)), state=states, as_text=st.booleans())
def test_no_state_in_a_legacy_event_changes_the_event(action: str, state: dict[str, Any], as_text: bool) -> None:
    event = {"action": action, "channel": "room", "uuid": "agent-17", "timestamp": _AT, "occupancy": 2}
    _expect(ACTIONS[action], _parse(event | {"data": json.dumps(state) if as_text else state}))


@given(state=st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text(), min_size=1))
def test_a_state_is_the_same_as_an_object_as_text_and_in_a_repeated_event(state: dict[str, Any]) -> None:
    repeated = {"action": "state-change", "uuid": "agent-17"}
    forms = (state, json.dumps(state), repeated | {"data": state}, repeated | {"data": json.dumps(state)})
    schema = _PREFIX + "presence.channel.user.state.in.changed"
    for form in forms[1:] if {"action", "uuid"} <= state.keys() else forms:
        (event,) = _parse({"schema": schema, "data": [{"channel": "room", "userId": "agent-17", "data": form}]})
        assert event.state is not None
        assert json.loads(event.state) == state


@pytest.mark.parametrize(
    "state", [[], [1, 2], [{"action": "leave", "uuid": "mallory", "channel": "room"}], "away", 7, True]
)
def test_a_state_of_any_type_leaves_the_legacy_event_what_it_is(state: object) -> None:
    event = {"action": "state-change", "channel": "room", "uuid": "agent-17", "timestamp": _AT, "occupancy": 2}
    _expect(Kind.STATE_CHANGED, _parse(event | {"data": state}))


def test_no_state_moves_an_event_away_from_the_time_of_its_envelope() -> None:
    state = {"action": "join", "uuid": "agent-17", "timestamp": "1", "precise_timestamp": "1"}
    payload = {
        "schema": _PREFIX + "presence.channel.user.state.in.changed",
        "data": [{"channel": "room", "userId": "agent-17", "data": state}],
    }
    (event,) = _parse({"event": {"id": "e-1", "timestamp": "2025-08-01T10:00:00Z", "payload": payload}})
    assert event.occurred_at // 1000 == _AT // 1000


@pytest.mark.parametrize("inside", ["as text", "as JSON"])
@pytest.mark.parametrize("state", ['{"mood":1e999}', '{"mood":' + "9" * 5_000 + "}"], ids=["1e999", "5,000 digits"])
def test_a_number_that_is_too_large_takes_no_other_event_with_it(state: str, inside: str) -> None:
    _expect_changes_of_three(["{}", json.dumps(state) if inside == "as text" else state, "{}"])


@pytest.mark.parametrize("state", ['{"mood":NaN}', "NaN", "[" * 20_000 + "]" * 20_000], ids=["in it", "NaN", "nested"])
def test_a_text_that_is_no_json_takes_no_other_event_with_it(state: str) -> None:
    _expect_changes_of_three(["{}", json.dumps(state), "{}"])


def _expect_changes_of_three(states: list[str]) -> None:
    """The events of three users whose states stand in one body as they are given."""
    items = ",".join(f'{{"channel":"room","userId":"agent-{n}","data":{state}}}' for n, state in enumerate(states))
    body = f'{{"schema":"presence.channel.user.state.in.changed","data":[{items}]}}'
    events = pubnub.parse(replace(_envelope({}), body=body.encode()))
    assert [(event.kind, event.user) for event in events] == [
        (Kind.STATE_CHANGED, "agent-0"),
        (Kind.STATE_CHANGED, "agent-1"),
        (Kind.STATE_CHANGED, "agent-2"),
    ]


def test_a_state_that_is_no_json_is_its_own_text() -> None:
    (event,) = _parse({"action": "state-change", "channel": "room", "uuid": "agent-17", "data": "away {"})
    assert event.state == '"away {"'


# ---- What an event is called, and whom it names ----------------------------------------------------


@given(
    name=st.sampled_from(list(SCHEMAS)),
    prefixes=st.lists(st.sampled_from([_PREFIX, "https://www.pubnub.com/", "PRESENCE/", "presence."]), max_size=3),
    version=st.sampled_from(["", "?v=1.0.0", "?v=1.0.00", "?v=12.3.4", "#1", "/"]),
    key=st.sampled_from(["schema", "dataSchema"]),
)
def test_neither_prefix_nor_version_of_a_schema_matters(name: str, prefixes: list[str], version: str, key: str) -> None:
    schema = f"{''.join(prefix for prefix in prefixes if prefix != 'presence.')}{name}{version}"
    (event,) = _parse({key: schema, "data": [{"channel": "room", "userId": "agent-17"}]})
    assert event.kind is SCHEMAS[name]


@pytest.mark.parametrize(
    "name", ["presence.user.channel.joined.twice", "presence.user.channel", "presence", "", "message"]
)
def test_a_schema_that_is_not_quite_a_known_one_is_kept_as_unknown(name: str) -> None:
    (event,) = _parse({"schema": _PREFIX + name, "data": [{"channel": "room", "userId": "agent-17"}]})
    assert (event.kind, event.channel, event.user) == (Kind.UNKNOWN, "room", "agent-17")


def test_zero_is_a_name_like_any_other_number() -> None:
    (event,) = _parse({"schema": _PREFIX + "presence.user.channel.joined", "data": [{"channel": 0, "userId": 0}]})
    assert (event.kind, event.channel, event.user) == (Kind.JOINED, "0", "0")


def test_an_item_without_a_user_touches_nobody() -> None:
    item = {"channel": "room", "id": "e-1"}
    (event,) = _parse({"schema": _PREFIX + "presence.user.channel.joined", "data": [item]})
    assert (event.kind, event.event_id) == (Kind.UNKNOWN, "e-1")


def test_an_item_without_a_channel_is_only_counted() -> None:
    told = _parse({"schema": "presence.user.channel.joined", "data": [{"userId": "agent-17"}]})
    assert (list(told), told.not_understood) == ([], {"presence.user.channel.joined without a channel": 1})


def test_one_broken_item_leaves_the_others_of_its_batch() -> None:
    items = [{"channel": "room", "userId": "agent-1"}, None, {"channel": "room", "userId": "agent-2"}]
    events = _parse({"schema": _PREFIX + "presence.user.channel.joined", "data": items})
    assert [(event.kind, event.user) for event in events] == [
        (Kind.JOINED, "agent-1"),
        (Kind.JOINED, "agent-2"),
    ]
    assert events.not_understood.total() == 1


def test_a_batch_of_ten_thousand_is_read_in_full() -> None:
    items = [{"channel": "room", "userId": f"agent-{number}", "timestamp": _ISO} for number in range(10_000)]
    events = _parse({"schema": _PREFIX + "presence.user.channel.joined", "data": items})
    assert [(event.user, event.position) for event in events[:2]] == [("agent-0", 0), ("agent-1", 1)]
    assert len(events) == 10_000


def test_the_second_attempt_means_what_the_first_one_meant() -> None:
    item = {"id": "e-1", "channel": "room", "userId": "agent-17", "timestamp": _ISO}
    payload = {"dataSchema": _PREFIX + "presence.user.channel.left", "data": [item]}
    first, second = (
        _parse({"event": {"id": "e-1", "payload": payload}, "metadata": {"provenance": {"attempt": attempt}}})
        for attempt in (1, 2)
    )
    assert first == second


# ---- Counts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("enveloped", "occupancy"), [(True, 0), (False, None)])
def test_only_an_enveloped_leave_leaves_a_zero_out(enveloped: bool, occupancy: int | None) -> None:
    payload = {"schema": _PREFIX + "presence.user.channel.left", "data": [{"channel": "room", "userId": "agent-17"}]}
    (event,) = _parse({"event": {"payload": payload}} if enveloped else payload)
    assert event.occupancy == occupancy


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("usersJoined", Kind.JOINED),
        ("usersJoinedDelta", Kind.JOINED),
        ("join", Kind.JOINED),
        ("usersLeft", Kind.LEFT),
        ("usersLeftDelta", Kind.LEFT),
        ("leave", Kind.LEFT),
        ("usersTimedout", Kind.TIMED_OUT),
        ("usersTimedOut", Kind.TIMED_OUT),
        ("usersTimedoutDelta", Kind.TIMED_OUT),
        ("timeout", Kind.TIMED_OUT),
        ("joined", Kind.JOINED),
        ("left", Kind.LEFT),
        ("timedout", Kind.TIMED_OUT),
    ],
)
def test_an_interval_tells_of_each_user_in_its_lists(name: str, kind: Kind) -> None:
    item = {"id": "e-1", "channel": "hall", "occupancy": 57, "timestamp": _ISO, name: ["u-1", "", None, 7]}
    told = _parse({"schema": _PREFIX + "presence.channel.occupancy.counted", "data": [item]})
    *changes, counted = [event for event in told if event.kind is not Kind.UNKNOWN]
    assert (counted.kind, counted.occupancy, counted.user) == (Kind.OCCUPANCY_REPORTED, 57, "")
    assert [(event.kind, event.user, event.occurred_at) for event in changes] == [(kind, "u-1", _AT), (kind, "7", _AT)]
    assert told.not_understood.total() == 1  # that users have no name says so once


# ---- What proves it --------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["", "secret", "Ünïcode", "SECRET-1", "secret-1 "])
def test_a_custom_header_must_have_one_of_its_values(value: str) -> None:
    secrets = pubnub.Secrets(headers={"X-Gateway": ("secret-1", "sécret-2")})
    for right in ("secret-1", "sécret-2"):
        pubnub.verify(_envelope({}, {"x-gateway": right}), secrets)
    with pytest.raises(Unverified):
        pubnub.verify(_envelope({}, {"x-gateway": value}), secrets)
    with pytest.raises(Unverified):
        pubnub.verify(_envelope({}), secrets)


def test_every_custom_header_must_be_there() -> None:
    secrets = pubnub.Secrets(headers={"A": ("1",), "B": ("2",)})
    pubnub.verify(_envelope({}, {"a": "1", "b": "2"}), secrets)
    for headers in ({"a": "1"}, {"b": "2"}, {"a": "2", "b": "1"}):
        with pytest.raises(Unverified):
            pubnub.verify(_envelope({}, headers), secrets)


@pytest.mark.parametrize(
    "body",
    [
        {"action": "join", "channel": "room", "uuid": "mallory"},
        {"action": "join", "channel": "room", "uuid": "mallory", "sub_key": "theirs", "data": {"sub_key": "ours"}},
        {"schema": "presence.user.channel.joined", "data": [{"subKey": "ours"}, {"subKey": "theirs"}]},
        {"schema": "presence.user.channel.joined", "data": [{"data": {"subKey": "ours"}}], "subKey": "ours"},
        [{"schema": "s", "data": [{"subKey": "ours"}]}, {"event": {"payload": {"data": [{"subKey": "theirs"}]}}}],
    ],
)
def test_a_body_with_a_wrong_subscribe_key_or_with_none_is_refused(body: object) -> None:
    with pytest.raises(Unverified):
        pubnub.verify(_envelope(body), pubnub.Secrets(subscribe_keys=("ours",)))


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"schema": "presence.user.channel.joined", "data": []},
        {"schema": "presence.user.channel.joined", "data": [{"subKey": "ours"}, {}, None]},
        [{"action": "join", "uuid": "ann", "channel": "room"}, {"action": "join", "sub_key": "ours"}],
    ],
)
def test_a_missing_subscribe_key_is_no_wrong_one_and_an_empty_batch_has_nothing_to_prove(body: object) -> None:
    pubnub.verify(_envelope(body), pubnub.Secrets(subscribe_keys=("ours",)))


# ---- Forms -----------------------------------------------------------------------------------------

_form_pieces = st.sampled_from(
    [
        b"--a\r\n",
        b"--a--\r\n",
        b"--b\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b"=?utf-8?q?=ff?=",
        b"inactive",
        b"\xff",
        b"\0",
        b"=ZZ",
    ]
    + [b'Content-Disposition: form-data; name="status"\r\n', b"Content-Disposition: form-data; name*=x'y'%ff\r\n"]
    + [b"Content-Disposition: form-data; name=\r\n", b"Content-Disposition: \xff\r\n", b": \r\n", b" folded\r\n"]
    + [
        b"Content-Transfer-Encoding: %b\r\n" % how
        for how in (b"base64", b"quoted-printable", b"x-uuencode", b"9", b"\xe9")
    ]
    + [
        b"Content-Type: %b\r\n" % what
        for what in (b"multipart/mixed; boundary=b", b"message/rfc822", b"a", b"multipart/x")
    ]
    + [b"Content-Type: text/plain; charset=%b\r\n" % name for name in (b"idna", b"utf-16", b"nonsense", b"\xff")]
    + [b"Content-Type: message/delivery-status\r\n", b"begin 644 x\r\n", b"end\r\n", b"####\r\n"]
)


@given(body=st.lists(_form_pieces, max_size=20).map(b"".join))
def test_a_multipart_form_is_read_or_refused_however_it_is_broken(body: bytes) -> None:
    _read_or_refused(_form(body, "multipart/form-data; boundary=a"))


@given(parameters=st.text(st.characters()) | st.text("=;*'\"%0a bcharset-boundary", max_size=40))
@example("; boundary=\ud800")
def test_a_content_type_of_a_form_may_say_anything(parameters: str) -> None:
    body = b'--a\r\nContent-Disposition: form-data; name="status"\r\n\r\nactive\r\n--a--\r\n'
    for kind in ("multipart/form-data", "application/x-www-form-urlencoded"):
        _read_or_refused(_form(body, kind + parameters))


@given(body=st.binary() | st.text("status=active&%+;0fF[]\0").map(str.encode))
def test_an_urlencoded_form_is_read_or_refused(body: bytes) -> None:
    _read_or_refused(_form(body, "application/x-www-form-urlencoded"))


def test_a_form_nested_without_end_is_read_or_refused() -> None:
    opening = b"".join(
        b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(10_000)
    )
    _read_or_refused(_form(opening, "multipart/form-data; boundary=b0"))


def test_mail_in_mail_in_a_form_is_read_or_refused() -> None:
    nested = b"--a\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 10_000
    _read_or_refused(_form(nested, "multipart/form-data; boundary=a"))


def test_a_form_of_many_parts_is_read_in_time() -> None:
    parts = b"".join(
        b'--a\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n' % number for number in range(10_000)
    )
    _read_or_refused(_form(parts + b"--a--\r\n", "multipart/form-data; boundary=a"))


def _read_or_refused(envelope: Envelope) -> None:
    """Any other failure than to be refused comes through."""
    try:
        events = pubnub.parse(envelope)
    except (Unreadable, TooLarge):
        return
    assert all(type(text) is str for event in events for text in (event.channel, event.user, event.reason))


def _expect(kind: Kind, events: list[PresenceEvent], event_id: str = "") -> None:
    (event,) = events
    assert (event.kind, event.channel, event.occurred_at, event.occupancy) == (kind, "room", _AT, 2)
    assert event.user == ("" if kind in (Kind.CHANNEL_OCCUPIED, Kind.CHANNEL_VACATED) else "agent-17")
    assert event.event_id == event_id


def _parse(body: object) -> Transcript:
    return pubnub.parse(_envelope(body))


def _form(body: bytes, content_type: str) -> Envelope:
    return Envelope(
        provider="pubnub",
        source="prod",
        received_at=_RECEIVED_AT,
        request_id="r",
        headers={"content-type": content_type},
        body=body,
    )


def _envelope(body: object, headers: Mapping[str, str] | None = None) -> Envelope:
    return Envelope(
        provider="pubnub",
        source="prod",
        received_at=_RECEIVED_AT,
        request_id="r",
        headers={"content-type": "application/json", **(headers or {})},
        body=json.dumps(body).encode(),
    )


@pytest.mark.parametrize("odd", [5, None, "text", [], {"x": 1}, {"event": {"payload": 1}}])
def test_a_part_of_a_batch_that_is_no_event_spoils_no_other(odd: object) -> None:
    good = {"action": "join", "channel": "c", "uuid": "u", "timestamp": 1_754_042_400}
    body = json.dumps([good, odd]).encode()
    envelope = Envelope(provider="pubnub", source="s", received_at=_RECEIVED_AT, request_id="", headers={}, body=body)
    told = pubnub.parse(envelope)
    assert ([event.kind for event in told], told.not_understood.total()) == ([Kind.JOINED], 1)
