"""Reading the table Presence: who is in a channel, where a user is, which channels are listed.

Reading a channel costs in proportion to the entries of its part of the sparse index, never to those who ever were.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import batched, chain, groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from rollcall import keys, presence
from rollcall.aws import Sleep, attempts, unavailable_on_failure
from rollcall.channel_directory import PARTITION, Entry
from rollcall.each import Each
from rollcall.errors import Unavailable
from rollcall.keys import ChannelKey, MemberKey, SourceKey
from rollcall.merge import Channel, Member
from rollcall.records import Attributes, above, channel_key, to_channel, to_member

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# All that says who is there, and since when: whoever is in the index has not left since joining.
_SIGNS = "pk, sk, arrived, seen, joined"
_LARGEST_GET = 100  # keys, the most that DynamoDB takes in one request


type RecordKey = tuple[str, str]
"""The partition key and the sort key of a record."""

type Entries = Sequence[RecordKey]
"""Those of one user in one channel."""


class Indexed(NamedTuple):
    """A member in the index of those present, and where it stands there (see `keys.arrival_key`)."""

    arrival: str
    key: MemberKey
    member: Member


class Place(NamedTuple):
    """A channel that a user is or was in."""

    member: Member
    channel_key: ChannelKey
    channel: Channel


@dataclass(frozen=True)
class PresenceReader:
    """All methods raise `Unavailable` when DynamoDB does not answer."""

    client: "DynamoDBClient"
    table: str
    sleep: Sleep = field(default=time.sleep, kw_only=True)

    def channel(self, key: ChannelKey) -> Channel:
        with unavailable_on_failure("Reading a channel"):
            # Consistent, so that no one is shown who was vacated before the question was asked.
            answer = self.client.get_item(TableName=self.table, Key=channel_key(key), ConsistentRead=True)
        return to_channel(answer.get("Item", {}))

    def channels(self, wanted: Sequence[ChannelKey], each: Each = map) -> list[Channel]:
        """The same of many channels, in their order; several requests at once by `each`."""
        entries = [(str(key), keys.CHANNEL_ITSELF) for key in wanted]
        known = self._get_all(entries, each, consistent=True)
        return [to_channel(known.get(entry, {})) for entry in entries]

    def present(
        self, key: ChannelKey, channel: Channel, lease: int, now: int, *, after: str = "", at_once: int = 1000
    ) -> Iterator[Indexed]:
        """The members who are present, by their arrival, from behind the arrival `after`."""
        query: dict[str, Any] = {**_present(key, channel, lease, now), "Limit": at_once}
        if after:
            own = {"here": str(key), "pk": str(key), "sk": keys.sort_key_of_arrival(after), "arrived": after}
            query["ExclusiveStartKey"] = {name: {"S": value} for name, value in own.items()}
        return (one for one in self._indexed(query) if presence.is_present(one.member, channel, lease, now))

    def arrived_by(self, key: ChannelKey, time: int) -> Iterator[Indexed]:
        """The members in the index who came at `time` or before, present or not."""
        return self._indexed(_arrived(key, "<", time + 1))

    def first_arrived_after(self, key: ChannelKey, time: int) -> int | None:
        """When the first member came of those in the index who came after `time`."""
        for page in self._pages(**_arrived(key, ">=", time + 1), Limit=1):
            for item in page["Items"]:
                return keys.time_of_arrival(item["arrived"]["S"])
        return None

    def count(self, key: ChannelKey, channel: Channel, lease: int, now: int) -> int:
        """How many members are present."""
        query = _present(key, channel, lease, now)
        if channel.vacated is None:
            return sum(page["Count"] for page in self._pages(**query, Select="COUNT"))
        # Within the second in which it was vacated the table cannot tell.
        return sum(1 for _ in self.signs(key, channel, lease, now))

    def signs(self, key: ChannelKey, channel: Channel, lease: int, now: int) -> Iterator[Member]:
        """The members who are present, without what they carry: states may be large."""
        query = {**_present(key, channel, lease, now), "ProjectionExpression": _SIGNS}
        return (one.member for one in self._indexed(query) if presence.is_present(one.member, channel, lease, now))

    def has_known_members(self, key: ChannelKey) -> bool:
        """Whether anybody is known to have been in the channel, present or not."""
        with unavailable_on_failure("Reading a channel"):
            answer = self.client.query(
                TableName=self.table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :member)",
                ExpressionAttributeValues={":pk": {"S": str(key)}, ":member": {"S": keys.MEMBER}},
                Limit=1,
                Select="COUNT",
            )
        return answer["Count"] > 0

    def listed(self, prefix: str, *, after: str = "") -> Iterator[Entry]:
        """The channels of the directory whose key begins with `prefix`, by key, from behind the key `after`."""
        query: dict[str, Any] = {
            "KeyConditionExpression": "pk = :directory",
            "ExpressionAttributeValues": {":directory": {"S": PARTITION}},
        }
        if prefix:  # DynamoDB refuses an empty one
            query["KeyConditionExpression"] += " AND begins_with(sk, :prefix)"
            query["ExpressionAttributeValues"][":prefix"] = {"S": prefix}
        if after:
            query["ExclusiveStartKey"] = {"pk": {"S": PARTITION}, "sk": {"S": after}}
        pages = self._pages(**query)
        for page in pages:
            for item in page["Items"]:
                times = {name: int(value["N"]) for name, value in item.items() if "N" in value}
                yield Entry(
                    keys.channel_of(item["sk"]["S"]),
                    times["refreshed_at"],
                    times.get("looked_at", 0),
                    times.get("oldest_sign"),
                )

    def sources(self, partition: str = PARTITION) -> Iterator[SourceKey]:
        """The sources that have channels in the directory, or whatever another partition keeps by source.

        One read for each: whatever else is kept of a source is skipped.
        """
        after = " "  # no key is empty, so there is always something to be behind of
        while True:
            with unavailable_on_failure("Reading the list of sources"):
                page = self.client.query(
                    TableName=self.table,
                    KeyConditionExpression="pk = :partition AND sk > :after",
                    ExpressionAttributeValues={":partition": {"S": partition}, ":after": {"S": after}},
                    ProjectionExpression="sk",
                    Limit=1,
                )
            if not page["Items"]:
                return
            source = keys.channel_of(page["Items"][0]["sk"]["S"]).of_source
            yield source
            after = keys.behind_all_of(source)

    def channels_of(self, source: SourceKey, user: str, *, after: str = "", at_once: int = 1000) -> Iterator[Entries]:
        """The entries of every channel that the user is known to be or to have been in, from behind the key `after`.

        A channel has an entry for each connection.
        """
        query: dict[str, Any] = {
            "IndexName": "by_user",
            "KeyConditionExpression": "who = :who",
            "ExpressionAttributeValues": {":who": {"S": keys.user_key(source, user)}},
            "Limit": at_once,
        }
        if after:
            query["KeyConditionExpression"] += " AND pk > :after"
            query["ExpressionAttributeValues"][":after"] = {"S": after}
        entries = ((item["pk"]["S"], item["sk"]["S"]) for page in self._pages(**query) for item in page["Items"])
        for _, of_channel in groupby(entries, key=itemgetter(0)):
            yield list(of_channel)

    def places(self, entries: Sequence[Entries], each: Each = map) -> list[Place]:
        """What is known of these entries, in their order; several requests at once by `each`."""
        wanted = [entry for of_channel in entries for entry in of_channel]
        members = {entry: to_member(item) for entry, item in self._get_all(wanted, each).items()}
        # Of those alone who have not gone by their own evidence: the others are the more, the longer a user is known.
        needed = sorted({(pk, keys.CHANNEL_ITSELF) for (pk, _), member in members.items() if presence.has_come(member)})
        channels = {pk: to_channel(item) for (pk, _), item in self._get_all(needed, each).items()}
        return [
            Place(members[pk, sk], keys.channel_of(pk), channels.get(pk, Channel()))
            for pk, sk in wanted
            if (pk, sk) in members  # TTL may have deleted it since
        ]

    def _indexed(self, query: Mapping[str, Any]) -> Iterator[Indexed]:
        for page in self._pages(**query):
            for item in page["Items"]:
                yield Indexed(item["arrived"]["S"], keys.member_of(item["pk"]["S"], item["sk"]["S"]), to_member(item))

    def _pages(self, **query: Any) -> Iterator[Mapping[str, Any]]:  # boto3's own shapes, which differ by option
        while True:
            with unavailable_on_failure("Reading presence"):
                page = self.client.query(TableName=self.table, **query)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _get_all(
        self, wanted: Sequence[RecordKey], each: Each, *, consistent: bool = False
    ) -> dict[RecordKey, Attributes]:
        """The records of these keys that there are."""
        get = partial(self._get, consistent=consistent)
        return dict(chain.from_iterable(each(get, batched(wanted, _LARGEST_GET, strict=False))))

    def _get(self, wanted: Sequence[RecordKey], *, consistent: bool) -> list[tuple[RecordKey, Attributes]]:
        found: list[tuple[RecordKey, Attributes]] = []
        asked = {"Keys": [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in wanted], "ConsistentRead": consistent}
        left: Any = {self.table: asked}
        for _ in attempts(self.sleep):
            with unavailable_on_failure("Reading presence"):
                answer = self.client.batch_get_item(RequestItems=left)
            found += [((item["pk"]["S"], item["sk"]["S"]), item) for item in answer["Responses"].get(self.table, [])]
            left = answer["UnprocessedKeys"]
            if not left:
                return found
        raise Unavailable("Reading presence was throttled.")


def _present(key: ChannelKey, channel: Channel, lease: int, now: int) -> dict[str, Any]:
    """The entries of the index that may be those of present members, and nearly all of which are."""
    condition, values = "seen > :leased", {":here": str(key), ":leased": above(now - lease)}
    vacated = presence.vacated_cutoff(channel)
    if vacated is not None:
        condition, values[":vacated"] = f"{condition} AND joined > :vacated", above(vacated)
    return {
        "IndexName": "present",
        "KeyConditionExpression": "here = :here",
        "FilterExpression": condition,
        "ExpressionAttributeValues": {name: {"S": value} for name, value in values.items()},
    }


def _arrived(key: ChannelKey, compared: str, time: int) -> dict[str, Any]:
    return {
        "IndexName": "present",
        "KeyConditionExpression": f"here = :here AND arrived {compared} :time",
        # A time by itself sorts before the arrivals of that time.
        "ExpressionAttributeValues": {":here": {"S": str(key)}, ":time": {"S": f"{time:015d}"}},
    }
