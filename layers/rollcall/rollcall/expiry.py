"""Where records wait for their expiry, so that the trimmer finds those that have expired without reading the others.

By the day on which they expire. Days are counted from 1970, in UTC; times are Unix seconds.
"""

from collections.abc import Iterable, Iterator
from zlib import crc32

DAY = 86_400  # seconds
# One shelf takes a thousand new records a second, as any partition does; so sixteen thousand first joins go through.
_SHELVES = 16
LOOKED_BACK = 30 * DAY  # by the first run of all, which finds no bookmark; what lies longer, TTL has deleted


def day_of(time: int) -> str:
    return f"{time // DAY:05d}"  # five digits last until the year 2243


def shelf(expires_at: int, pk: str, sk: str) -> str:
    """The shelf of a record: its day of expiry, and one of several, so that no partition has all of a day's records."""
    return f"{day_of(expires_at)}.{crc32(f'{pk} {sk}'.encode()) % _SHELVES:02d}"


def shelves(days: Iterable[int]) -> Iterator[str]:
    return (f"{day:05d}.{number:02d}" for day in days for number in range(_SHELVES))


def days(begin: str, now: int) -> range:
    """From the day with which `begin` begins, or weeks ago if that is empty, to the day of `now`."""
    return range(int(begin[:5]) if begin else (now - LOOKED_BACK) // DAY, now // DAY + 1)
