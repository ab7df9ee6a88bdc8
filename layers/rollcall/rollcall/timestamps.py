"""Times as providers write them, and as Rollcall answers with them."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

_EPOCH = datetime.fromtimestamp(0, UTC)

# The size of a number tells its unit: each bound lies thousands of years from the times that webhooks tell.
_UNITS = (
    (10**11, 1_000),  # seconds
    (10**14, 1),  # milliseconds
    (10**16, 1 / 1_000),  # microseconds
    (10**18, 1 / 10_000),  # PubNub's 17-digit timetokens, in units of 100 ns
    (10**20, 1 / 1_000_000),  # nanoseconds
)
_EARLIEST = 10**9  # seconds; in 2001, before all of these providers: 20261126 is a date, and 1 is a counter

_SECOND = 1_000  # milliseconds
_DIGITS = re.compile(r"[+-]?[0-9.]+")  # which Python would take for ISO 8601, too
_FRACTION = re.compile(r"[.,]\d")
_MILLISECONDS = re.compile(r"\.\d{3,}$")  # a clock of seconds may be written with ".0", but not with more


class Moment(NamedTuple):
    """A time in Unix milliseconds, and how fine the clock was that told it: `resolution` is 1,000 for whole seconds."""

    milliseconds: int
    resolution: int = 1


def to_moment(value: object) -> Moment | None:
    """A time as providers write it: seconds, milliseconds or finer, as a number or as text, or ISO 8601.

    `None` for whatever is no time: providers leave times out, and send zeros and empty text instead.
    """
    if isinstance(value, str):
        text = value.strip()
        number = _number(text)
        return _from_iso(text) if number is None else _from_number(number, is_fine=bool(_MILLISECONDS.search(text)))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return _from_number(value)


def to_milliseconds(value: object) -> int | None:
    """The same without the resolution, for those who only look at a time."""
    moment = to_moment(value)
    return None if moment is None else moment.milliseconds


def asked_time(text: str) -> int | None:
    """A time as somebody asks with it, in Unix milliseconds: ISO 8601 or Unix milliseconds, from 1970 on.

    Seconds and finer units are taken for what they are. `None` for whatever is no time, and for numbers that could
    be a date or a year: 20261126 is meant to be a day, and not one in 1970.
    """
    text = text.strip()
    if text == "0":
        return 0
    if _DIGITS.fullmatch(text):
        return to_milliseconds(text)
    try:
        moment = datetime.fromisoformat(text)
        milliseconds = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        return None
    return milliseconds if milliseconds >= 0 else None


def finest(moments: Iterable[Moment | None]) -> Moment | None:
    """The most exact of several times that are told of one event, among those that lie in the second of the first."""
    told = [moment for moment in moments if moment]
    alike = (moment for moment in told if moment.milliseconds // _SECOND == told[0].milliseconds // _SECOND)
    return min(alike, key=lambda moment: moment.resolution, default=None)


def to_iso(milliseconds: int) -> str:
    """Unix milliseconds as ISO 8601 in UTC, as answers carry them."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


def _number(text: str) -> float | None:
    for read in (int, float):  # a float has no room for the digits of a timetoken
        try:
            return read(text)
        except ValueError:
            continue
    return None


def _from_number(value: float, *, is_fine: bool = False) -> Moment | None:
    if not _EARLIEST <= value < _UNITS[-1][0]:
        return None
    factor = next(factor for bound, factor in _UNITS if value < bound)
    # Whole numbers stay whole: a float has no room for the digits of a timetoken.
    milliseconds = round(value * factor) if factor >= 1 else int(value) // round(1 / factor)
    is_fine = is_fine or factor < _SECOND or not value.is_integer()
    return Moment(milliseconds, 1 if is_fine else _SECOND)


def _from_iso(text: str) -> Moment | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        milliseconds = (aware - _EPOCH) // timedelta(milliseconds=1)
    except (OverflowError, ValueError):
        return None
    return Moment(milliseconds, 1 if _FRACTION.search(text) else _SECOND) if milliseconds > 0 else None
