"""What the body of a webhook says: JSON whatever its header calls it, and a form only where it is no JSON.

The bytes are believed over the header: `curl -d` calls all that it sends a form, and a proxy wraps JSON into one.
All of it takes time in proportion to the body.
"""

import codecs
import json
import math
import re
from contextlib import suppress
from decimal import Decimal
from typing import NoReturn

from rollcall.bounds import DEEPEST_BODY
from rollcall.errors import Unreadable
from rollcall.form import read_form

_MOST_DIGITS = 4_000  # Python itself refuses to read 4,300
_EXACT = 2**53  # beyond it a float has no room for all digits of a whole number

# Possessive, and with an end that may be missing: so each character is looked at once, even in a text without an end.
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?'
_ALL_BUT_BRACKETS = re.compile(rf'{_STRING}|[^"\[\]{{}}]++', re.DOTALL)
_STRINGS_AND_BRACKETS = re.compile(rf"{_STRING}|[\[\]{{}}]", re.DOTALL)


def read_body(body: bytes) -> object:
    """The JSON of a body, or that in the only field of a form, or else the form's fields, all as text.

    Raises `Unreadable` for whatever else it is, however it is broken, and `TooLarge` for a form over its bounds.
    """
    try:
        return read_json(body)
    except Unreadable:
        # A form writes these characters otherwise: this is JSON that was cut short, and what stands in it no form.
        if body.removeprefix(codecs.BOM_UTF8).lstrip().startswith((b"{", b"[", b'"')):
            raise
    fields = read_form(body)
    wrapped = _wrapped_in(fields)
    return fields if wrapped is None else wrapped


def read_json(written: bytes | str) -> object:
    """JSON, in any of its encodings. Raises `Unreadable`.

    What is nested deeper than `DEEPEST_BODY` is left out: it can only be the state of some client, which is then told
    to be too deep, and must not take the others of its batch with it.
    """
    try:
        text = written if isinstance(written, str) else written.decode(json.detect_encoding(written), "surrogatepass")
        if depth(text) > DEEPEST_BODY:
            text = _pruned(text)
        return json.loads(text, parse_constant=_refuse_constant, parse_int=_int, parse_float=_float)
    except ValueError as error:  # no Unicode, or not JSON
        raise Unreadable("The body is not JSON.") from error


def depth(json_text: str) -> int:
    """How many levels of lists and objects stand in one another."""
    level = deepest = 0
    for bracket in _ALL_BUT_BRACKETS.sub("", json_text):
        level += 1 if bracket in "[{" else -1
        deepest = max(deepest, level)
    return deepest


def _pruned(text: str) -> str:
    """The text with `null` for all that is nested too deep."""
    kept: list[str] = []
    level = begin = 0
    for found in _STRINGS_AND_BRACKETS.finditer(text):
        if found[0] in "[{":
            if level == DEEPEST_BODY:
                kept += text[begin : found.start()], "null"
            level += 1
        elif found[0] in "]}":
            level -= 1
            if level == DEEPEST_BODY:
                begin = found.end()
    return "".join(kept) + (text[begin:] if level <= DEEPEST_BODY else "")


def _wrapped_in(fields: dict[str, str]) -> object:
    """The JSON that is all a form holds: `payload={...}`, or the bare JSON that `curl --data-urlencode` sends."""
    if len(fields) == 1:
        for text in (text for field in fields.items() for text in field):
            with suppress(Unreadable):
                if isinstance(wrapped := read_json(text), dict | list):
                    return wrapped
    return None


# Some numbers are legal JSON, and yet none that could be written again: their digits are kept as text, so that one
# client's odd state does not make a whole batch unreadable.


def _int(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def _float(digits: str) -> float | str:
    if len(digits) > _MOST_DIGITS or not math.isfinite(number := float(digits)):
        return digits
    if abs(number) >= _EXACT and (exact := Decimal(digits)) == exact.to_integral_value():
        return int(exact)  # ids keep their digits
    return number


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
