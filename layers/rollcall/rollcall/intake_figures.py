"""The figures of the intake in the table Presence: a record per source and five minutes.

Each batch adds its own with one write, and one more each where a newer webhook is known and where something was not
understood, and reads nothing. A write that is
repeated because its answer was lost counts twice: good enough for people to look at, and for nothing else.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

from rollcall.aws import unavailable_on_failure
from rollcall.keys import SourceKey, join
from rollcall.records import Attributes
from rollcall.tally import MOST_KINDS, Last, Tally

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Its own, since every key of a channel holds a separator. It takes a thousand writes a second, and ten consumers make
# a few hundred batches of it.
PARTITION = "intake"

SPAN = 5 * 60_000  # milliseconds; an hour of a source is then a dozen records, one read
KEPT = 7 * 86_400_000  # milliseconds; after a week without a webhook a source is none that sends

# What a record holds beside the counts.
_OTHERS = ("pk", "sk", "waits", "unknown_kinds", "last_received_at", "last_outcome", "last_sentence", "expires_at")


@dataclass(frozen=True)
class IntakeFigures:
    """All methods raise `Unavailable`; times are Unix milliseconds."""

    client: "DynamoDBClient"
    table: str

    def add(self, source: SourceKey, tally: Tally, now: int) -> None:
        with unavailable_on_failure("Writing the intake's figures"):
            try:
                self._add(source, tally, now)
            except self.client.exceptions.ConditionalCheckFailedException:
                # A newer webhook is known already: these have come again, or were redriven.
                self._add(source, replace(tally, last=None), now)
            if tally.unknown_kinds:
                self._add_kinds(source, tally.unknown_kinds, now)

    def _add(self, source: SourceKey, tally: Tally, now: int) -> None:
        begin = now - now % SPAN
        added: dict[str, Any] = {name: {"N": str(count)} for name, count in tally.counts.items() if count}
        if tally.longest_wait is not None:
            # A set, for DynamoDB adds to one without a read, and cannot take a maximum.
            added["waits"] = {"NS": [str(_rounded_up(tally.longest_wait))]}
        told: dict[str, Any] = {"expires_at": {"N": str((begin + KEPT) // 1000)}}
        condition: dict[str, Any] = {}
        if tally.last:
            told |= {
                "last_received_at": {"N": str(tally.last.received_at)},
                "last_outcome": {"S": tally.last.outcome},
                "last_sentence": {"S": tally.last.sentence},
            }
            at = "last_received_at"
            condition["ConditionExpression"] = f"attribute_not_exists(#{at}) OR #{at} <= :{at}"
        self.client.update_item(
            TableName=self.table,
            Key={"pk": {"S": PARTITION}, "sk": {"S": _key(source, begin)}},
            UpdateExpression=(
                f"ADD {', '.join(f'#{name} :{name}' for name in added)} "
                f"SET {', '.join(f'#{name} = :{name}' for name in told)}"
            ),
            ExpressionAttributeNames={f"#{name}": name for name in {**added, **told}},
            ExpressionAttributeValues={f":{name}": value for name, value in {**added, **told}.items()},
            **condition,
        )

    def _add_kinds(self, source: SourceKey, kinds: frozenset[str], now: int) -> None:
        # By itself, and only to a record with few of them: a sender of ever other kinds fills none up, and his other
        # figures are written whatever becomes of these.
        enough_known = self.client.exceptions.ConditionalCheckFailedException
        with suppress(enough_known):
            self.client.update_item(
                TableName=self.table,
                Key={"pk": {"S": PARTITION}, "sk": {"S": _key(source, now - now % SPAN)}},
                UpdateExpression="ADD unknown_kinds :kinds",
                ConditionExpression="attribute_not_exists(unknown_kinds) OR size(unknown_kinds) < :most",
                ExpressionAttributeValues={":kinds": {"SS": sorted(kinds)}, ":most": {"N": str(MOST_KINDS)}},
            )

    def of(self, source: SourceKey, since: int, now: int) -> Tally:
        """The figures of the records that begin at `since` or later; the last webhook, of whatever was kept."""
        with unavailable_on_failure("Reading the intake's figures"):
            page = self.client.query(
                TableName=self.table,
                KeyConditionExpression="pk = :intake AND sk BETWEEN :first AND :last",
                ExpressionAttributeValues={
                    ":intake": {"S": PARTITION},
                    # What TTL has not got to yet is not kept any more.
                    ":first": {"S": _key(source, max(0, now - KEPT))},
                    ":last": {"S": _key(source, now)},
                },
                ScanIndexForward=False,
                Limit=1 + (now - since) // SPAN,
            )
        return _sum(page["Items"], since)


def _key(source: SourceKey, begin: int) -> str:
    return join(*source, f"{begin:015d}")


def _sum(newest_first: Sequence[Attributes], since: int) -> Tally:
    """Figures of `since` and later, and the last webhook of all."""
    spans = [(int(item["sk"]["S"].rpartition("#")[2]), _tally(item)) for item in newest_first]
    of_span = reduce(Tally.merge, (tally for begin, tally in spans if begin >= since), Tally())
    lasts = [tally.last for _, tally in spans if tally.last]
    # Of equals `max` takes the first: what became of a webhook when it came again, or was redriven.
    return replace(of_span, last=max(lasts, key=lambda last: last.received_at, default=None))


def _tally(item: Attributes) -> Tally:
    waits = item["waits"]["NS"] if "waits" in item else ()
    return Tally(
        Counter({name: int(value["N"]) for name, value in item.items() if name not in _OTHERS}),
        max(map(int, waits), default=None),
        _last(item) if "last_outcome" in item else None,
        frozenset(item["unknown_kinds"]["SS"]) if "unknown_kinds" in item else frozenset(),
    )


def _last(item: Attributes) -> Last:
    return Last(int(item["last_received_at"]["N"]), item["last_outcome"]["S"], item["last_sentence"]["S"])


def _rounded_up(milliseconds: int) -> int:
    """To two digits, so that the set of a record stays small however many batches add to it."""
    unit = int("1".ljust(len(str(milliseconds)) - 1, "0"))
    return -(-milliseconds // unit) * unit
