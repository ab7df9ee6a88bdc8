"""The log of events as it grows, read from the stream of the table Events."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rollcall.keys import channel_of
from rollcall.timestamps import to_iso
from tools.names import written
from tools.stack import Stack
from tools.trouble import Trouble

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_dynamodbstreams.type_defs import RecordTypeDef, ShardTypeDef

POLL_SECONDS = 1.0  # a shard may be read five times a second, by all who read it together
LOOK_SECONDS = 10.0  # for new shards; DynamoDB begins one every few hours, or when much more is written

type Event = dict[str, Any]


def events(stack: Stack, sleep: Callable[[float], object] = time.sleep) -> Iterator[Event]:
    """What is logged from this call on, without end. Raises `Trouble` where nothing is."""
    # The table knows it, and not the stack: a table that was restored from a backup has another one, or none.
    arn = stack.aws.dynamodb.describe_table(TableName=stack.events_table)["Table"].get("LatestStreamArn")
    if arn is None:
        raise Trouble(
            f"The table {stack.events_table} has no stream: switch it on, with new images, or deploy it again."
        )
    if not _is_logging(stack):
        raise Trouble(f"The stack {stack.name} keeps no log of events: its parameter LogEvents is DISABLED.")
    stream = Stream(stack.aws.streams, arn)
    stream.begin()
    return _arriving(stream, sleep)


def _arriving(stream: "Stream", sleep: Callable[[float], object]) -> Iterator[Event]:
    while True:
        for record in stream.read():
            if record["eventName"] == "INSERT":  # a repeated webhook writes the same record again
                image = record["dynamodb"]["NewImage"]
                if "#" in image["pk"]["S"]:  # or it is of the calendar, which stands in the same table
                    yield _event(image)
        sleep(POLL_SECONDS)


@dataclass
class _Reader:
    """Where we are in one shard; `after` is the last record that was read."""

    iterator: str
    after: str | None = None


@dataclass
class Stream:
    """All shards of one stream, parents before their children, for what follows in time may stand in a child."""

    client: "DynamoDBStreamsClient"
    arn: str
    clock: Callable[[], float] = time.monotonic
    _readers: dict[str, _Reader] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)
    _looked_at: float = 0.0

    def begin(self) -> None:
        """Reads begin here; what is in the stream already is left out."""
        for shard in self._shards():
            self._known.add(shard["ShardId"])
            if "EndingSequenceNumber" not in shard["SequenceNumberRange"]:
                self._open(shard["ShardId"], "LATEST")
        self._looked_at = self.clock()

    def read(self) -> "Iterator[RecordTypeDef]":
        """What has come since the last time."""
        for name, reader in list(self._readers.items()):
            yield from self._read(name, reader)
        if self.clock() - self._looked_at >= LOOK_SECONDS:
            self._look()

    def _read(self, name: str, reader: _Reader) -> "Iterator[RecordTypeDef]":
        try:
            page = self.client.get_records(ShardIterator=reader.iterator)
        except self.client.exceptions.ExpiredIteratorException:  # after 15 minutes, in which this machine slept
            self._reopen(name, reader)
            return
        for record in page["Records"]:
            reader.after = record["dynamodb"]["SequenceNumber"]
            yield record
        reader.iterator = page.get("NextShardIterator", "")
        if not reader.iterator:
            del self._readers[name]
            self._looked_at = -math.inf  # its children go on from here; of many that end together we look once

    def _look(self) -> None:
        self._looked_at = self.clock()
        for shard in self._shards():
            if shard["ShardId"] not in self._known and shard.get("ParentShardId") not in self._readers:
                self._known.add(shard["ShardId"])
                self._open(shard["ShardId"], "TRIM_HORIZON")

    def _open(self, name: str, where: Any, **after: str) -> None:
        answer = self.client.get_shard_iterator(StreamArn=self.arn, ShardId=name, ShardIteratorType=where, **after)
        self._readers[name] = _Reader(answer["ShardIterator"], after.get("SequenceNumber"))

    def _reopen(self, name: str, reader: _Reader) -> None:
        if reader.after is None:
            self._open(name, "LATEST")
        else:
            self._open(name, "AFTER_SEQUENCE_NUMBER", SequenceNumber=reader.after)

    def _shards(self) -> "Iterator[ShardTypeDef]":
        question: Any = {"StreamArn": self.arn}
        while True:
            description = self.client.describe_stream(**question)["StreamDescription"]
            yield from description["Shards"]
            if "LastEvaluatedShardId" not in description:
                return
            question["ExclusiveStartShardId"] = description["LastEvaluatedShardId"]


def _is_logging(stack: Stack) -> bool:
    description = stack.aws.cloudformation.describe_stacks(StackName=stack.name)["Stacks"][0]
    parameters = {one["ParameterKey"]: one["ParameterValue"] for one in description.get("Parameters", [])}
    return parameters.get("LogEvents") != "DISABLED"


def _event(image: Any) -> Event:
    channel = channel_of(image["pk"]["S"])
    occupancy = image.get("occupancy")
    return {
        "occurred_at": to_iso(int(image["occurred_at"]["N"])),
        "source": written(channel.of_source),
        "channel": channel.channel,
        "kind": image["kind"]["S"],
        "user": image.get("user", {"S": ""})["S"],
        "occupancy": None if occupancy is None else int(occupancy["N"]),
        "reason": image.get("reason", {"S": ""})["S"],
    }
