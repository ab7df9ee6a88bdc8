"""What every run of the trimmer has: what it was asked for, what it reports, and where the next one goes on."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel, ConfigDict

from rollcall.aws import unavailable_on_failure

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


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


@dataclass(frozen=True)
class Bookmark:
    """Where the next run begins; a record of the table Presence."""

    client: "DynamoDBClient"
    table: str

    def read(self, kind: Trimmed) -> str:
        with unavailable_on_failure("Reading the bookmark"):
            answer = self.client.get_item(TableName=self.table, Key=_key(kind), ConsistentRead=True)
        return answer.get("Item", {}).get("position", {}).get("S", "")

    def write(self, kind: Trimmed, position: str) -> None:
        """Remember the position; an empty one means that the next run begins anew."""
        with unavailable_on_failure("Writing the bookmark"):
            if position:
                self.client.put_item(TableName=self.table, Item={**_key(kind), "position": {"S": position}})
            else:
                self.client.delete_item(TableName=self.table, Key=_key(kind))


def _key(kind: Trimmed) -> dict[str, Any]:
    return {"pk": {"S": "trimmer"}, "sk": {"S": kind.value}}  # no channel's key, since those hold separators
