"""Pages cost what they show: however many there are, all are counted once, and nobody else's records are read."""

import pytest

from rollcall.reading import Reading
from tools.bench.worlds import SOURCE, World, channel_key

ROOM = channel_key("room")


def with_members(members: int, channels: int = 1) -> World:
    world = World(log=False)
    world.hear("joined", ((f"room{'' if channels == 1 else n % channels}", f"user-{n}") for n in range(members)))
    world.clear_meter()
    return world


def walk_members(reading: Reading, limit: int) -> None:
    page = reading.members(ROOM, limit, "")
    while page.next:
        page = reading.members(ROOM, limit, page.next)


def walk_channels(reading: Reading) -> None:
    page = reading.channels(SOURCE, "", 1000, "")
    while page.next:
        page = reading.channels(SOURCE, "", 1000, page.next)


def units_of_counting(world: World) -> float:
    reader = world.reading.presence
    world.clear_meter()
    reader.count(ROOM, reader.channel(ROOM), world.reading.retention_of(SOURCE).lease, world.now)
    return world.bill().read_units


# A page of 100 members of 250 bytes takes 3.1 units of half a unit each, rounded up, and its channel's record one more.
@pytest.mark.parametrize(("limit", "rounding"), [(1000, 1.1), (100, 1.5)])
def test_all_pages_of_a_channel_cost_counting_it_once_and_reading_it_once(limit: int, rounding: float) -> None:
    world = with_members(5_000)
    walk_members(world.reading, limit)
    walked = world.bill().read_units
    assert walked <= 2 * units_of_counting(world) * rounding


def test_a_channel_on_one_page_is_not_counted_besides() -> None:
    world = with_members(500)
    walk_members(world.reading, 1000)
    walked = world.bill().read_units
    assert walked <= units_of_counting(world) + 0.5


def test_a_listed_channel_costs_the_same_among_many() -> None:
    few, many = (with_members(10 * channels, channels) for channels in (100, 1000))
    for world in (few, many):
        walk_channels(world.reading)
    assert many.bill().read_units <= 10 * few.bill().read_units * 1.1
