"""Where records wait for their expiry, so that the trimmer finds those that have expired without reading the others.

By the day on which they expire. Days are counted from 1970, in UTC; times are Unix seconds.
"""

from collections.abc import Iterator
from zlib import crc32

DAY = 86_400  # seconds
# One shelf takes a thousand new records a second, as any partition does; so sixteen thousand first joins go through.
_SHELVES = 16


def day_of(time: int) -> str:
    return f"{time // DAY:05d}"  # five digits last until the year 2243


def shelf(expires_at: int, key: str) -> str:
    """The shelf of a record: its day of expiry, and one of several, so that no partition has all of a day's records."""
    return f"{day_of(expires_at)}.{crc32(key.encode()) % _SHELVES:02d}"


def shelves(days: Iterator[str]) -> Iterator[str]:
    return (f"{day}.{number:02d}" for day in days for number in range(_SHELVES))


def days(first: int, last: int) -> Iterator[str]:
    """From the day of one time to the day of another, both included."""
    return (f"{day:05d}" for day in range(first // DAY, last // DAY + 1))
