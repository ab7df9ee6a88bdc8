"""Times as providers write them, and as Rollcall answers with them."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime.fromtimestamp(0, UTC)

# The size of a number tells its unit: each bound lies thousands of years from the times that webhooks tell.
_UNITS = (
    (10**11, 1_000),  # seconds
    (10**14, 1),  # milliseconds
    (10**16, 1 / 1_000),  # microseconds
    (10**18, 1 / 10_000),  # PubNub's 17-digit timetokens, in units of 100 ns
    (10**20, 1 / 1_000_000),  # nanoseconds
)


def to_milliseconds(value: object) -> int | None:
    """A time as Unix milliseconds: seconds, milliseconds or finer, as a number or as text, or ISO 8601.

    `None` for whatever is no time: providers leave times out, and send zeros and empty text instead.
    """
    if isinstance(value, str):
        text = value.strip()
        try:
            value = float(text) if "." in text else int(text)
        except ValueError:
            return _from_iso(text)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _UNITS[-1][0]:
        return None
    return next((_scaled(value, factor) for bound, factor in _UNITS if value < bound), 0) or None


def to_iso(milliseconds: int) -> str:
    """Unix milliseconds as ISO 8601 in UTC, as answers carry them."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


def _scaled(value: float, factor: float) -> int:
    # Whole numbers stay whole: a float has no room for the digits of a timetoken.
    return round(value * factor) if factor >= 1 else int(value) // round(1 / factor)


def _from_iso(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        milliseconds = (aware - _EPOCH) // timedelta(milliseconds=1)
    except (OverflowError, ValueError):
        return None
    return milliseconds if milliseconds > 0 else None
