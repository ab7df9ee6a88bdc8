"""What only Yalgaar's dialect promises; what all providers promise is in `test_every_provider.py`."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.dialect import Transcript
from rollcall.envelope import Envelope
from rollcall.errors import Unreadable, Unverified
from rollcall.events import Kind
from rollcall.merge import channel_evidence, member_evidence
from rollcall.providers import yalgaar

_RECEIVED_AT = 1754042400500

WORDS = {
    "bind": Kind.JOINED,
    "subscribe": Kind.JOINED,
    "join": Kind.JOINED,
    "unbind": Kind.LEFT,
    "unsubscribe": Kind.LEFT,
    "leave": Kind.LEFT,
}


@given(word=st.sampled_from(list(WORDS)), capitals=st.sets(st.integers(0, 10)))
def test_an_action_may_be_written_in_any_case(word: str, capitals: set[int]) -> None:
    written = "".join(letter.upper() if place in capitals else letter for place, letter in enumerate(word))
    (event,) = _parse(_entry(action=written))
    assert event.kind is WORDS[word]


@pytest.mark.parametrize("separator", ["", " ", "_", "-", ".", " _ "])
@pytest.mark.parametrize("word", WORDS)
def test_an_action_may_name_the_channel_in_any_way(word: str, separator: str) -> None:
    for written in (f"channel{separator}{word}", f"{word}{separator}channel", f" {word}\n"):
        (event,) = _parse(_entry(action=written))
        assert event.kind is WORDS[word]


@given(action=st.text(st.characters(categories=["Lo", "Nd", "Po", "Zs"])))
def test_an_action_of_no_known_name_is_kept_as_unknown(action: str) -> None:
    told = _parse(_entry(action=action))
    assert [(event.kind, event.user) for event in told] == [(Kind.UNKNOWN, "driver-9")]
    assert told.not_understood == {told[0].reason: 1}


@pytest.mark.parametrize("source", ["Message", "message", "MESSAGE"])
def test_a_message_is_kept_and_touches_neither_member_nor_channel(source: str) -> None:
    (event,) = _parse({**_entry(), "message": "hello", "action": "bind"}, source=source)
    assert event.kind is Kind.MESSAGE
    assert member_evidence(event) is None
    assert channel_evidence(event) is None


def test_a_message_leaves_its_text_behind() -> None:
    (event,) = _parse({**_entry(), "message": "a private word"}, source="Message")
    assert "a private word" not in str(event)


@pytest.mark.parametrize(("lacking", "logged"), [("channel", []), ("uuid", [Kind.UNKNOWN])])
def test_an_entry_without_its_names_touches_nobody(lacking: str, logged: list[Kind]) -> None:
    told = _parse(_entry(**{lacking: ""}))
    assert ([event.kind for event in told], told.not_understood.total()) == (logged, 1)


def test_a_join_after_a_leave_in_one_second_comes_later() -> None:
    events = _parse(_entry(action="unbind"), _entry(action="bind"))
    assert [(event.kind, event.position) for event in events] == [(Kind.LEFT, 0), (Kind.JOINED, 1)]
    assert len({event.occurred_at for event in events}) == 1


def test_two_hundred_entries_mean_that_more_may_have_been_lost() -> None:
    assert yalgaar.LOSES_EVENTS_FROM == 200


@pytest.mark.parametrize("items", [None, "items", {"data": None}, {"data": {}}, {"data": "bind"}, {}])
def test_items_of_another_form_are_unreadable(items: object) -> None:
    with pytest.raises(Unreadable):
        yalgaar.parse(_envelope({"items": items}))


@pytest.mark.parametrize("client_key", [None, "", 7, "ck-2", ["ck-1"], {"ck-1": 1}, "CK-1", "ck-1 "])
def test_a_client_key_that_is_not_quite_the_sources_is_refused(client_key: object) -> None:
    with pytest.raises(Unverified):
        yalgaar.verify(_envelope({"items": {"clientKey": client_key}}), yalgaar.Secrets(client_keys=("ck-1",)))


def _entry(**changed: str) -> dict[str, str]:
    return {"channel": "deliveries", "uuid": "driver-9", "timestamp": "1754042400", "action": "bind"} | changed


def _parse(*entries: dict[str, str], source: str = "Presence") -> Transcript:
    return yalgaar.parse(_envelope({"items": {"source": source, "clientKey": "ck-1", "data": entries}}))


def _envelope(body: Any) -> Envelope:
    return Envelope(
        provider="yalgaar",
        source="prod",
        received_at=_RECEIVED_AT,
        request_id="r",
        headers={"content-type": "application/json"},
        body=json.dumps(body).encode(),
    )
