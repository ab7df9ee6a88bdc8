"""Rollcall's answers held against those of a receiver that makes no mistake."""

import json
from collections import Counter
from collections.abc import Iterator

from rollcall.keys import ChannelKey, SourceKey
from rollcall.reading import Reading
from rollcall.timestamps import to_iso
from tools.simulator import PerfectReceiver

_PAGE = 1000  # members or channels; the most that the read API gives at once
_ASKED_FOR = 20  # users per source whose whereabouts are asked for; each answer costs the perfect receiver a long look

type Told = dict[str, tuple[str, str, object]]
"""By user: since, last seen, state."""


def divergences(reading: Reading, receiver: PerfectReceiver, now: int, lease: int) -> Counter[str]:
    """In how many answers Rollcall is wrong, by what is wrong with them."""
    wrong: Counter[str] = Counter()
    sources: set[SourceKey] = set()
    for place in receiver.places():
        sources.add(SourceKey(place.provider, place.source))
        told = _members(reading, ChannelKey(*place))
        known = {
            user: (to_iso(stay.since), to_iso(stay.last_seen), None if stay.state is None else json.loads(stay.state))
            for user, stay in receiver.members(*place, now, lease).items()
        }
        wrong["ghosts"] += len(told.keys() - known.keys())
        wrong["missing members"] += len(known.keys() - told.keys())
        wrong["members told wrongly"] += sum(told[user] != known[user] for user in told.keys() & known.keys())
    for source in sources:
        listed = dict(_channels(reading, source))
        known_listed = {
            channel: (occupancy.members, occupancy.since and to_iso(occupancy.since))
            for channel, occupancy in receiver.channels(*source, now, lease).items()
        }
        wrong["channels listed wrongly"] += len(listed.items() ^ known_listed.items())
        wrong["whereabouts"] += sum(
            _is_misplaced(reading, receiver, source, user, now, lease) for user in _some_users(receiver, source)
        )
    return +wrong


def _members(reading: Reading, channel: ChannelKey) -> Told:
    told: Told = {}
    cursor: str | None = ""
    while cursor is not None:
        page = reading.members(channel, _PAGE, cursor)
        told |= {one.user: (one.since, one.last_seen, one.state) for one in page.members}
        cursor = page.next
    if page.occupancy != len(told):
        raise AssertionError(f"{channel} tells {page.occupancy} members and names {len(told)}.")
    return told


def _channels(reading: Reading, source: SourceKey) -> Iterator[tuple[str, tuple[int, str | None]]]:
    cursor: str | None = ""
    while cursor is not None:
        page = reading.channels(source, "", _PAGE, cursor)
        for one in page.channels:
            yield one.channel, (one.occupancy, one.occupied_since)
        cursor = page.next


def _some_users(receiver: PerfectReceiver, source: SourceKey) -> list[str]:
    users = {user for place in receiver.places() if place[:2] == source for user in receiver.known_members(place)}
    return sorted(users)[:_ASKED_FOR]


def _is_misplaced(
    reading: Reading, receiver: PerfectReceiver, source: SourceKey, user: str, now: int, lease: int
) -> bool:
    told = {one.channel: one.since for one in reading.whereabouts(source, user, _PAGE, "").channels}
    known = {name: to_iso(stay.since) for name, stay in receiver.whereabouts(*source, user, now, lease).items()}
    return told != known
