"""What answers of the read API cost: where ever more have left, and all pages together where ever more are present.

On a DynamoDB in memory that bills as the real one. Asked is when the trimmer has run on its schedule for a while.
"""

import statistics
from collections.abc import Callable, Sized
from typing import NamedTuple

from rollcall.read_shapes import Channels, Members, Whereabouts
from rollcall.reading import Reading
from rollcall.trimming import Trimmed
from tools.bench.findings import Findings, Ratio, growth
from tools.bench.worlds import HOUR, MINUTE, SECOND, SOURCE, Bill, Places, World, channel_key
from tools.progress import step
from tools.template import schedules
from tools.trouble import Trouble

_PRESENT = 100
_ASKED = 5  # times, of which the median counts
_SETTLED_AFTER = HOUR  # empty channels leave the directory within that time
_MOST_GROWTH = 1.10  # from n to 10 n
_LARGEST_PAGE = 1000  # entries
_WALKED = (5_000, 50_000)  # members present; below a page nothing is counted
# To counting all members once and reading them once, by which page one says how many there are: what pages round up.
_MOST_OF_TWO_PASSES = 1.10


class _Case(NamedTuple):
    """`places` gives where so many users are, or were; `ask` how many of them an answer has."""

    name: str
    places: Callable[[str, int], Places]
    ask: Callable[[Reading], int]
    sizes: tuple[int, ...] = (1_000, 10_000, 100_000)


def _in_one_channel(who: str, count: int) -> Places:
    return (("room", f"{who}-{number}") for number in range(count))


def _in_channels_of_their_own(who: str, count: int) -> Places:
    return ((f"room-{who}-{number}", f"{who}-{number}") for number in range(count))


def _one_user_of_many(who: str, count: int) -> Places:
    return ((f"room-{number % _PRESENT}", "ann" if who == "here" else f"user-{number}") for number in range(count))


def _one_user_in_many(who: str, count: int) -> Places:
    return ((f"room-{who}-{number}", "ann") for number in range(count))


def _members(reading: Reading) -> int:
    return len(reading.members(channel_key("room"), _LARGEST_PAGE, "").members)


def _all_members(reading: Reading) -> int:
    return _all(lambda cursor: reading.members(channel_key("room"), _LARGEST_PAGE, cursor), lambda page: page.members)


def _channels(reading: Reading) -> int:
    return _all(lambda cursor: reading.channels(SOURCE, "", _LARGEST_PAGE, cursor), lambda page: page.channels)


def _whereabouts(reading: Reading) -> int:
    return _all(lambda cursor: reading.whereabouts(SOURCE, "ann", _LARGEST_PAGE, cursor), lambda page: page.channels)


def _all[Page: (Members, Channels, Whereabouts)](ask: Callable[[str], Page], rows: Callable[[Page], Sized]) -> int:
    """How many rows all pages have."""
    page = ask("")
    found = len(rows(page))
    while page.next:
        page = ask(page.next)
        found += len(rows(page))
    return found


_CASES = (
    _Case("who is in a channel", _in_one_channel, _members),
    _Case("which channels are occupied", _in_channels_of_their_own, _channels),
    _Case("where is a user, of many others", _one_user_of_many, _whereabouts),
    # A user's places are remembered until they have outlived their retention: 31 days.
    _Case("where is a user who left n channels", _one_user_in_many, _whereabouts, sizes=(100, 1_000, 10_000)),
)


def _in_channels_of_ten(who: str, count: int) -> Places:
    return ((f"room-{number // 10}", f"{who}-{number}") for number in range(count))


def measure(_rounds: int) -> Findings:
    findings = Findings(("question", "present", "n have left", "read units", "requests", "milliseconds"))
    _measure_those_who_left(findings)
    _measure_those_present(findings)
    return findings


def _measure_those_present(findings: Findings) -> None:
    """All pages of a channel of n, and all pages of channels of ten with n members."""
    for name, places, ask in (
        ("all pages of a channel", _in_one_channel, _all_members),
        ("all pages of channels of ten", _in_channels_of_ten, _channels),
    ):
        units = []
        for size in _WALKED:
            with step(f"  {name}, {size:,} present"):
                world = World(log=False)
                world.hear("joined", places("here", size))
                world.clear_meter()
                ask(world.reading)
                bill = world.bill()
            findings.rows.append((name, size, 0, bill.read_units, bill.calls, round(bill.seconds * 1000, 1)))
            units.append(bill.read_units)
            if ask is _all_members:
                of_passes = Ratio(
                    f"{name}, {size:,}, to counting and reading it once",
                    bill.read_units / (2 * _units_of_a_pass(world)),
                    at_most=_MOST_OF_TWO_PASSES,
                )
                findings.ratios.append(of_passes)
        each = [total / size for total, size in zip(units, _WALKED, strict=True)]
        findings.ratios += growth(f"{name}, units of one present", _WALKED, each, at_most=_MOST_GROWTH)


def _units_of_a_pass(world: World) -> float:
    """To read once where all members stand in the index."""
    world.clear_meter()
    reader, channel = world.reading.presence, channel_key("room")
    reader.count(channel, reader.channel(channel), world.reading.retention_of(SOURCE).lease, world.now)
    return world.bill().read_units


def _measure_those_who_left(findings: Findings) -> None:
    for case in _CASES:
        units = []
        for size in case.sizes:
            with step(f"  {case.name}, {size:,} have left"):
                world = _world(case, size)
                bills = [_ask(case, world) for _ in range(_ASKED)]
            milliseconds = round(statistics.median(bill.seconds for bill in bills) * 1000, 1)
            findings.rows.append((case.name, _PRESENT, size, bills[0].read_units, bills[0].calls, milliseconds))
            units.append(bills[0].read_units)
        findings.ratios += growth(f"{case.name}, n", case.sizes, units, at_most=_MOST_GROWTH)


def _world(case: _Case, have_left: int) -> World:
    world = World(log=False)
    world.hear("joined", case.places("here", _PRESENT))
    world.hear("joined", case.places("gone", have_left))
    world.now += MINUTE
    world.hear("left", case.places("gone", have_left))
    settled_at = world.now + _SETTLED_AFTER
    while world.now < settled_at:
        world.now += schedules()["Members"] * SECOND
        world.trim(Trimmed.MEMBERS)
    return world


def _ask(case: _Case, world: World) -> Bill:
    world.clear_meter()
    found = case.ask(world.reading)
    bill = world.bill()
    if found != _PRESENT:
        raise Trouble(f"The answer to {case.name} has {found}, not {_PRESENT}.")
    return bill
