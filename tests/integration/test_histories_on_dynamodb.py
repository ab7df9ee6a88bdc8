"""The same histories on DynamoDB, in the very tables that the template describes."""

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import reduce
from itertools import count
from typing import TYPE_CHECKING

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from rollcall import keys, records
from rollcall.channel_directory import PARTITION
from rollcall.consume import Consumer
from rollcall.events import Kind, PresenceEvent
from rollcall.keys import ChannelKey, MemberKey, SourceKey
from rollcall.merge import Member, stamps
from rollcall.presence import has_come
from rollcall.presence_table import RegistersTable
from rollcall.read_shapes import MemberOfChannel, Members, OccupiedChannel
from rollcall.reading import Reading
from rollcall.retention import Retention
from rollcall.timestamps import to_iso
from tests import oracle
from tests.fakes import MemoryParking, Queue, contended
from tests.histories import MEMBERS, START, History, Plan, Webhook, delivered_histories, stored_secrets
from tests.integration.tables import RETENTION
from tools.own_rollcall import OwnRollcall
from tools.template import table_definition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

type Item = dict[str, "AttributeValueTypeDef"]

_RETENTION = RETENTION.model_copy(update={"lease_minutes": 1})
# What says when something was written, or when the trimmer looks at it, and not what is known.
TIMERS = ("arrived", "shelf")
ENTRY = ("refreshed_at", "expires_at")
_DEFINITIONS = {name: table_definition(name) for name in ("Presence", "Events")}
_NUMBERS = count()

a_tenth = settings(max_examples=max(1, settings().max_examples // 10))  # moto is slower than a dict, and tells less


@dataclass(frozen=True)
class Tables:
    client: "DynamoDBClient"
    presence: str
    events: str

    def own(self, now: int) -> OwnRollcall:
        return OwnRollcall(
            self.client,
            lambda: now,
            self.presence,
            self.events,
            retention=_retention_of,
            secrets=stored_secrets,
            parking=MemoryParking(),
        )

    def consumer(self) -> Consumer:
        return self.own(START).consumer()

    def items(self, table: str) -> list[Item]:
        return self.client.scan(TableName=table)["Items"]

    def contents(self) -> tuple[dict[tuple[str, str], Item], dict[tuple[str, str], Item]]:
        """Everything in both tables but when it was written, and how often: the intake's figures."""
        return (
            {
                _id(item): _without(item, *(ENTRY if item["pk"]["S"] == PARTITION else TIMERS))
                for item in self.items(self.presence)
                if item["pk"]["S"] != "intake"
            },
            {_id(item): _without(item, "received_at", "expires_at") for item in self.logged()},
        )

    def logged(self) -> list[Item]:
        return [item for item in self.items(self.events) if "kind" in item]  # the others are the calendar

    def reading(self, now: int) -> Reading:
        return self.own(now).reading()


@pytest.fixture(scope="module")  # tables are made anew for each history, moto only once
def dynamodb() -> "Iterator[DynamoDBClient]":
    with mock_aws():
        yield boto3.client(
            "dynamodb", region_name="eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing"
        )


@a_tenth
@given(delivered=delivered_histories())
def test_any_delivery_leaves_the_same_tables(dynamodb: "DynamoDBClient", delivered: tuple[History, Plan]) -> None:
    history, plan = delivered
    with _tables(dynamodb) as tables, _tables(dynamodb) as in_order:
        _deliver(history, plan, tables)
        for delivery in history.deliveries():
            assert in_order.consumer().consume([delivery], lambda: False).retry == set()
        presences, events = tables.contents()
        expected_presences, expected_events = in_order.contents()
        assert presences == expected_presences
        assert events == expected_events


@a_tenth
@given(delivered=delivered_histories())
def test_the_read_api_answers_as_the_oracle_does(dynamodb: "DynamoDBClient", delivered: tuple[History, Plan]) -> None:
    history, plan = replace(delivered[0], lease=_RETENTION.lease), delivered[1]
    with _tables(dynamodb) as tables:
        _deliver(history, plan, tables)
        for now in _some(history.telling_times):
            told = {
                place: oracle.answer(history.events, place, history.lease, now)
                for place in oracle.places(history.events)
            }
            reading = tables.reading(now)
            for place, answer in told.items():
                assert _by_name(reading.members(ChannelKey(*place), 1000, "")) == _members(place, answer)
            for source in {SourceKey(place.provider, place.source) for place in told}:
                of_source = {place: answer for place, answer in told.items() if place[:2] == source}
                assert reading.channels(source, "", 1000, "").channels == _occupied(history, of_source)
                for user in {event.user for event in history.events if event.user}:
                    whereabouts = reading.whereabouts(source, user, 1000, "")
                    assert {place.channel: place.since for place in whereabouts.channels} == _where(user, of_source)
                    assert whereabouts.online == bool(whereabouts.channels)


@a_tenth
@given(delivered=delivered_histories())
def test_the_table_of_events_holds_each_event_once(dynamodb: "DynamoDBClient", delivered: tuple[History, Plan]) -> None:
    history, plan = delivered
    with _tables(dynamodb) as tables:
        _deliver(history, plan, tables)
        assert len(tables.logged()) == len(oracle.log(history.events))


@a_tenth
@given(
    own=st.lists(MEMBERS.filter(stamps), min_size=1, max_size=3),
    rivals=st.lists(st.none() | MEMBERS.filter(stamps), max_size=9),
)
def test_writers_of_one_record_at_once_lose_nothing(
    dynamodb: "DynamoDBClient", own: list[Member], rivals: list[Member | None]
) -> None:
    key = MemberKey(ChannelKey("pusher", "prod", "room"), "u", "")
    with _tables(dynamodb) as tables:
        registers = RegistersTable(dynamodb, tables.presence, records.MEMBERS, _retention_of)
        contended(registers, key, own, rivals)
        (item,) = tables.items(tables.presence)
        assert records.to_member(item) == reduce(Member.merge, [*own, *filter(None, rivals)])
        assert ("here" in item) == has_come(records.to_member(item))


def test_who_joins_two_channels_at_once_is_logged_in_both(dynamodb: "DynamoDBClient") -> None:
    join = PresenceEvent(
        provider="pubnub",
        source="prod",
        channel="one",
        kind=Kind.JOINED,
        user="u",
        occurred_at=START,
        received_at=START,
        occupancy=1,
    )
    webhooks = [
        Webhook("pubnub legacy", "prod", START, (replace(join, channel=channel),)) for channel in ("one", "other")
    ]
    with _tables(dynamodb) as tables:
        tables.consumer().consume(History(tuple(webhooks), lease=1).deliveries(), lambda: False)
        assert {item["pk"]["S"] for item in tables.logged()} == {"pubnub#prod#one", "pubnub#prod#other"}


def _by_name(members: Members) -> Members:
    return members.model_copy(update={"members": sorted(members.members, key=lambda member: member.user)})


def _members(place: oracle.Place, answer: oracle.Answer) -> Members:
    return Members(
        channel=place.channel,
        occupancy=len(answer.members),
        reported_occupancy=answer.reported_occupancy,
        members=[
            MemberOfChannel(
                user=member.user,
                since=to_iso(member.since),
                last_seen=to_iso(member.last_seen),
                state=None if member.state is None else json.loads(member.state),
            )
            for member in answer.members
        ],
        next=None,
    )


def _occupied(history: History, told: Mapping[oracle.Place, oracle.Answer]) -> list[OccupiedChannel]:
    """By name. The provider's word alone counts only for a channel of which no member was ever heard."""
    heard_of = oracle.places(event for event in history.events if event.user)
    return [
        OccupiedChannel(
            channel=place.channel,
            occupancy=len(answer.members),
            reported_occupancy=answer.reported_occupancy,
            occupied_since=None if answer.occupied_since is None else to_iso(answer.occupied_since),
        )
        for place, answer in sorted(told.items(), key=lambda entry: keys.join(*entry[0]))
        if answer.members or (answer.declared_occupied and place not in heard_of)
    ]


def _where(user: str, told: Mapping[oracle.Place, oracle.Answer]) -> dict[str, str]:
    return {
        place.channel: to_iso(member.since)
        for place, answer in told.items()
        for member in answer.members
        if member.user == user
    }


def _some(times: Sequence[int]) -> Sequence[int]:
    return times[:: max(1, len(times) // 5)]  # reading all of them would take minutes


def _deliver(history: History, plan: Plan, tables: Tables) -> None:
    Queue(deque(history.deliveries(plan.order)), plan).deliver(tables.consumer)


@contextmanager
def _tables(client: "DynamoDBClient") -> Iterator[Tables]:
    number = next(_NUMBERS)
    tables = Tables(client, presence=f"presence-{number}", events=f"events-{number}")
    names = {"Presence": tables.presence, "Events": tables.events}
    for resource, name in names.items():
        client.create_table(TableName=name, **_DEFINITIONS[resource])
    yield tables
    for name in names.values():
        client.delete_table(TableName=name)


def _retention_of(_source: SourceKey) -> Retention:
    return _RETENTION


def _id(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def _without(item: Item, *names: str) -> Item:
    return {name: value for name, value in item.items() if name not in names}
