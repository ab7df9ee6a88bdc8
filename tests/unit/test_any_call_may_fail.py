"""Whatever call to AWS fails, and whenever the trimmer runs: in the end it is as if nothing had happened."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from rollcall import expiry
from rollcall.channel_directory import PARTITION, REMOVABLE_AFTER, TRUSTED_FOR
from rollcall.event_log import calendar_page, sort_key
from rollcall.events import Kind, PresenceEvent
from rollcall.keys import ChannelKey, MemberKey, SourceKey, channel_of, event_channel, event_member, member_of
from rollcall.presence import has_come
from rollcall.reading import Reading
from rollcall.records import to_member
from rollcall.retention import LATEST_WEBHOOK_MINUTES, Retention
from rollcall.timestamps import to_iso
from tests import oracle
from tests.bad_day import Functions, Turn, backwards
from tests.histories import SECOND, START, History, Plan, Webhook, delivered_histories
from tools.faulty_client import Fault, Faults, never
from tools.memory_dynamodb import MemoryDynamoDB
from tools.template import table_definition

MINUTE = 60_000  # milliseconds
LEASES = (1, 1440)  # minutes: one that ends while webhooks still come, and one that does not
SHORT = LEASES[0] * MINUTE
EVENT_RETENTION = 10_080  # minutes; a week, which nothing here outlives
DEFINITIONS = {name: table_definition(name) for name in ("Presence", "Events")}

# Attributes that say when something was written, or until when the trimmer need not look, and not what is known.
TIMERS = frozenset({"arrived", "shelf", "here"})

twice = settings(max_examples=2 * settings().max_examples)  # it finds more than the other in the same time

# ---- What is drawn -------------------------------------------------------------------------------------

_PASSES = st.sampled_from(
    (0, 1, SECOND, SHORT - 1, SHORT, SHORT + 1, SHORT + SECOND, TRUSTED_FOR, REMOVABLE_AFTER, REMOVABLE_AFTER + 1)
)
_TURNS = st.lists(st.builds(Turn, _PASSES, st.integers(1, 6), st.booleans()), max_size=6)
_FAULTS = st.dictionaries(st.integers(0, 60), st.sampled_from([*Fault, Fault.MEANWHILE, Fault.PARTLY]), max_size=8)


@dataclass(frozen=True)
class Case:
    """A history, and a bad day on which it is delivered."""

    history: History
    plan: Plan
    turns: tuple[Turn, ...]
    faults: Mapping[int, Fault]

    @property
    def lease(self) -> int:
        return self.history.lease

    @property
    def storable(self) -> list[PresenceEvent]:
        return [event for event in self.history.events if event.user != _NO_NAME]


_NO_NAME = "\ud800"  # half a character, which JSON can write and no table can hold


def _joined(user: str, position: int) -> PresenceEvent:
    return PresenceEvent(
        provider="pusher",
        source="prod",
        channel="room",
        kind=Kind.JOINED,
        user=user,
        occurred_at=START,
        received_at=START,
        position=position,
    )


_HALF_STORABLE = Webhook("pusher", "prod", START, (_joined("u", 0), _joined(_NO_NAME, 1)))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    more = draw(st.sampled_from(((), (_HALF_STORABLE,))))
    history, plan = draw(delivered_histories(*more))
    lease = draw(st.sampled_from(LEASES)) * MINUTE
    # At least one turn is the consumer's, or nothing would ever be delivered.
    turns = (*draw(_TURNS), Turn(0, plan.batch_sizes[0]))
    return Case(replace(history, lease=lease), plan, turns, draw(_FAULTS))


# ---- What is done --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """Rollcall on tables in memory, and the history that is told there."""

    case: Case
    dynamodb: MemoryDynamoDB
    functions: Functions

    def items(self, table: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.dynamodb.scan(TableName=table)["Items"]
        return items

    def presence(self) -> dict[tuple[str, str], dict[str, Any]]:
        """All records of members and channels, but for their timers."""
        return {
            _key(item): {name: value for name, value in item.items() if name not in TIMERS}
            for item in self.items("Presence")
            if item["pk"]["S"] not in (PARTITION, "intake", "trimmer")
        }

    def log(self) -> list[dict[str, Any]]:
        """All events of the log, without its calendar."""
        return [item for item in self.items("Events") if "kind" in item]

    def indexed(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.dynamodb.scan(TableName="Presence", IndexName="present")["Items"]
        return items

    def listed(self) -> set[ChannelKey]:
        return {entry.channel for entry in self.functions.rollcall.reader().listed("")}

    def reading(self, now: int) -> Reading:
        return replace(self.functions.rollcall, now=lambda: now).reading()

    def trim_at(self, *times: int) -> None:
        for self.functions.time in times:
            self.functions.trim()


def _world(case: Case, faults: Faults, turns: Iterable[Turn]) -> World:
    dynamodb = MemoryDynamoDB()
    for name, definition in DEFINITIONS.items():
        dynamodb.create_table(TableName=name, **definition)
    functions = Functions(
        dynamodb,
        faults,
        cycle(turns),
        _retention(case),
        START,
        again_at_once=case.plan.again_at_once,
        each=backwards if case.plan.backwards else map,
    )
    return World(case, dynamodb, functions)


def undisturbed(case: Case) -> World:
    """Everything was delivered in order and once, and no trimmer has run."""
    world = _world(case, Faults(never), [Turn(0, 1)])
    world.functions.deliver(case.history.deliveries())
    return world


def _retention(case: Case) -> Callable[[SourceKey], Retention]:
    retention = Retention(
        lease_minutes=case.lease // MINUTE,
        tombstone_retention_minutes=LATEST_WEBHOOK_MINUTES,
        event_retention_minutes=EVENT_RETENTION,
        trim_members=True,
        trim_tombstones=True,
        trim_events=True,
        log_events=True,
    )
    return lambda _source: retention


def settled_after(time: int) -> tuple[int, int]:
    """Times at which a trimmer that fails no more has looked everywhere, whatever it took notes of until `time`."""
    # The longer a channel was quiet, the longer it is left alone: at most as long as everything has lasted until then.
    quiet = time - START + REMOVABLE_AFTER + 1
    return time + quiet, time + 4 * quiet


# ---- What holds ----------------------------------------------------------------------------------------


@given(cases())
def test_after_a_bad_day_everything_is_as_if_nothing_had_failed(case: Case) -> None:
    world = _world(case, Faults(case.faults.get), case.turns)
    world.functions.deliver(case.history.deliveries(case.plan.order))
    _assert_all_is_well(world)


# What goes wrong most easily, and what chance seldom meets: one fault at the worst moment.
@twice
@given(
    case=cases(),
    told=st.integers(0, 12),
    call=st.integers(0, 15),
    fault=st.sampled_from([Fault.MEANWHILE, *Fault, Fault.MEANWHILE, Fault.PARTLY]),
    passes=st.tuples(_PASSES, st.sampled_from((0, 1, SECOND))),
    trims=st.sampled_from(((True, False), (False, True), (True, True), (False, False))),
)
def test_one_fault_at_any_call_or_another_function_between_any_two_changes_nothing(
    case: Case, told: int, call: int, fault: Fault, passes: tuple[int, int], trims: tuple[bool, bool]
) -> None:
    deliveries = case.history.deliveries(case.plan.order)
    told %= len(deliveries)
    world = _world(case, Faults(never), [Turn(0, 6)])
    functions = world.functions
    functions.deliver(deliveries[:told])
    first, second = (Turn(after, 6, trims=trimmed) for after, trimmed in zip(passes, trims, strict=True))
    functions.turns = cycle([first, second, Turn(0, 6)])
    functions.faults.drawn = {functions.faults.calls + call: fault}.get
    functions.deliver(deliveries[told:])
    _assert_all_is_well(world)


def _assert_all_is_well(world: World) -> None:
    world.functions.recover()
    now = world.functions.time
    _assert_nobody_is_forgotten(world)
    later = [time for time in world.case.history.telling_times if time > now]
    for time in (now, *later[:: max(1, len(later) // 2)]):
        _assert_reading_is_right(world, time)
    world.trim_at(*settled_after(now))
    _assert_reading_is_right(world, world.functions.time)
    _assert_nobody_is_forgotten(world)
    _assert_tables_are_as_if_nothing_had_failed(world)
    _assert_everything_is_applied_or_parked(world)
    world.trim_at(*settled_after(max(world.functions.time, START + 10 * SECOND + world.case.lease)))
    _assert_every_ended_lease_is_logged_once(world)
    _assert_nothing_is_left(world)


def _assert_nobody_is_forgotten(world: World) -> None:
    """The index holds whoever is present and nobody who has left; the directory holds every occupied channel."""
    told = _told(world.case, world.functions.time)
    indexed = {member_of(*_key(item)): to_member(item) for item in world.indexed()}
    assert all(map(has_come, indexed.values()))  # or counting them, which looks no closer, would be wrong
    assert indexed.keys() >= {
        MemberKey(ChannelKey(*place), member.user, member.session)
        for place, answer in told.items()
        for member in answer.members
    }
    assert world.listed() >= {
        ChannelKey(*place) for place, answer in told.items() if answer.members or answer.declared_occupied
    }


def _assert_tables_are_as_if_nothing_had_failed(world: World) -> None:
    other = undisturbed(world.case)
    assert world.presence() == other.presence()
    ours, theirs = (
        {_key(item): _without_receipt(item) for item in of.log() if not _tells_an_ended_lease(item)}
        for of in (world, other)
    )
    assert ours == theirs


def _assert_everything_is_applied_or_parked(world: World) -> None:
    logged = {_key(item) for item in world.log() if not _tells_an_ended_lease(item)}
    assert logged == {(str(event_channel(event)), sort_key(event)) for event in world.case.storable}
    # And the trimmer will find all of it, in the calendar of what expires.
    assert {_calendar_key(item) for item in world.log()} <= {_key(item) for item in world.items("Events")}
    unstorable = {webhook.message() for webhook in world.case.history.webhooks if webhook == _HALF_STORABLE}
    assert set(world.functions.parked.messages) == unstorable


def _assert_every_ended_lease_is_logged_once(world: World) -> None:
    ended = [
        (_logged_member(item), int(item["occurred_at"]["N"])) for item in world.log() if _tells_an_ended_lease(item)
    ]
    assert len(ended) == len(set(ended))
    assert set(ended) >= _ended_leases(world.case)
    # A lease that had ended by what was known then, too; but none that never was.
    assert set(ended) <= _possible_leases(world.case)


def _assert_nothing_is_left(world: World) -> None:
    """All leases have ended: nobody is in the index any more, and no channel in the directory."""
    assert world.indexed() == []
    assert world.listed() == set()


# ---- How it is told ------------------------------------------------------------------------------------


class _Told(NamedTuple):
    user: str
    since: str
    last_seen: str
    state: object


def _assert_reading_is_right(world: World, now: int) -> None:
    reading = world.reading(now)
    told = _told(world.case, now)
    for place, answer in told.items():
        members = reading.members(ChannelKey(*place), 1000, "")
        assert members.occupancy == len(answer.members)
        assert members.reported_occupancy == answer.reported_occupancy
        assert sorted(_Told(one.user, one.since, one.last_seen, one.state) for one in members.members) == sorted(
            _Told(
                one.user, to_iso(one.since), to_iso(one.last_seen), None if one.state is None else json.loads(one.state)
            )
            for one in answer.members
        )
    heard_of = oracle.places(event for event in world.case.storable if event.user)
    for source in {SourceKey(place.provider, place.source) for place in told}:
        occupied = {
            place.channel: len(answer.members)
            for place, answer in told.items()
            if place[:2] == source and (answer.members or (answer.declared_occupied and place not in heard_of))
        }
        channels = reading.channels(source, "", 1000, "").channels
        assert {channel.channel: channel.occupancy for channel in channels} == occupied


def _told(case: Case, now: int) -> dict[oracle.Place, oracle.Answer]:
    events = case.storable
    return {place: oracle.answer(events, place, case.lease, now) for place in oracle.places(events)}


def _ended_leases(case: Case) -> set[tuple[MemberKey, int]]:
    """Who was present until its lease ended, and when that was.

    But for those of whom only the order of receipt says so: that may come to light when the lease is long over and the
    trimmer has let them go as vacated, and then it is not told any more.
    """
    return {
        (key, moment + case.lease)
        for moment in {event.occurred_at for event in case.storable}
        for place, answer in _told(case, moment + case.lease - 1).items()
        for member in answer.members
        for key in [MemberKey(ChannelKey(*place), member.user, member.session)]
        if member.last_seen == moment and not _came_as_the_channel_was_vacated(case, key)
    }


def _came_as_the_channel_was_vacated(case: Case, key: MemberKey) -> bool:
    """By the coarser of the two clocks."""
    joins = [event for event in case.storable if event.kind is Kind.JOINED and event_member(event) == key]
    came = max((join.occurred_at for join in joins), default=None)
    return any(
        event.occurred_at // coarser == join.occurred_at // coarser
        for join in joins
        for event in case.storable
        for coarser in [max(event.resolution, join.resolution)]
        if join.occurred_at == came and event.empties_channel and event_channel(event) == key.channel
    )


def _possible_leases(case: Case) -> set[tuple[MemberKey, int]]:
    return {
        (event_member(event), event.occurred_at + case.lease)
        for event in case.storable
        if event.kind in (Kind.JOINED, Kind.STATE_CHANGED)
    }


def _key(item: dict[str, Any]) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def _calendar_key(item: dict[str, Any]) -> tuple[str, str]:
    channel = item["pk"]["S"]
    shelf = expiry.shelf(int(item["expires_at"]["N"]), channel, "")
    return calendar_page(shelf), f"{channel}#{EVENT_RETENTION}"


def _logged_member(item: dict[str, Any]) -> MemberKey:
    user, session = (item.get(name, {}).get("S", "") for name in ("user", "session"))
    return MemberKey(channel_of(item["pk"]["S"]), user, session)


def _tells_an_ended_lease(item: dict[str, Any]) -> bool:
    return bool(item.get("reason") == {"S": "lease_expired"})


def _without_receipt(item: dict[str, Any]) -> dict[str, Any]:
    # Which receipt is logged of a webhook that came several times depends on the order; the registers do not.
    return {name: value for name, value in item.items() if name not in ("received_at", "expires_at")}
