"""Rotating secrets: the new ones in front, both accepted, and in the end the new ones alone."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall import provider
from tools.rotation import in_front, newest
from tools.settings_store import checked
from tools.trouble import BadInput

values = st.lists(st.text(min_size=1), min_size=1, max_size=4, unique=True)


@st.composite
def rotations(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Secrets with lists and a mapping of lists, and new ones for some of them."""
    stored: dict[str, Any] = draw(st.dictionaries(st.sampled_from("abc"), values))
    named: dict[str, list[str]] = draw(st.dictionaries(st.text(), values, max_size=3))
    everything = stored | ({"named": named} if named else {})
    new: dict[str, Any] = {name: draw(_fresh(stored[name])) for name in draw(_some(stored))}
    new_named = {name: draw(_fresh(named[name])) for name in draw(_some(named))}
    return everything, new | ({"named": new_named} if new_named else {})


def _some(names: dict[str, Any]) -> st.SearchStrategy[set[str]]:
    return st.sets(st.sampled_from(sorted(names))) if names else st.just(set())


def _fresh(stored: list[str]) -> st.SearchStrategy[list[str]]:
    return values.filter(lambda some: not set(some) & set(stored))


def _lists(secrets: dict[str, Any]) -> dict[tuple[str, str], list[str]]:
    named = secrets.get("named", {})
    return {("", name): value for name, value in secrets.items() if name != "named"} | {
        ("named", name): value for name, value in named.items()
    }


@given(rotations())
def test_all_old_and_new_values_are_accepted_with_the_new_in_front(rotation: tuple[dict[str, Any], Any]) -> None:
    stored, new = rotation
    after = _lists(in_front(new, stored))
    for place, old in _lists(stored).items():
        assert after[place] == _lists(new).get(place, []) + old
    assert after.keys() == _lists(stored).keys()


@given(rotations())
def test_a_finished_rotation_leaves_the_new_values_and_what_was_not_rotated(
    rotation: tuple[dict[str, Any], Any],
) -> None:
    stored, new = rotation
    assert _lists(newest(in_front(new, stored), stored)) == _lists(stored) | _lists(new)


def test_values_that_were_added_otherwise_are_not_taken_for_a_rotation() -> None:
    assert newest({"tokens": ["first", "second"]}, {"tokens": ["first"]}) == {"tokens": ["first", "second"]}
    assert newest({"tokens": ["first"]}, {"tokens": []}) == {"tokens": ["first"]}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("pusher", {"tokens": [{"key": "k", "secret": "old"}]}, {"tokens": [{"key": "k", "secret": "new"}]}),
        ("pubnub", {"headers": {"X-Proof": ["old"]}, "subscribe_keys": ["s"]}, {"headers": {"X-Proof": ["new"]}}),
        ("yalgaar", {"client_keys": ["old"]}, {"client_keys": ["new"]}),
    ],
)
def test_what_a_rotation_makes_is_what_the_provider_takes(name: str, old: Any, new: Any) -> None:
    checked("secrets", name, in_front(new, old))


def test_there_is_a_rotation_for_every_provider_above() -> None:
    assert provider.names() == ["pubnub", "pusher", "yalgaar"]


@pytest.mark.parametrize(
    "new",
    [
        {"subscribe_keys": ["first"]},  # none was asked for before
        {"headers": {"X-Other": ["first"]}},  # webhooks under way do not carry it
        {"headers": {"X-Proof": ["stored"]}},
        {"headers": {"X-Proof": ["new", "stored"]}},  # or finishing could not tell what is new
    ],
)
def test_what_would_refuse_the_old_or_is_not_new_is_no_rotation(new: Any) -> None:
    with pytest.raises(BadInput, match="Nothing is stored"):
        in_front(new, {"headers": {"X-Proof": ["stored"]}, "subscribe_keys": []})
