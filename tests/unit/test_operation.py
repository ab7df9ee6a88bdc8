"""What operators are told: what becomes of webhooks, what waits, how the trimmer does, and how a source is set up."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from rollcall import provider, tokens
from rollcall.backlog import OldestMessage, Queue
from rollcall.channel_directory import ChannelDirectory
from rollcall.errors import NotFound, Unavailable
from rollcall.intake_figures import KEPT, SPAN, IntakeFigures
from rollcall.keys import ChannelKey, SourceKey
from rollcall.operation import Operation
from rollcall.tally import APPLIED, Last, Tally
from rollcall.timestamps import to_iso
from rollcall.trimming import Bookmark, Run, Trimmed
from rollcall.waiting import Waiting
from tools.memory_dynamodb import MemoryDynamoDB
from tools.own_rollcall import OwnRollcall, tables_in_memory, usual_retention

NOW = 1_800_000_000_000 + 123  # Unix milliseconds, shortly after a mark of five minutes
HOUR = 3_600_000
MAIN = SourceKey("pusher", "main")

NO_ANSWER = EndpointConnectionError(endpoint_url="https://monitoring.example/")
REFUSED = ClientError({"Error": {"Code": "AccessDenied"}}, "GetMetricData")


@dataclass
class Sqs:
    """A queue with so many messages that wait and that are in flight."""

    visible: int = 0
    in_flight: int = 0
    trouble: Exception | None = None

    def get_queue_attributes(self, **asked: Any) -> dict[str, Any]:
        if self.trouble:
            raise self.trouble
        known = {
            "ApproximateNumberOfMessages": self.visible,
            "ApproximateNumberOfMessagesNotVisible": self.in_flight,
            "DelaySeconds": 1_000_000,
        }
        return {"Attributes": {name: str(known[name]) for name in asked["AttributeNames"]}}


@dataclass
class CloudWatch:
    values: list[float] = field(default_factory=list)
    trouble: Exception | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    def get_metric_data(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        if self.trouble:
            raise self.trouble
        return {"MetricDataResults": [{"Id": "age", "Values": self.values}]}


@dataclass
class World:
    memory: MemoryDynamoDB = field(default_factory=tables_in_memory)
    webhooks: Sqs = field(default_factory=Sqs)
    parked: Sqs = field(default_factory=Sqs)
    cloudwatch: CloudWatch = field(default_factory=CloudWatch)

    @property
    def hidden(self) -> Waiting:
        return Waiting(self.memory.as_boto3, "Presence")

    @property
    def operation(self) -> Operation:
        webhooks: Any = self.webhooks
        parked: Any = self.parked
        cloudwatch: Any = self.cloudwatch
        return Operation(
            presence=OwnRollcall(self.memory.as_boto3, lambda: NOW).reader(),
            figures=IntakeFigures(self.memory.as_boto3, "Presence"),
            bookmark=Bookmark(self.memory.as_boto3, "Presence"),
            webhooks=Queue(webhooks, "https://sqs.example/1/webhooks"),
            parked=Queue(parked, "https://sqs.example/1/parked"),
            oldest=OldestMessage(cloudwatch, "https://sqs.example/1/webhooks"),
            hidden=self.hidden,
            url_secret=lambda: "secret",
            now=lambda: NOW,
        )

    def count(
        self, source: SourceKey, at: int, last: Last | None = None, wait: int | None = None, **counts: int
    ) -> None:
        tally = Tally(Counter(counts), wait, last or Last(at, APPLIED))
        self.operation.figures.add(source, tally, at)

    def list_channels(self, *channels: ChannelKey) -> None:
        directory = ChannelDirectory(self.memory.as_boto3, "Presence", usual_retention, lambda: NOW)
        for channel in channels:
            directory.ensure(channel)


@pytest.fixture
def world() -> World:
    return World()


# ---- Figures -------------------------------------------------------------------------------------------


def test_an_hour_of_a_source_is_told(world: World) -> None:
    world.count(MAIN, NOW - 30 * 60_000, wait=70, received=2, applied=1, retried=1, events=5, late=2, repeated=1)
    world.count(
        MAIN, NOW, Last(NOW - 7, "unverified", "Why."), received=3, parked_unverified=2, parked_missing_secret=1
    )
    (told,) = world.operation.intake().sources
    assert told.model_dump() == {
        "provider": "pusher",
        "source": "main",
        "received": 5,
        "applied": 1,
        "retried": 1,
        "parked": {"unverified": 2, "missing_secret": 1},
        "events": 5,
        "late": 2,
        "repeated": 1,
        "not_understood": 0,
        "unknown_kinds": [],
        "may_have_lost_events": 0,
        "longest_wait_ms": 70,
        "last_received_at": to_iso(NOW - 7),
        "last_outcome": "unverified",
    }


def test_figures_begin_an_hour_ago_where_their_records_do(world: World) -> None:
    since = NOW - NOW % SPAN - HOUR
    told = world.operation.intake()
    assert (told.now, told.since) == (to_iso(NOW), to_iso(since))
    world.count(MAIN, since - 1, received=1)
    world.count(MAIN, since, received=10)
    assert [source.received for source in world.operation.intake().sources] == [10]


def test_sources_are_told_that_have_sent_this_week_or_have_channels_and_no_others(world: World) -> None:
    world.count(SourceKey("pubnub", "long-ago"), NOW - KEPT - SPAN, received=1)
    world.count(SourceKey("pubnub", "long-ago-and-listed"), NOW - KEPT - SPAN, received=1)
    world.count(SourceKey("yalgaar", "silent-today"), NOW - KEPT + SPAN, received=1)
    world.count(SourceKey("pubnub", "main"), NOW, received=1)
    world.list_channels(
        ChannelKey("pubnub", "main", "room"),
        ChannelKey("pubnub", "only-listed", "room"),
        ChannelKey("pubnub", "long-ago-and-listed", "room"),
    )
    assert [(told.provider, told.source, told.received) for told in world.operation.intake().sources] == [
        ("pubnub", "long-ago-and-listed", 0),
        ("pubnub", "main", 1),
        ("pubnub", "only-listed", 0),
        ("yalgaar", "silent-today", 0),
    ]


def test_names_of_sources_that_begin_alike_are_told_apart(world: World) -> None:
    sources = [SourceKey("pubnub", name) for name in ("a", "a!", "a#", "a$", "a$b", "a%23", "a-b", "ab", "ä", "🦀")]
    world.list_channels(
        *(ChannelKey(*source, channel) for source in sources for channel in ("", "#", "room", "￿", "🦀"))
    )
    assert set(world.operation.presence.sources()) == set(sources)


def test_listing_sources_reads_one_record_of_each(world: World) -> None:
    world.list_channels(*(ChannelKey("pubnub", name, f"room-{n}") for name in ("a", "b") for n in range(500)))
    world.memory.consumed.clear()
    assert len(list(world.operation.presence.sources())) == 2
    assert world.memory.consumed[("Presence", "read")] <= 3 * 0.5  # the last one finds nothing


# ---- What waits ----------------------------------------------------------------------------------------


def test_what_waits_is_told_in_flight_or_not(world: World) -> None:
    world.webhooks, world.parked, world.cloudwatch.values = Sqs(3, 4), Sqs(5, 6), [90.0, 30.0]
    told = world.operation.intake()
    assert (told.waiting, told.oldest_waiting_seconds, told.parked_waiting) == (7, 90, 11)


def test_where_nothing_waits_nothing_has_waited_and_cloudwatch_is_not_asked(world: World) -> None:
    world.cloudwatch.values = [90.0]  # of minutes ago
    assert world.operation.intake().oldest_waiting_seconds == 0
    assert world.cloudwatch.asked == []


@pytest.mark.parametrize(("told", "expected"), [([], 40), ([30.0], 40), ([90.0], 90)])
def test_what_failed_and_is_hidden_until_it_comes_again_waits_as_well(
    world: World, told: list[float], expected: int
) -> None:
    world.webhooks, world.cloudwatch.values = Sqs(in_flight=2), told
    world.hidden.note(NOW - 40_000, NOW + 90_000)
    world.hidden.note(NOW - 10_000, NOW + 10_000)
    assert world.operation.intake().oldest_waiting_seconds == expected


def test_what_has_come_again_since_is_hidden_no_more(world: World) -> None:
    world.webhooks = Sqs(1)
    world.hidden.note(NOW - 400_000, NOW - 60_000)
    world.hidden.note(NOW - 10_000, NOW)
    assert world.operation.intake().oldest_waiting_seconds == 10


def test_of_those_that_come_again_in_one_minute_the_oldest_counts_in_whatever_order_they_are_noted(
    world: World,
) -> None:
    world.webhooks = Sqs(1)
    for waited in (20, 50, 30):
        world.hidden.note(NOW - waited * 1000, NOW + 5_000)
    assert world.operation.intake().oldest_waiting_seconds == 50


@pytest.mark.parametrize("cloudwatch", [CloudWatch(), CloudWatch(trouble=NO_ANSWER), CloudWatch(trouble=REFUSED)])
def test_without_a_word_of_cloudwatch_the_rest_is_told(world: World, cloudwatch: CloudWatch) -> None:
    world.webhooks, world.cloudwatch = Sqs(1), cloudwatch
    told = world.operation.intake()
    assert (told.waiting, told.oldest_waiting_seconds) == (1, None)


def test_cloudwatch_is_asked_of_the_right_queue_and_the_last_minutes(world: World) -> None:
    world.webhooks = Sqs(1)
    _ = world.operation.intake()
    (asked,) = world.cloudwatch.asked
    metric = asked["MetricDataQueries"][0]["MetricStat"]["Metric"]
    assert metric["Dimensions"] == [{"Name": "QueueName", "Value": "webhooks"}]
    assert asked["EndTime"] == datetime.fromtimestamp(NOW // 1000, UTC)
    assert 300 <= (asked["EndTime"] - asked["StartTime"]).total_seconds() <= 900


def test_a_queue_that_does_not_answer_is_unavailable(world: World) -> None:
    world.webhooks = Sqs(trouble=NO_ANSWER)
    with pytest.raises(Unavailable):
        world.operation.intake()


# ---- The trimmer ---------------------------------------------------------------------------------------


def test_the_trimmers_last_runs_are_told_and_those_that_there_never_were(world: World) -> None:
    world.operation.bookmark.write(Trimmed.MEMBERS, "", Run(NOW - 5, complete=True))
    world.operation.bookmark.write(Trimmed.EVENTS, "here", Run(NOW - 9, complete=False))
    assert [run.model_dump(mode="json") for run in world.operation.intake().trimmer] == [
        {"kind": "members", "ran_at": to_iso(NOW - 5), "complete": True},
        {"kind": "tombstones", "ran_at": None, "complete": None},
        {"kind": "events", "ran_at": to_iso(NOW - 9), "complete": False},
    ]


# ---- Setting up ----------------------------------------------------------------------------------------


def test_every_provider_is_told_how_to_be_set_up(world: World) -> None:
    assert [told.provider for told in world.operation.setups().providers] == provider.names()


@pytest.mark.parametrize("name", provider.names())
def test_the_address_of_a_source_is_one_that_ingest_takes(world: World, name: str) -> None:
    told = world.operation.setup(SourceKey(name, "main"))
    webhooks, of, source, token = told.path.split("/")
    assert (webhooks, of, source) == ("webhooks", name, "main")
    assert tokens.is_token(token, ("secret",), name, "main")


def test_whether_webhooks_arrive_is_told_of_the_last_one(world: World) -> None:
    assert _arrived(world) == (None, None, "")
    world.count(MAIN, NOW - 2 * HOUR, applied=1)
    assert _arrived(world) == (to_iso(NOW - 2 * HOUR), APPLIED, "")
    world.count(MAIN, NOW, Last(NOW - 7, "unverified", "Why."), parked_unverified=1)
    assert _arrived(world) == (to_iso(NOW - 7), "unverified", "Why.")
    assert replace(world.operation, now=lambda: NOW + KEPT + SPAN).setup(MAIN).last_received_at is None


def test_a_provider_that_there_is_not_cannot_be_set_up(world: World) -> None:
    for name in ("nobody", "", "..", "Pusher"):
        with pytest.raises(NotFound):
            world.operation.setup(SourceKey(name, "main"))


def _arrived(world: World) -> tuple[str | None, str | None, str]:
    told = world.operation.setup(MAIN)
    return told.last_received_at, told.last_outcome, told.last_sentence
