"""What every run of the trimmer has: what it was asked for, what it reports, and where the next one goes on."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict

from rollcall.aws import unavailable_on_failure

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PARTITION = "trimmer"  # no channel's key, since those hold separators


class Trimmed(StrEnum):
    """The kinds of record that are trimmed."""

    MEMBERS = "members"
    TOMBSTONES = "tombstones"
    EVENTS = "events"


class Order(BaseModel):
    """What a schedule, or a person, asks the trimmer for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Trimmed
    dry_run: bool = False


@dataclass(slots=True)
class Report:
    """What a run did or, in a dry run, would have done. One that is not `complete` goes on at the next start."""

    order: Order
    examined: int = 0
    trimmed: Counter[str] = field(default_factory=Counter)
    refused_sources: set[str] = field(default_factory=set)
    complete: bool = True

    def as_json(self) -> dict[str, Any]:
        return {
            **self.order.model_dump(mode="json"),
            "examined": self.examined,
            "trimmed": dict(self.trimmed),
            "refused_sources": sorted(self.refused_sources),
            "complete": self.complete,
        }


class Trimmer(Protocol):
    def run(self, report: Report, position: str, is_late: Callable[[], bool]) -> str:
        """Trim from behind `position`; return where the next run goes on, or nothing for the beginning."""


class Run(NamedTuple):
    """A run of the trimmer that has ended: when, in Unix milliseconds, and whether it got to its end."""

    ran_at: int
    complete: bool


class Mark(NamedTuple):
    """Where a run begins, and whether the one before it got to its end."""

    position: str = ""
    complete: bool = True


@dataclass(frozen=True)
class Bookmark:
    """How the last run of each kind ended, and where the next one begins; records of the table Presence."""

    client: "DynamoDBClient"
    table: str

    def read(self, kind: Trimmed) -> Mark:
        with unavailable_on_failure("Reading the bookmark"):
            answer = self.client.get_item(TableName=self.table, Key=_key(kind), ConsistentRead=True)
        item = answer.get("Item", {})
        return Mark(item.get("position", {}).get("S", ""), item.get("complete", {}).get("BOOL", True))

    def write(self, kind: Trimmed, position: str, run: Run) -> None:
        """Remember a run, and the position; an empty one means that the next run begins anew."""
        item = {**_key(kind), "ran_at": {"N": str(run.ran_at)}, "complete": {"BOOL": run.complete}}
        if position:
            item["position"] = {"S": position}
        with unavailable_on_failure("Writing the bookmark"):
            self.client.put_item(TableName=self.table, Item=item)

    def last_runs(self) -> dict[Trimmed, Run]:
        """How the last run of each kind ended, of those that have run."""
        with unavailable_on_failure("Reading the bookmarks"):
            page = self.client.query(
                TableName=self.table,
                KeyConditionExpression="pk = :trimmer",
                ExpressionAttributeValues={":trimmer": {"S": _PARTITION}},
            )
        return {
            Trimmed(item["sk"]["S"]): Run(int(item["ran_at"]["N"]), item["complete"]["BOOL"])
            for item in page["Items"]
            if "ran_at" in item  # which a bookmark of an earlier version has not
        }


def _key(kind: Trimmed) -> dict[str, Any]:
    return {"pk": {"S": _PARTITION}, "sk": {"S": kind.value}}
