"""Writing to the table Presence.

A join or leave of a known member costs two write units: its record, and its entry in the sparse index `present`. Its
entries in the two other indexes are written when it is first heard of.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from rollcall.aws import unavailable_on_failure
from rollcall.expiry import shelf
from rollcall.keys import SourceKey
from rollcall.merge import Channel, Member, stamps
from rollcall.records import Attributes, Layout, Values
from rollcall.retention import Retention

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

type RetentionOf = Callable[[SourceKey], Retention]


@dataclass(frozen=True)
class RegistersTable[Key, Evidence: (Member, Channel)]:
    """The records of one layout, as `rollcall.converge.Registers`."""

    client: "DynamoDBClient"
    table: str
    layout: Layout[Key, Evidence]
    retention_of: RetentionOf

    def write_newer(self, key: Key, evidence: Evidence) -> Evidence | None:
        # `as_of` is when the newest register may have happened at the latest, by the resolution of its clock. Evidence
        # that is newer throughout replaces what it speaks of and leaves the rest, and whatever follows from it follows
        # from it alone: nothing stored need be known, but what the layout requires.
        oldest = min(stamp.begin for stamp in stamps(evidence))
        requires = self.layout.requires(evidence)
        is_newer = f"#as_of < :oldest AND {requires}" if requires else "#as_of < :oldest"
        return self._write(
            key,
            evidence,
            condition=f"attribute_not_exists(#as_of) OR ({is_newer})",
            compared={":oldest": {"N": str(oldest)}},
        )

    def replace(self, key: Key, stored: Evidence, merged: Evidence) -> Evidence | None:
        # The registers only ever grow, so they are their own version.
        attributes = self.layout.attributes(stored)
        return self._write(
            key,
            merged,
            condition=" AND ".join(
                f"#{name} = :was_{name}" if name in attributes else f"attribute_not_exists(#{name})"
                for name in self.layout.registers
            ),
            compared={f":was_{name}": value for name, value in attributes.items()},
            named=self.layout.registers,
            stored=stored,
        )

    def _write(
        self,
        key: Key,
        evidence: Evidence,
        *,
        condition: str,
        compared: Attributes,
        named: Iterable[str] = (),
        stored: Evidence | None = None,
    ) -> Evidence | None:
        values: Values = self._values(key, evidence, stored)
        timed: Values = self._timed(key, evidence, stored)
        with unavailable_on_failure("Writing presence"):
            try:
                self.client.update_item(
                    TableName=self.table,
                    Key=self.layout.key(key),
                    UpdateExpression=_update(values, timed),
                    ConditionExpression=condition,
                    # All names by placeholders: DynamoDB reserves many words.
                    ExpressionAttributeNames={f"#{name}": name for name in {*values, *timed, *named}},
                    ExpressionAttributeValues={
                        **{f":{name}": value for name, value in {**values, **timed}.items() if value is not None},
                        **compared,
                    },
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except self.client.exceptions.ConditionalCheckFailedException as failure:
                item: Attributes = cast("Attributes", failure.response.get("Item", {}))
                return self.layout.evidence(item)
        return None

    def _values(self, key: Key, evidence: Evidence, stored: Evidence | None) -> Values:
        expires_at = self._expires_at(key, evidence)
        return {
            **self.layout.attributes(evidence),
            **self.layout.indexed(key, evidence, stored),
            "as_of": _number(max(stamp.end for stamp in stamps(evidence))),
            "expires_at": None if expires_at is None else _number(expires_at),
        }

    def _timed(self, key: Key, evidence: Evidence, stored: Evidence | None) -> Values:
        expires_at = self._expires_at(key, evidence)
        record = self.layout.key(key)
        return {
            **self.layout.timed(key, evidence, stored),
            "shelf": None if expires_at is None else {"S": shelf(expires_at, record["pk"]["S"], record["sk"]["S"])},
        }

    def _expires_at(self, key: Key, evidence: Evidence) -> int | None:
        return self.retention_of(self.layout.source(key)).presence_expires_at(evidence)


def _update(values: Values, timed: Values) -> str:
    assignments = [f"#{name} = :{name}" for name, value in values.items() if value is not None]
    assignments += [f"#{name} = if_not_exists(#{name}, :{name})" for name, value in timed.items() if value is not None]
    removed = [name for name, value in {**values, **timed}.items() if value is None]
    expression = "SET " + ", ".join(assignments)
    return f"{expression} REMOVE {', '.join(f'#{name}' for name in removed)}" if removed else expression


def _number(value: int) -> "AttributeValueTypeDef":
    return {"N": str(value)}
