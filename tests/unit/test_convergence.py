"""Whatever a queue does to the webhooks of a history, the same is known in the end, and it is what is true."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall import presence
from rollcall.consume import LOGGED_TOGETHER
from rollcall.envelope import open_envelope
from rollcall.errors import Unavailable
from rollcall.event_log import sort_key
from rollcall.events import Kind, PresenceEvent
from rollcall.intake import interpret
from rollcall.keys import ChannelKey, MemberKey, event_channel, event_member
from rollcall.merge import Channel, Member, Stamp, channel_evidence, member_evidence
from rollcall.records import above, stamp_text
from tests import oracle
from tests.fakes import Queue, Troubles, World, troubled
from tests.histories import (
    CHANNELS,
    MEMBERS,
    START,
    History,
    Plan,
    Trouble,
    Webhook,
    delivered_histories,
    histories,
    stored_secrets,
)


def _event(kind: Kind, *, channel: str = "room", user: str = "", position: int = 0) -> PresenceEvent:
    return PresenceEvent(
        provider="pusher",
        source="prod",
        channel=channel,
        kind=kind,
        user=user,
        occurred_at=START,
        received_at=START,
        position=position,
    )


# ---- Merging is a maximum ------------------------------------------------------------------------------


@given(st.tuples(MEMBERS, MEMBERS), st.tuples(CHANNELS, CHANNELS))
def test_merging_does_not_depend_on_the_order(
    members: tuple[Member, Member], channels: tuple[Channel, Channel]
) -> None:
    assert members[0].merge(members[1]) == members[1].merge(members[0])
    assert channels[0].merge(channels[1]) == channels[1].merge(channels[0])


@given(st.tuples(MEMBERS, MEMBERS, MEMBERS), st.tuples(CHANNELS, CHANNELS, CHANNELS))
def test_merging_does_not_depend_on_the_grouping(
    members: tuple[Member, Member, Member], channels: tuple[Channel, Channel, Channel]
) -> None:
    one, two, three = members
    assert one.merge(two).merge(three) == one.merge(two.merge(three))
    first, second, third = channels
    assert first.merge(second).merge(third) == first.merge(second.merge(third))


@given(st.tuples(MEMBERS, MEMBERS), st.tuples(CHANNELS, CHANNELS))
def test_merging_what_is_known_changes_nothing(
    members: tuple[Member, Member], channels: tuple[Channel, Channel]
) -> None:
    member, channel = members[0].merge(members[1]), channels[0].merge(channels[1])
    assert [member.merge(known) for known in (member, *members)] == [member] * 3
    assert [channel.merge(known) for known in (channel, *channels)] == [channel] * 3


_TIMES = st.integers(0, 20) | st.integers(0, 10**15 - 1)
_ANY_STAMPS = st.builds(Stamp, _TIMES, _TIMES, st.integers(0, 10**7 - 1), st.sampled_from((1, 1_000)))


@given(_ANY_STAMPS, _TIMES)
def test_a_table_can_be_asked_for_what_is_above_a_time(stamp: Stamp, time: int) -> None:
    assert (stamp_text(stamp) > above(time)) == (stamp.occurred_at > time)


@given(_ANY_STAMPS, _ANY_STAMPS)
def test_of_two_signs_of_one_time_only_one_is_newer(one: Stamp, other: Stamp) -> None:
    for same in (other, other._replace(occurred_at=one.occurred_at)):
        assert not (one.is_newer_than(same) and same.is_newer_than(one))
        if not one.ties_with(same):
            assert one.is_newer_than(same) == (one.occurred_at > same.occurred_at)


# ---- Any delivery ends in the same ---------------------------------------------------------------------


@given(histories())
def test_the_webhooks_say_what_the_history_says(history: History) -> None:
    for webhook in history.webhooks:
        read = interpret(open_envelope(webhook.message()), stored_secrets)
        assert sorted(read.events, key=lambda event: event.position) == list(webhook.events)


@given(delivered_histories())
def test_any_delivery_leaves_the_registers_that_one_in_order_leaves(delivered: tuple[History, Plan]) -> None:
    history, plan = delivered
    world = _after(history, plan)
    assert (world.members.records, world.channels.records) == _merged(history.events)
    assert world.parking.parked == []


@given(delivered_histories())
def test_any_delivery_answers_as_the_oracle_does_at_any_time(delivered: tuple[History, Plan]) -> None:
    history, plan = delivered
    world = _after(history, plan)
    for place in oracle.places(history.events):
        for now in history.telling_times:
            assert _answer(world, place, history.lease, now) == oracle.answer(history.events, place, history.lease, now)


_TINY = st.integers(1, 2)
_EVENTS_THAT_TIE = st.builds(
    PresenceEvent,
    provider=st.just("pubnub"),
    source=st.just("prod"),
    channel=st.just("room"),
    kind=st.sampled_from(
        (
            Kind.JOINED,
            Kind.STATE_CHANGED,
            Kind.LEFT,
            Kind.CHANNEL_VACATED,
            Kind.CHANNEL_OCCUPIED,
            Kind.OCCUPANCY_REPORTED,
        )
    ),
    user=st.just("u"),
    occurred_at=st.integers(1, 4),
    received_at=_TINY,
    resolution=_TINY,
    position=_TINY,
    state=st.sampled_from((None, "1", "2")),
    occupancy=st.sampled_from((None, 0, 1)),
)


@given(st.lists(_EVENTS_THAT_TIE, max_size=6))
def test_the_rules_answer_as_the_oracle_does_whatever_ties(events: list[PresenceEvent]) -> None:
    world = World()
    world.members.records, world.channels.records = _merged(events)
    place = oracle.Place("pubnub", "prod", "room")
    for now in range(1, 8):
        assert _answer(world, place, 2, now) == oracle.answer(events, place, 2, now)


@given(delivered_histories())
def test_the_log_holds_each_event_once(delivered: tuple[History, Plan]) -> None:
    history, plan = delivered
    records = _after(history, plan).log.records.values()
    assert len(records) == len(oracle.log(history.events))
    assert oracle.log(records) == oracle.log(history.events)


@given(delivered_histories())
def test_every_occupied_channel_is_listed_at_every_moment(delivered: tuple[History, Plan]) -> None:
    history, plan = delivered
    world = World()

    def everyone_is_listed() -> None:
        come = {key.channel for key, member in world.members.records.items() if presence.has_come(member)}
        declared = {key for key, channel in world.channels.records.items() if channel.occupied}
        assert come | declared <= world.directory.listed

    Queue(deque(history.deliveries(plan.order)), plan, after_each=everyone_is_listed).deliver(world.consumer)
    for place in oracle.places(history.events):
        for now in history.telling_times:
            answer = oracle.answer(history.events, place, history.lease, now)
            if answer.members or answer.declared_occupied:
                assert ChannelKey(*place) in world.directory.listed


@given(histories(), st.lists(st.integers(0, 5), min_size=1, max_size=4))
def test_retries_of_a_body_change_nothing(history: History, retried: list[int]) -> None:
    retries = [history.webhooks[number % len(history.webhooks)].received_later(number) for number in retried]
    events = [event for webhook in retries for event in webhook.events]
    assert _merged([*events, *history.events]) == _merged(history.events)


# ---- What fails comes again, and nothing else ----------------------------------------------------------


@given(histories(), st.integers(0, 40), st.sampled_from((Trouble.FAIL_BEFORE, Trouble.FAIL_AFTER)), st.booleans())
def test_a_failing_write_fails_exactly_the_webhooks_that_carry_it(
    history: History, number: int, trouble: Trouble, backwards: bool
) -> None:
    history = replace(history, webhooks=history.webhooks[:4])  # few enough to be logged in one part
    assert len(history.events) <= LOGGED_TOGETHER
    world, troubles = World(), Troubles({number: trouble})
    deliveries = history.deliveries()
    outcome = troubled(world.consumer(), troubles, backwards=backwards).consume(deliveries, lambda: False)
    carriers = {
        str(index)
        for index, webhook in enumerate(history.webhooks)
        if any(_is_carried_by(webhook.events, failed) for failed in troubles.failed)
    }
    assert outcome.retry == carriers

    again = [delivery for delivery in deliveries if delivery.message_id in outcome.retry]
    assert world.consumer().consume(again, lambda: False).retry == set()
    assert (world.members.records, world.channels.records) == _merged(history.events)
    assert world.log.records.keys() == {(event_channel(event), sort_key(event)) for event in history.events}


def test_a_failing_part_of_the_log_fails_only_the_webhooks_of_that_part() -> None:
    webhooks = [
        Webhook("pusher", "prod", START, (_event(Kind.CHANNEL_OCCUPIED, channel=f"room-{number}"),))
        for number in range(LOGGED_TOGETHER + 5)
    ]
    log = _LogThatFailsOnce(at=2)
    deliveries = History(tuple(webhooks), lease=1).deliveries()
    outcome = replace(World().consumer(), log=log).consume(deliveries, lambda: False)
    assert outcome.retry == {delivery.message_id for delivery in deliveries[LOGGED_TOGETHER:]}


_NO_NAME = "\ud800"  # half a character, which JSON can write and no table can hold
_HALF_STORABLE = Webhook(
    "pusher", "prod", START, (_event(Kind.JOINED, user="u"), _event(Kind.JOINED, user=_NO_NAME, position=1))
)


@given(delivered_histories(_HALF_STORABLE))
def test_what_no_record_can_hold_is_parked_and_all_else_applied(delivered: tuple[History, Plan]) -> None:
    history, plan = delivered
    world = _after(history, plan)
    storable = [event for event in history.events if event.user != _NO_NAME]
    assert (world.members.records, world.channels.records) == _merged(storable)
    assert {message for message, _ in world.parking.parked} == {_HALF_STORABLE.message()}


@pytest.mark.parametrize("number", range(3))
def test_a_webhook_is_not_parked_before_the_rest_of_it_is_applied(number: int) -> None:
    world = World()
    deliveries = History((_HALF_STORABLE,), lease=1).deliveries()
    failing = troubled(world.consumer(), Troubles({number: Trouble.FAIL_BEFORE}))
    assert failing.consume(deliveries, lambda: False).retry == {"0"}
    assert world.parking.parked == []
    assert world.consumer().consume(deliveries, lambda: False).retry == set()
    assert len(world.parking.parked) == 1


@dataclass
class _LogThatFailsOnce:
    at: int
    calls: int = 0

    def write(self, events: Iterable[PresenceEvent]) -> None:  # noqa: ARG002
        self.calls += 1
        if self.calls == self.at:
            raise Unavailable("Throttled.")


def _is_carried_by(events: tuple[PresenceEvent, ...], failed: object) -> bool:
    match failed:
        case MemberKey():
            return any(event_member(event) == failed for event in events if member_evidence(event))
        case ChannelKey():
            return any(event_channel(event) == failed for event in events if channel_evidence(event))
        case ("directory", channel):  # then nothing of the channel was written, were it only a leave
            return any(
                event_channel(event) == channel for event in events if member_evidence(event) or channel_evidence(event)
            )
        case list():  # the log, in one part
            return True
        case _:
            raise AssertionError(failed)


def _after(history: History, plan: Plan) -> World:
    world = World()
    Queue(deque(history.deliveries(plan.order)), plan).deliver(world.consumer)
    return world


def _merged(events: list[PresenceEvent]) -> tuple[dict[MemberKey, Member], dict[ChannelKey, Channel]]:
    members: dict[MemberKey, Member] = {}
    channels: dict[ChannelKey, Channel] = {}
    for event in events:
        if member := member_evidence(event):
            members[event_member(event)] = members.get(event_member(event), Member()).merge(member)
        if channel := channel_evidence(event):
            channels[event_channel(event)] = channels.get(event_channel(event), Channel()).merge(channel)
    return members, channels


def _answer(world: World, place: oracle.Place, lease: int, now: int) -> oracle.Answer:
    key = ChannelKey(*place)
    channel = world.channels.records.get(key, Channel())
    stays = [
        (of.session, presence.stay(of.user, member, channel))
        for of, member in sorted(world.members.records.items())
        if of.channel == key and presence.is_present(member, channel, lease, now)
    ]
    return oracle.Answer(
        members=tuple(
            oracle.Presence(stay.user, session, stay.since, stay.last_seen, stay.state) for session, stay in stays
        ),
        declared_occupied=presence.is_declared_occupied(channel, lease, now),
        reported_occupancy=presence.reported_occupancy(channel),
        occupied_since=presence.declared_occupied_since(channel)
        or min((stay.since for _, stay in stays), default=None),
    )
