"""What one webhook leaves behind in a stack, and how it is removed again: every record of a channel and its source."""

import re
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollcall import expiry
from rollcall.channel_directory import PARTITION as DIRECTORY
from rollcall.channel_directory import entry_key
from rollcall.event_log import calendar_page
from rollcall.intake_figures import PARTITION as FIGURES
from rollcall.keys import ChannelKey, SourceKey, join
from tools import settings_store
from tools.names import written
from tools.parked import MOST, RECEIVE, WAIT_SECONDS, origin_of
from tools.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef
    from mypy_boto3_sqs.type_defs import MessageTypeDef

# Messages in Webhooks that are looked at in search of one: to be looked at counts as a try, of which each has five.
FEW = 100
HIDDEN_SECONDS = 120  # from the consumer, if we are killed meanwhile
ABANDONED_AFTER = 3600  # seconds; a journey that is still under way takes two minutes at most
_NAME = re.compile(r"doctor-([0-9a-f]{8,})-[0-9a-f]{8}")


def fresh_source(provider: str, now: float) -> SourceKey:
    """A source that nobody else has, with the time (Unix seconds) in its name."""
    return SourceKey(provider, f"doctor-{int(now):x}-{secrets.token_hex(4)}")


def abandoned(stack: Stack, provider: str, now: float) -> set[SourceKey]:
    """Sources of earlier journeys that somebody ended so hard that their traces stayed."""
    found = {one.source for one in settings_store.all_stored(stack) if one.provider == provider}
    for partition in (FIGURES, DIRECTORY):
        records = _records(stack, stack.presence_table, partition, join(provider, "doctor-"))
        found |= {record["sk"]["S"].split("#")[1] for record in records}
    return {SourceKey(provider, name) for name in found if _is_old(name, now)}


def _is_old(name: str, now: float) -> bool:
    ours = _NAME.fullmatch(name)
    return ours is not None and int(ours[1], 16) < now - ABANDONED_AFTER


@dataclass(frozen=True)
class Traces:
    """Everything that a stack holds of one channel, the only one of its source."""

    stack: Stack
    channel: ChannelKey

    def remove(self) -> None:
        """Removes all; what is not there is no trouble."""
        settings_store.delete(self.stack, self.channel.of_source)
        self._remove_log()
        self._remove_presence()

    def take_back(self) -> None:
        """Takes the webhook out of the queues, if it waits or is parked there; what is in flight stays."""
        self._take_from(self.stack.webhooks_queue, FEW)
        self.take_from_parked()

    def require_sight_of_parked(self) -> None:
        """Raises what AWS says to somebody who could take nothing back; looking costs a parked message nothing."""
        self.stack.aws.sqs.receive_message(QueueUrl=self.stack.parked_queue, VisibilityTimeout=0)

    def take_from_parked(self) -> None:
        self._take_from(self.stack.parked_queue, MOST)

    def _remove_log(self) -> None:
        table = self.stack.events_table
        events = list(_records(self.stack, table, str(self.channel)))
        due = {int(event["expires_at"]["N"]) for event in events if "expires_at" in event} | {int(time.time())}
        # As the log enters them: an entry stands on the day on which the events expire, or were written.
        for page in {calendar_page(expiry.shelf(at, str(self.channel), "")) for at in due}:
            self._delete(table, _records(self.stack, table, page, f"{self.channel}#"))
        self._delete(table, events)

    def _remove_presence(self) -> None:
        table = self.stack.presence_table
        self._delete(table, _records(self.stack, table, str(self.channel)))
        self._delete(table, _records(self.stack, table, FIGURES, join(*self.channel.of_source, "")))
        self.stack.aws.dynamodb.delete_item(TableName=table, Key=entry_key(self.channel))

    def _delete(self, table: str, records: "Iterable[dict[str, AttributeValueTypeDef]]") -> None:
        for record in records:
            self.stack.aws.dynamodb.delete_item(TableName=table, Key={"pk": record["pk"], "sk": record["sk"]})

    def _take_from(self, queue: str, most: int) -> None:
        sqs = self.stack.aws.sqs
        seen: list[MessageTypeDef] = []
        try:
            while len(seen) < most and not any(map(self._is_ours, seen)):
                messages = sqs.receive_message(
                    QueueUrl=queue,
                    MaxNumberOfMessages=RECEIVE,
                    VisibilityTimeout=HIDDEN_SECONDS,
                    WaitTimeSeconds=WAIT_SECONDS,
                ).get("Messages", [])
                if not messages:
                    return
                seen += messages
        finally:
            for message in seen:
                receipt = message["ReceiptHandle"]
                if self._is_ours(message):
                    sqs.delete_message(QueueUrl=queue, ReceiptHandle=receipt)
                else:
                    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=receipt, VisibilityTimeout=0)

    def _is_ours(self, message: "MessageTypeDef") -> bool:
        return origin_of(message) == written(self.channel.of_source)


def _records(stack: Stack, table: str, pk: str, prefix: str = "") -> "Iterator[dict[str, AttributeValueTypeDef]]":
    """All records of a partition, or those whose sort keys begin so."""
    condition, values = "pk = :pk", {":pk": {"S": pk}}
    if prefix:
        condition, values = f"{condition} AND begins_with(sk, :prefix)", {**values, ":prefix": {"S": prefix}}
    pages = stack.aws.dynamodb.get_paginator("query").paginate(
        TableName=table, KeyConditionExpression=condition, ExpressionAttributeValues=values, ConsistentRead=True
    )
    for page in pages:
        yield from page["Items"]
