"""Following the log: every event once, in each shard's order, whatever the shards do meanwhile."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pytest

from tools.aws import Aws
from tools.stack import Stack
from tools.tail import Stream, events
from tools.trouble import Trouble


class ExpiredIteratorException(Exception):
    pass


@dataclass
class Shard:
    parent: str | None = None
    closed: bool = False
    records: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Streams:
    """DynamoDB Streams, as far as a follower sees it: iterators are `shard:position`."""

    shards: dict[str, Shard]
    parameters: dict[str, str] = field(default_factory=dict)
    expired: set[str] = field(default_factory=set)
    arn: str = "arn"

    class exceptions:  # noqa: N801  as boto3 names it
        ExpiredIteratorException = ExpiredIteratorException

    def describe_stream(self, **question: str) -> Any:
        name = next(name for name in sorted(self.shards) if name > question.get("ExclusiveStartShardId", ""))
        shard = self.shards[name]
        ending = {"EndingSequenceNumber": "9"} if shard.closed else {}
        parent = {"ParentShardId": shard.parent} if shard.parent else {}
        described = {"ShardId": name, "SequenceNumberRange": {"StartingSequenceNumber": "0", **ending}, **parent}
        more = {} if name == max(self.shards) else {"LastEvaluatedShardId": name}  # pages of one shard
        return {"StreamDescription": {"Shards": [described], **more}}

    def get_shard_iterator(self, **question: str) -> Any:
        positions = {
            "LATEST": len(self.shards[question["ShardId"]].records),
            "TRIM_HORIZON": 0,
            "AFTER_SEQUENCE_NUMBER": int(question.get("SequenceNumber", 0)) + 1,
        }
        return {"ShardIterator": f"{question['ShardId']}:{positions[question['ShardIteratorType']]}"}

    def get_records(self, **question: str) -> Any:
        iterator = question["ShardIterator"]
        if iterator in self.expired:
            raise ExpiredIteratorException
        name, position = iterator.split(":")
        shard = self.shards[name]
        onward = {} if shard.closed else {"NextShardIterator": f"{name}:{len(shard.records)}"}
        return {"Records": shard.records[int(position) :], **onward}

    def add(self, shard: str, user: str, *, name: str = "INSERT", pk: str = "pubnub#main#lobby") -> None:
        records = self.shards[shard].records
        image = {
            "pk": {"S": pk},
            "kind": {"S": "joined"},
            "user": {"S": user},
            "occurred_at": {"N": "1754042400000"},
            "received_at": {"N": "1754042400000"},
        }
        records.append({"eventName": name, "dynamodb": {"SequenceNumber": str(len(records)), "NewImage": image}})

    # ---- The other clients that following asks ----

    def describe_stacks(self, **_question: str) -> Any:
        parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()]
        return {"Stacks": [{"Parameters": parameters}]}

    def describe_table(self, **_question: str) -> Any:
        return {"Table": {"LatestStreamArn": self.arn} if self.arn else {}}


@dataclass
class Clients:
    streams: Streams

    @property
    def cloudformation(self) -> Streams:
        return self.streams

    @property
    def dynamodb(self) -> Streams:
        return self.streams


def stack_of(streams: Streams) -> Stack:
    clients: Any = Clients(streams)
    aws: Aws = clients
    return Stack("rollcall", aws, {"EventsTable": "events"})


def users(streams: Streams, count: int, meanwhile: Iterator[object]) -> list[str]:
    """Who the next events are about; what happens meanwhile happens step by step while nothing comes."""
    arriving = events(stack_of(streams), sleep=lambda _seconds: next(meanwhile))
    return [event["user"] for event in islice(arriving, count)]


def test_what_was_there_before_is_left_out_and_what_comes_is_told_once() -> None:
    streams = Streams({"a": Shard()})
    streams.add("a", "before")

    def meanwhile() -> Iterator[None]:
        for user in ("ann", "bob", "cem"):
            streams.add("a", user)
            yield

    assert users(streams, 3, meanwhile()) == ["ann", "bob", "cem"]


def test_an_event_tells_what_the_log_holds_of_it() -> None:
    streams = Streams({"a": Shard()})
    arriving = events(stack_of(streams), sleep=lambda _seconds: streams.add("a", "ann", pk="pubnub#main#a%23b%25"))
    assert next(arriving) == {
        "occurred_at": "2025-08-01T10:00:00.000Z",
        "source": "pubnub/main",
        "channel": "a#b%",
        "kind": "joined",
        "user": "ann",
        "occupancy": None,
        "reason": "",
    }


def test_repetitions_deletions_and_the_calendar_are_no_events() -> None:
    streams = Streams({"a": Shard()})

    def meanwhile() -> Iterator[None]:
        streams.add("a", "again", name="MODIFY")
        streams.add("a", "gone", name="REMOVE")
        streams.add("a", "page", pk="expiring.20250801.3")
        streams.add("a", "ann")
        yield

    assert users(streams, 1, meanwhile()) == ["ann"]


def test_a_shard_that_ends_is_read_to_its_end_before_its_children() -> None:
    streams = Streams({"a": Shard()})

    def meanwhile() -> Iterator[None]:
        streams.shards["b"] = Shard(parent="a")
        streams.add("b", "second")
        streams.add("a", "first")
        streams.shards["a"].closed = True
        yield
        streams.add("b", "third")
        yield

    assert users(streams, 3, meanwhile()) == ["first", "second", "third"]


def test_a_closed_shard_of_the_past_is_not_read() -> None:
    streams = Streams({"a": Shard(closed=True), "b": Shard(parent="a")})
    streams.add("a", "before")

    def meanwhile() -> Iterator[None]:
        streams.add("b", "ann")
        yield

    assert users(streams, 1, meanwhile()) == ["ann"]


def test_a_shard_that_appears_beside_the_others_is_read_from_its_beginning() -> None:
    streams = Streams({"a": Shard()})
    times = iter([0.0, *[11.0] * 99])
    client: Any = streams
    stream = Stream(client, "arn", clock=lambda: next(times))
    stream.begin()
    streams.shards["b"] = Shard()
    streams.add("b", "ann")
    found = [*stream.read(), *stream.read()]
    assert [record["dynamodb"]["NewImage"]["user"]["S"] for record in found] == ["ann"]


def test_after_a_sleep_of_this_machine_it_goes_on_where_it_was() -> None:
    streams = Streams({"a": Shard()})

    def meanwhile() -> Iterator[None]:
        streams.add("a", "ann")
        yield
        streams.expired.add("a:1")
        streams.add("a", "bob")
        yield
        streams.expired.clear()
        yield

    assert users(streams, 2, meanwhile()) == ["ann", "bob"]


def test_where_no_log_is_kept_it_says_so_instead_of_waiting() -> None:
    streams = Streams({"a": Shard()}, parameters={"LogEvents": "DISABLED"})
    with pytest.raises(Trouble, match="keeps no log"):
        events(stack_of(streams))


def test_a_table_without_a_stream_as_one_from_a_backup_is_told_instead_of_waited_for() -> None:
    with pytest.raises(Trouble, match="has no stream"):
        events(stack_of(Streams({"a": Shard()}, arn="")))


def test_for_shards_that_end_together_their_children_are_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB answers that question ten times a second, and a busy table has hundreds of shards."""
    streams = Streams({"a": Shard(), "b": Shard()})
    looks: list[dict[str, str]] = []
    describe = streams.describe_stream

    def counted(**question: str) -> Any:
        looks.append(question)
        return describe(**question)

    monkeypatch.setattr(streams, "describe_stream", counted)
    client: Any = streams
    stream = Stream(client, "arn")
    stream.begin()
    streams.shards |= {"a": Shard(closed=True), "b": Shard(closed=True), "c": Shard("a"), "d": Shard("b")}
    looks.clear()
    list(stream.read())
    assert [one for one in looks if "ExclusiveStartShardId" not in one] == [{"StreamArn": "arn"}]
    for shard in ("c", "d"):
        streams.add(shard, shard)
    assert len(list(stream.read())) == 2
