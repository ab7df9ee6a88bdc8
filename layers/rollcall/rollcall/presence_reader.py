"""Reading the table Presence: who is in a channel, where a user is, which channels are listed.

Reading a channel costs in proportion to the entries of its part of the sparse index, never to those who ever were.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from rollcall import keys
from rollcall.aws import unavailable_on_failure
from rollcall.channel_directory import PARTITION
from rollcall.errors import Unavailable
from rollcall.keys import ChannelKey, MemberKey, SourceKey
from rollcall.merge import Channel, Member, Stamp
from rollcall.records import Attributes, channel_key, stamp_text, to_channel, to_member

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LARGEST_GET = 100  # keys, the most that DynamoDB takes in one request
_ATTEMPTS = 5  # at what DynamoDB leaves over of a request


class Entry(NamedTuple):
    """A channel in the directory, and when (Unix milliseconds) its entry was last refreshed."""

    channel: ChannelKey
    refreshed_at: int


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

    def channel(self, key: ChannelKey) -> Channel:
        with unavailable_on_failure("Reading a channel"):
            # Consistent, so that no one is shown who was vacated before the question was asked.
            answer = self.client.get_item(TableName=self.table, Key=channel_key(key), ConsistentRead=True)
        return to_channel(answer.get("Item", {}))

    def present(
        self, key: ChannelKey, floor: Stamp, *, after: str = "", at_once: int = 1000
    ) -> Iterator[tuple[MemberKey, Member]]:
        """The members above the floor (see `presence.floor`), by name, from behind the sort key `after`."""
        items = self._indexed(key, "#seen > :floor", floor, after=after, Limit=at_once)
        return ((keys.member_of(item["pk"]["S"], item["sk"]["S"]), to_member(item)) for item in items)

    def absent(self, key: ChannelKey, floor: Stamp) -> Iterator[tuple[MemberKey, Member]]:
        """The members who are still in the index although they are at or below the floor."""
        items = self._indexed(key, "#seen <= :floor", floor)
        return ((keys.member_of(item["pk"]["S"], item["sk"]["S"]), to_member(item)) for item in items)

    def count(self, key: ChannelKey, floor: Stamp) -> int:
        pages = self._pages(**_index_query(key, "#seen > :floor", floor), Select="COUNT")
        return sum(page["Count"] for page in pages)

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
                yield Entry(keys.channel_of(item["sk"]["S"]), int(item["refreshed_at"]["N"]))

    def places(self, source: SourceKey, user: str) -> Iterator[Place]:
        """Every channel that the user is known to be or to have been in, one per connection."""
        pages = self._pages(
            IndexName="by_user",
            KeyConditionExpression="who = :who",
            ExpressionAttributeValues={":who": {"S": keys.user_key(source, user)}},
        )
        found = [item for page in pages for item in page["Items"]]
        wanted = {(item["pk"]["S"], sk) for item in found for sk in (item["sk"]["S"], keys.CHANNEL_ITSELF)}
        records = {(item["pk"]["S"], item["sk"]["S"]): item for item in self._get(sorted(wanted))}
        for item in found:
            pk, sk = item["pk"]["S"], item["sk"]["S"]
            if (pk, sk) in records:  # else deleted since the index was asked
                channel = to_channel(records.get((pk, keys.CHANNEL_ITSELF), {}))
                yield Place(to_member(records[pk, sk]), keys.channel_of(pk), channel)

    def _indexed(
        self, key: ChannelKey, condition: str, floor: Stamp, *, after: str = "", **options: int
    ) -> Iterator[Attributes]:
        start = {"here": {"S": str(key)}, "pk": {"S": str(key)}, "sk": {"S": after}}
        for page in self._pages(
            **_index_query(key, condition, floor), **options, **({"ExclusiveStartKey": start} if after else {})
        ):
            yield from page["Items"]

    def _pages(self, **query: Any) -> Iterator[Mapping[str, Any]]:  # boto3's own shapes, which differ by option
        while True:
            with unavailable_on_failure("Reading presence"):
                page = self.client.query(TableName=self.table, **query)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _get(self, wanted: Sequence[tuple[str, str]]) -> Iterator[Attributes]:
        for some in batched(wanted, _LARGEST_GET, strict=False):
            left = {self.table: {"Keys": [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in some]}}
            for _ in range(_ATTEMPTS):
                with unavailable_on_failure("Reading presence"):
                    answer = self.client.batch_get_item(RequestItems=cast("Any", left))
                yield from answer["Responses"].get(self.table, [])
                left = cast("Any", answer["UnprocessedKeys"])
                if not left:
                    break
            else:
                raise Unavailable("Reading presence was throttled.")


def _index_query(key: ChannelKey, condition: str, floor: Stamp) -> dict[str, Any]:
    return {
        "IndexName": "present",
        "KeyConditionExpression": "here = :here",
        "FilterExpression": condition,
        "ExpressionAttributeNames": {"#seen": "seen"},
        "ExpressionAttributeValues": {":here": {"S": str(key)}, ":floor": {"S": stamp_text(floor)}},
    }
