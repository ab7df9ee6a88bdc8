"""Times as providers write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rollcall.timestamps import Moment, asked_time, to_iso, to_milliseconds, to_moment

_AT = 1754042400123  # 2025-08-01T10:00:00.123Z

moments = st.integers(10**12, 4 * 10**12)  # milliseconds, from 2001 to 2096: what a webhook could tell


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        (1754042400, "seconds"),
        (1754042400123, "milliseconds"),
        (1754042400123456, "microseconds"),
        (17540424001234567, "a timetoken"),
        (1754042400123456789, "nanoseconds"),
    ],
)
def test_the_size_of_a_number_tells_its_unit(value: int, unit: str) -> None:
    expected = 1754042400000 if unit == "seconds" else _AT
    assert to_milliseconds(value) == to_milliseconds(str(value)) == expected


@pytest.mark.parametrize(
    ("value", "resolution"),
    [
        (1754042400, 1000),
        ("1754042400", 1000),
        (1754042400.0, 1000),
        ("2025-08-01T10:00:00Z", 1000),
        (1754042400.5, 1),
        ("1754042400.000", 1),
        (1754042400000, 1),
        ("2025-08-01T10:00:00.000Z", 1),
        (17540424000000000, 1),
    ],
)
def test_how_a_time_is_written_tells_how_fine_its_clock_is(value: object, resolution: int) -> None:
    assert (to_moment(value) or Moment(0, 0)).resolution == resolution


def test_a_number_from_before_all_providers_is_no_time() -> None:
    assert to_moment(20261126) is None
    assert to_moment("20261126") is None
    assert to_moment(10**9) == Moment(10**12, 1000)


@given(at=moments, finer=st.integers(0, 9_999))
def test_a_timetoken_is_exact_to_the_millisecond(at: int, finer: int) -> None:
    assert to_milliseconds(at * 10_000 + finer) == to_milliseconds(f"{at * 10_000 + finer}") == at


@given(at=moments)
@example(at=2192649490344)
def test_seconds_with_a_fraction_are_exact_to_the_millisecond(at: int) -> None:
    assert to_milliseconds(at / 1000) == to_milliseconds(f"{at // 1000}.{at % 1000:03d}") == at


@given(at=moments)
@example(at=2173635309457)
def test_an_iso_time_comes_back_as_it_went(at: int) -> None:
    assert to_milliseconds(to_iso(at)) == at


@given(at=moments)
def test_iso_times_are_those_of_the_standard_library(at: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)
    assert to_iso(at) == moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@given(at=moments, minutes=st.integers(-14 * 60, 14 * 60))
def test_an_iso_time_may_be_of_any_zone(at: int, minutes: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)
    elsewhere = moment.astimezone(timezone(timedelta(minutes=minutes)))
    assert to_milliseconds(elsewhere.isoformat(timespec="milliseconds")) == at


@pytest.mark.parametrize(
    "text",
    [
        "2025-08-01T10:00:00.123Z",
        "2025-08-01T10:00:00.123+00:00",
        "2025-08-01T12:00:00.123+02:00",
        "2025-08-01T10:00:00.123456Z",
        "2025-08-01T10:00:00.123456789Z",
        "2025-08-01 10:00:00.123",
        " 2025-08-01T10:00:00.123Z ",
    ],
)
def test_iso_8601_is_read_in_all_its_forms(text: str) -> None:
    assert to_milliseconds(text) == _AT


def test_a_time_without_a_zone_is_utc() -> None:
    assert to_milliseconds("2025-08-01T10:00:00") == to_milliseconds("2025-08-01T10:00:00Z")


NONSENSE: dict[str, list[object]] = {
    "nothing": [None, "", " ", "\0", [], {}],
    "zero or less": [
        0,
        "0",
        1e-9,
        "0.0001",
        -1,
        "-1",
        -1.5,
        -(10**400),
        "1969-12-31T23:59:59Z",
        "0001-01-01T00:00:00+23:59",
    ],
    "too much": [1e300, 10**20, 10**400, "9" * 400, "9" * 5_000, "9" * 400 + ".5", float("inf"), "inf"],
    "no number": [True, False, float("nan"), float("-inf"), "nan", "1e5", "1754042400s", b"1754042400"],
    "no date": ["soon", "2025-13-01T00:00:00Z", "2025-08-01T10:00:00 or so", "\ud800"],
}


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_what_is_no_time_is_none(nonsense: str) -> None:
    for value in NONSENSE[nonsense]:
        assert to_milliseconds(value) is None


@given(
    value=st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.datetimes().map(str)
)
@example(10**309)
@example("." * 5)
@example("1_0.0")
def test_whatever_is_given_is_a_time_or_none(value: object) -> None:
    at = to_milliseconds(value)
    assert at is None or (type(at) is int and at > 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("1970-01-01", 0),
        ("1970-01-01T00:00:00Z", 0),
        ("2025-08-01", 1754006400000),
        ("2025-08-01T10:00:00.123Z", _AT),
        ("1754042400123", _AT),
        ("1754042400", 1754042400000),
        ("20261126", None),
        ("2026", None),
        ("-1", None),
        ("1969-12-31", None),
        ("yesterday", None),
        ("9" * 30, None),
        (".", None),
    ],
)
def test_who_asks_with_a_time_gets_it_or_none(text: str, expected: int | None) -> None:
    assert asked_time(text) == expected


@given(text=st.text() | st.text("0123456789-:.TZ+ "))
def test_whatever_somebody_asks_with_is_a_time_or_none(text: str) -> None:
    at = asked_time(text)
    assert at is None or at >= 0
