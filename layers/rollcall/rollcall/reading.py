"""The answers of the read API: who is in a channel, which channels are occupied, where a user is, what happened,
how many there were.

Every answer holds for the time at which it was asked, whether or not the trimmer has run.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from operator import attrgetter

from pydantic import BaseModel, JsonValue

from rollcall import keys, occupancy, presence
from rollcall.each import Each
from rollcall.event_log import EventLog
from rollcall.events import PresenceEvent
from rollcall.keys import ChannelKey, SourceKey
from rollcall.merge import Channel
from rollcall.presence import Stay
from rollcall.presence_reader import Place, PresenceReader
from rollcall.presence_table import RetentionOf
from rollcall.read_shapes import (
    ChannelOfUser,
    Channels,
    Events,
    LoggedEvent,
    MemberOfChannel,
    Members,
    OccupancyOfChannel,
    OccupiedChannel,
    Whereabouts,
    from_cursor,
    to_cursor,
)
from rollcall.timestamps import to_iso

END_OF_TIME = 10**15 - 1  # milliseconds; the last that a record's key can hold

_LARGEST_PAGE = 5_000_000  # bytes; Lambda answers 6 MB at most, and the last row may be one of half a million
_STEPS = 60  # of a curve; more would not be seen
_MOST_EVENTS = 10_000  # per curve; without states some 3 MB, which DynamoDB takes a second to send
_LARGEST_STATES = 4_000_000  # bytes of states per curve, which DynamoDB sends beside them
_LOOKED_THROUGH = 1000  # entries of the directory per answer, so that one of many empty channels ends in time
_PLACES_LOOKED_THROUGH = 10_000  # channels of a user per answer; a second or two for one who has left that many


@dataclass(frozen=True)
class Reading:
    """`now` gives Unix milliseconds. All methods raise `Unavailable`, and `InvalidParameter` for a broken cursor."""

    presence: PresenceReader
    log: EventLog
    retention_of: RetentionOf
    now: Callable[[], int]
    each: Each = map

    def members(self, key: ChannelKey, limit: int, cursor: str) -> Members:
        # A cursor tells how many there were on all pages, for counting them costs as much as reading all of them.
        counted, after = _counted(from_cursor(cursor, like=rf"(\d{{1,9}}:)?{keys.ARRIVAL}"))
        channel = self.presence.channel(key)
        lease, now = self.retention_of(key.of_source).lease, self.now()
        found: list[MemberOfChannel] = []
        size, last, more = 0, after, False
        present = self.presence.present(key, channel, lease, now, after=after, at_once=limit + 1)
        for arrival, member_key, member in present:
            if len(found) == limit or size > _LARGEST_PAGE:
                more = True
                break
            found.append(_member(presence.stay(member_key.user, member, channel)))
            size += _size(found[-1])
            last = arrival
        if counted is None:
            is_all = not cursor and not more
            counted = len(found) if is_all else self.presence.count(key, channel, lease, now)
        found.sort(key=lambda one: one.user)  # the index has them by arrival, which depends on the order of webhooks
        return Members(
            channel=key.channel,
            occupancy=counted,
            reported_occupancy=presence.reported_occupancy(channel),
            members=found,
            next=to_cursor(f"{counted}:{last}") if more else None,
        )

    def channels(self, source: SourceKey, prefix: str, limit: int, cursor: str) -> Channels:
        of_prefix = keys.join(*source, prefix)
        listed = self.presence.listed(of_prefix, after=from_cursor(cursor, like=re.escape(of_prefix) + ".*"))
        found: list[OccupiedChannel] = []
        last, looked_through = "", 0
        while some := [entry.channel for entry in islice(listed, limit)]:
            if len(found) == limit or looked_through >= _LOOKED_THROUGH:
                return Channels(channels=found, next=to_cursor(last))
            known = list(zip(some, self.presence.channels(some, self.each), strict=True))
            for (key, _), occupied in zip(known, self.each(self._occupied, known), strict=True):
                if len(found) == limit:
                    return Channels(channels=found, next=to_cursor(last))
                last = str(key)
                if occupied:
                    found.append(occupied)
            looked_through += len(some)
        return Channels(channels=found, next=None)

    def whereabouts(self, source: SourceKey, user: str, limit: int, cursor: str) -> Whereabouts:
        told = _Told.of(from_cursor(cursor, like=rf"\d{{1,15}}:[01]:{re.escape(keys.join(*source))}#.*"))
        lease, now = self.retention_of(source).lease, self.now()
        listed = self.presence.channels_of(source, user, after=told.after, at_once=limit + 1)
        found: list[ChannelOfUser] = []
        more, looked_through = False, 0
        while not more and (some := list(islice(listed, limit))):
            more = looked_through >= _PLACES_LOOKED_THROUGH
            for key, places in groupby(self.presence.places(some, self.each), key=attrgetter("channel_key")):
                more |= len(found) == limit
                if more:
                    break
                if stays := told.hear(str(key), user, list(places), lease, now):
                    found.append(_place(key.channel, stays))
            looked_through += len(some)
        return Whereabouts(
            user=user,
            online=told.online,
            last_seen=to_iso(told.last_seen) if told.last_seen else None,
            channels=found,
            next=to_cursor(str(told)) if more else None,
        )

    def events(
        self, key: ChannelKey, begin: int, end: int, limit: int, cursor: str, *, newest_first: bool = False
    ) -> Events:
        found: list[PresenceEvent] = []
        size, last, more = 0, "", False
        logged = self.log.read(key, begin, end, after=from_cursor(cursor), at_once=limit + 1, newest_first=newest_first)
        for position, event in logged:
            if len(found) == limit or size > _LARGEST_PAGE:
                more = True
                break
            found.append(event)
            size += _size(_event(event))
            last = position
        # Within an answer: nobody repeats an event for so long that pages would have to know of each other.
        once = occupancy.without_repeats(found[::-1])[::-1] if newest_first else occupancy.without_repeats(found)
        return Events(
            channel=key.channel, events=[_event(event) for event in once], next=to_cursor(last) if more else None
        )

    def occupancy(self, key: ChannelKey, minutes: int) -> OccupancyOfChannel:
        now, retention = self.now(), self.retention_of(key.of_source)
        channel = self.presence.channel(key)
        step = minutes * 60_000 // _STEPS
        # On whole steps, so that the same moments fall into the same step whenever they are asked for.
        marks = range(now - now % step - (_STEPS - 1) * step, now + 1, step)
        events, are_all = self._since(key, marks[0])
        members = self.presence.count(key, channel, retention.lease, now)
        is_kept = retention.log_events and (not retention.trim_events or minutes <= retention.event_retention_minutes)
        return OccupancyOfChannel(
            channel=key.channel,
            begin=to_iso(marks[0]),
            until=to_iso(now),
            step_seconds=step // 1000,
            occupancy=occupancy.most(occupancy.without_repeats(events), members, [*marks, now]),
            complete=is_kept and are_all,
        )

    def _since(self, key: ChannelKey, begin: int) -> tuple[list[PresenceEvent], bool]:
        """The events since `begin`, oldest first, and whether these are all; if not, they are the newest."""
        found: list[PresenceEvent] = []
        size = 0
        for _, event in self.log.read(key, begin, END_OF_TIME, newest_first=True):
            if len(found) == _MOST_EVENTS or size > _LARGEST_STATES:
                return found[::-1], False
            found.append(event)
            size += len(event.state or "")
        return found[::-1], True

    def _occupied(self, known: tuple[ChannelKey, Channel]) -> OccupiedChannel | None:
        key, channel = known
        lease, now = self.retention_of(key.of_source).lease, self.now()
        since = presence.declared_occupied_since(channel)
        if since is None:  # then the members tell
            times = [presence.since(member, channel) for member in self.presence.signs(key, channel, lease, now)]
            occupants, since = len(times), min(times, default=None)
        else:
            occupants = self.presence.count(key, channel, lease, now)
        if not occupants and not self._is_occupied_by_word(key, channel, lease, now):
            return None
        return OccupiedChannel(
            channel=key.channel,
            occupancy=occupants,
            reported_occupancy=presence.reported_occupancy(channel),
            occupied_since=None if since is None else to_iso(since),
        )

    def _is_occupied_by_word(self, key: ChannelKey, channel: Channel, lease: int, now: int) -> bool:
        # Of most of Pusher's channels its word is all there is. Where members are known they decide: the word that a
        # channel was vacated may have been lost.
        return presence.is_declared_occupied(channel, lease, now) and not self.presence.has_known_members(key)


@dataclass
class _Told:
    """What an answer about a user says of all channels up to the last one that it looked at; travels in the cursor."""

    last_seen: int = 0
    online: bool = False
    after: str = ""

    @classmethod
    def of(cls, position: str) -> "_Told":
        if not position:
            return cls()
        last_seen, online, after = position.split(":", 2)
        return cls(int(last_seen), online == "1", after)

    def __str__(self) -> str:
        return f"{self.last_seen}:{int(self.online)}:{self.after}"

    def hear(self, key: str, user: str, places: Sequence[Place], lease: int, now: int) -> list[Stay]:
        """The user's stays in one channel: several, with several connections."""
        seen = [place for place in places if place.member.seen]
        self.last_seen = max(self.last_seen, *(presence.last_seen(place.member) for place in seen), 0)
        self.after = key
        stays = [
            presence.stay(user, place.member, place.channel)
            for place in seen
            if presence.is_present(place.member, place.channel, lease, now)
        ]
        self.online |= bool(stays)
        return stays


def _counted(position: str) -> tuple[int | None, str]:
    """How many members were counted, if that is known, and behind which arrival the page begins."""
    counted, colon, after = position.partition(":")
    is_counted = bool(colon) and counted.isdigit() and len(counted) < 10  # an arrival begins with fifteen digits
    return (int(counted), after) if is_counted else (None, position)


def _place(channel: str, stays: Sequence[Stay]) -> ChannelOfUser:
    since, last_seen = min(stay.since for stay in stays), max(stay.last_seen for stay in stays)
    return ChannelOfUser(channel=channel, since=to_iso(since), last_seen=to_iso(last_seen))


def _member(stay: Stay) -> MemberOfChannel:
    return MemberOfChannel(
        user=stay.user, since=to_iso(stay.since), last_seen=to_iso(stay.last_seen), state=_data(stay.state)
    )


def _event(event: PresenceEvent) -> LoggedEvent:
    return LoggedEvent(
        kind=event.kind,
        user=event.user,
        occurred_at=to_iso(event.occurred_at),
        received_at=to_iso(event.received_at),
        event_id=event.event_id,
        state=_data(event.state),
        occupancy=event.occupancy,
        reason=event.reason,
    )


def _size(row: BaseModel) -> int:
    """The bytes that a row takes in Lambda's answer, which has JSON as a text of JSON: each quote counts twice."""
    return len(json.dumps(json.dumps(row.model_dump())))  # pydantic's own JSON has no room for half a character


def _data(state: str | None) -> JsonValue:
    data: JsonValue = None if state is None else json.loads(state)
    return data
