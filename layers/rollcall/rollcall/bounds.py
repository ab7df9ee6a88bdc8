"""The most that one webhook may be, so that the time, the memory and the write units that it can cost are bounded.

Each bound lies above what a provider can mean. Within all of them a body takes less than a second and 150 MB to read,
and 10,000 events to write. What is over one is refused by ingest where that can be told without parsing, and else
parked with the bound in a sentence.
"""

from typing import TYPE_CHECKING

from rollcall.errors import TooLarge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sized

# Bytes, decompressed. 10,000 events of PubNub's fattest make about 3 MB. As JSON a byte becomes up to 29 of memory
# (a list of small objects, measured), so that this much becomes 120 MB of the consumer's 1,024.
LARGEST_BODY = 4_194_304
MOST_EVENTS = 10_000  # in a body, which is the most that PubNub puts into one; each costs a few write units
DEEPEST_BODY = 250  # levels of JSON: a state may have 200, and a dozen stand around it
LONGEST_HEADER = 10_240  # bytes of name and value; API Gateway takes no more of all headers together
MOST_HEADERS = 100  # a provider sends a dozen, and API Gateway adds a dozen; web servers take as many
MOST_PARTS = 100  # of a form, multipart or not; PubNub's have a dozen fields


def require_within(body: bytes, headers: "Mapping[str, str]") -> None:
    """Raise `TooLarge` for what is over a bound by its size alone; parsers see to the bounds of what they read."""
    if len(body) > LARGEST_BODY:
        raise TooLarge(f"The body has {len(body)} bytes; {LARGEST_BODY} are the most.")
    if len(headers) > MOST_HEADERS:
        raise TooLarge(f"The webhook has {len(headers)} headers; {MOST_HEADERS} are the most.")
    longest = max((len(name) + len(value) for name, value in headers.items()), default=0)
    if longest > LONGEST_HEADER:
        raise TooLarge(f"A header has {longest} bytes; {LONGEST_HEADER} are the most.")


def require_few(events: "Sized") -> None:
    """Raise `TooLarge` for more events than one webhook may bring."""
    if len(events) > MOST_EVENTS:
        raise TooLarge(f"The body has {len(events)} events; {MOST_EVENTS} are the most.")
