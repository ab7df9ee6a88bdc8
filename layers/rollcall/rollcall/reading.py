"""The answers of the read API: who is in a channel, which channels are occupied, where a user is, what happened,
how many there were.

Every answer holds for the time at which it was asked, whether or not the trimmer has run.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from pydantic import BaseModel, JsonValue

from rollcall import keys, occupancy, presence
from rollcall.each import Each
from rollcall.event_log import EventLog
from rollcall.events import PresenceEvent
from rollcall.keys import ChannelKey, SourceKey
from rollcall.merge import Channel
from rollcall.presence import Stay
from rollcall.presence_reader import PresenceReader
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


@dataclass(frozen=True)
class Reading:
    """`now` gives Unix milliseconds. All methods raise `Unavailable`, and `InvalidParameter` for a broken cursor."""

    presence: PresenceReader
    log: EventLog
    retention_of: RetentionOf
    now: Callable[[], int]
    each: Each = map

    def members(self, key: ChannelKey, limit: int, cursor: str) -> Members:
        after = from_cursor(cursor, like=keys.ARRIVAL)
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
        is_all = not cursor and not more
        found.sort(key=lambda one: one.user)  # the index has them by arrival, which depends on the order of webhooks
        return Members(
            channel=key.channel,
            occupancy=len(found) if is_all else self.presence.count(key, channel, lease, now),
            reported_occupancy=presence.reported_occupancy(channel),
            members=found,
            next=to_cursor(last) if more else None,
        )

    def channels(self, source: SourceKey, prefix: str, limit: int, cursor: str) -> Channels:
        of_prefix = keys.join(*source, prefix)
        listed = self.presence.listed(of_prefix, after=from_cursor(cursor, like=re.escape(of_prefix) + ".*"))
        found: list[OccupiedChannel] = []
        last, looked_through = "", 0
        while some := list(islice(listed, limit)):
            if len(found) == limit or looked_through >= _LOOKED_THROUGH:
                return Channels(channels=found, next=to_cursor(last))
            for entry, occupied in zip(some, self.each(self._occupied, [e.channel for e in some]), strict=True):
                if len(found) == limit:
                    return Channels(channels=found, next=to_cursor(last))
                last = str(entry.channel)
                if occupied:
                    found.append(occupied)
            looked_through += len(some)
        return Channels(channels=found, next=None)

    def whereabouts(self, source: SourceKey, user: str, limit: int, cursor: str) -> Whereabouts:
        lease, now = self.retention_of(source).lease, self.now()
        stays: dict[str, tuple[int, int]] = {}  # since when, and when last seen, by channel
        last_seen: int | None = None
        for place in self.presence.places(source, user):
            if place.member.seen is None:
                continue
            last_seen = max(last_seen or 0, place.member.seen.occurred_at)
            if presence.is_present(place.member, place.channel, lease, now):
                stay = presence.stay(user, place.member, place.channel)
                name = place.channel_key.channel
                since, seen = stays.get(name, (stay.since, stay.last_seen))  # of another of several connections
                stays[name] = min(stay.since, since), max(stay.last_seen, seen)
        after = from_cursor(cursor)
        names = sorted(name for name in stays if name > after)
        return Whereabouts(
            user=user,
            online=bool(stays),
            last_seen=None if last_seen is None else to_iso(last_seen),
            channels=[_place(name, *stays[name]) for name in names[:limit]],
            next=to_cursor(names[limit - 1]) if len(names) > limit else None,
        )

    def events(
        self, key: ChannelKey, begin: int, end: int, limit: int, cursor: str, *, newest_first: bool = False
    ) -> Events:
        found: list[LoggedEvent] = []
        size, last = 0, ""
        logged = self.log.read(key, begin, end, after=from_cursor(cursor), at_once=limit + 1, newest_first=newest_first)
        for position, event in logged:
            if len(found) == limit or size > _LARGEST_PAGE:
                return Events(channel=key.channel, events=found, next=to_cursor(last))
            found.append(_event(event))
            size += _size(found[-1])
            last = position
        return Events(channel=key.channel, events=found, next=None)

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
            occupancy=occupancy.most(events, members, [*marks, now]),
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

    def _occupied(self, key: ChannelKey) -> OccupiedChannel | None:
        channel = self.presence.channel(key)
        lease, now = self.retention_of(key.of_source).lease, self.now()
        stays = [
            presence.stay(of.user, member, channel) for _, of, member in self.presence.present(key, channel, lease, now)
        ]
        if not stays and not self._is_occupied_by_word(key, channel, lease, now):
            return None
        since = presence.occupied_since(channel, stays)
        return OccupiedChannel(
            channel=key.channel,
            occupancy=len(stays),
            reported_occupancy=presence.reported_occupancy(channel),
            occupied_since=None if since is None else to_iso(since),
        )

    def _is_occupied_by_word(self, key: ChannelKey, channel: Channel, lease: int, now: int) -> bool:
        # Of most of Pusher's channels its word is all there is. Where members are known they decide: the word that a
        # channel was vacated may have been lost.
        return presence.is_declared_occupied(channel, lease, now) and not self.presence.has_known_members(key)


def _place(channel: str, since: int, last_seen: int) -> ChannelOfUser:
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
