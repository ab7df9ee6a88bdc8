"""JSON bodies that are almost right: any value at any place of a recorded one."""

import json
import random
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from hypothesis import strategies as st

type Place = tuple[str | int, ...]
"""The keys and indexes that lead to a value; empty for the whole body."""

# JSON texts, for some of them are nothing that a Python value could be written as.
AWKWARD = {
    "null": "null",
    "true": "true",
    "zero": "0",
    "minus one": "-1",
    "fraction": "1.5",
    "nearly zero": "1e-9",
    "beyond all floats": "1e400",
    "below all floats": "-1e400",
    "400 digits": "9" * 400,
    "5,000 digits": "9" * 5_000,
    "no text": '""',
    "control character": r'"\u0000"',
    "half a surrogate pair": r'"\ud800"',
    "no character": r'"\uffff"',
    "3 KB of text": json.dumps("x" * 3_000),
    "400 digits as text": json.dumps("9" * 400),
    "5,000 digits as text": json.dumps("9" * 5_000),
    "empty list": "[]",
    "list of null": "[null]",
    "list of lists": "[[],[[]]]",
    "empty object": "{}",
    "object without names": '{"":{"":null}}',
    "nested 900 deep": "[" * 900 + "]" * 900,
    "nested 10,000 deep": "[" * 10_000 + "]" * 10_000,
    "objects nested 10,000 deep": '{"a":' * 10_000 + "0" + "}" * 10_000,
    "JSON in text, nested 10,000 deep": json.dumps("[" * 10_000 + "]" * 10_000),
    "JSON in text, beyond all floats": json.dumps('{"a":1e400}'),
}
NO_JSON = ("NaN", "Infinity", "-Infinity", "undefined", "'", "01", ".5")

_HOLE = "here comes something else"


def places(document: Any) -> Iterator[Place]:
    """Every place in a document, itself first."""
    yield ()
    for key, value in _entries(document):
        yield from ((key, *place) for place in places(value))


def replaced(document: Any, place: Place, json_text: str) -> bytes:
    """The document with something else at a place."""
    return json.dumps(_put(document, place, _HOLE)).replace(f'"{_HOLE}"', json_text).encode()


def without(document: Any, place: Place) -> bytes:
    """The document with nothing at a place, which is not the document itself."""
    *way, key = place
    container = document
    for step in way:
        container = container[step]
    shorter = container.copy()
    del shorter[key]
    return json.dumps(_put(document, tuple(way), shorter)).encode()


def shuffled(document: Any, chance: random.Random) -> Any:
    """The document with the keys of all its objects in another order."""
    if isinstance(document, list):
        return [shuffled(value, chance) for value in document]
    if isinstance(document, dict):
        return {key: shuffled(document[key], chance) for key in chance.sample(list(document), len(document))}
    return document


@st.composite
def distorted(draw: st.DrawFn, document: Any, words: tuple[str, ...]) -> bytes:
    """The document with up to three values replaced, also by what resembles the provider's own."""
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(list(places(document))))
        document = _put(document, place, draw(_values(words)))
    return json.dumps(document).encode()


def words_of(document: Any) -> Iterator[str]:
    """The names and texts in a document."""
    if isinstance(document, str):
        yield document
    for key, value in _entries(document):
        yield from words_of(key)
        yield from words_of(value)


@cache
def _values(words: tuple[str, ...]) -> st.SearchStrategy[Any]:
    text = st.sampled_from(words) | st.text(st.characters())  # half surrogate pairs among them
    leaves = st.none() | st.booleans() | st.integers() | st.just(10**400) | st.floats() | text
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=4), max_leaves=8
    )


def _entries(document: Any) -> Iterable[tuple[str | int, Any]]:
    if isinstance(document, dict):
        return document.items()
    return enumerate(document) if isinstance(document, list) else ()


def _put(document: Any, place: Place, value: Any) -> Any:
    if not place:
        return value
    key, *rest = place
    changed = document.copy()
    changed[key] = _put(document[key], tuple(rest), value)
    return changed
