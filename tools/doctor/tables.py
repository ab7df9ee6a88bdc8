"""The tables, with their indexes, streams, expiry and backups."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from tools.doctor.check import Check, Judgement, fault, ok, skipped, warning
from tools.doctor.deployment import Deployment, Resource

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TableDescriptionTypeDef, TimeToLiveDescriptionTypeDef


def checks(deployment: Deployment) -> Iterator[Check]:
    for table in deployment.all("AWS::DynamoDB::Table"):
        yield Check(f"table {table.name}", partial(_table, deployment, table))
        yield Check(f"expiry of {table.name}", partial(_expiry, deployment, table), (f"table {table.name}",))
        yield Check(f"backups of {table.name}", partial(_backups, deployment, table), (f"table {table.name}",))


def _table(deployment: Deployment, table: Resource) -> Judgement:
    seen = deployment.stack.aws.dynamodb.describe_table(TableName=table.id)["Table"]
    return judge_table(deployment.resolved(table.properties), seen)


def _expiry(deployment: Deployment, table: Resource) -> Judgement:
    seen = deployment.stack.aws.dynamodb.describe_time_to_live(TableName=table.id)["TimeToLiveDescription"]
    return judge_expiry(table.properties["TimeToLiveSpecification"]["AttributeName"], seen)


def _backups(deployment: Deployment, table: Resource) -> Judgement:
    if deployment.stack.aws.endpoint is not None:
        return skipped("The embedded AWS keeps no backups.")
    wanted = deployment.resolved(table.properties["PointInTimeRecoverySpecification"])["PointInTimeRecoveryEnabled"]
    seen = deployment.stack.aws.dynamodb.describe_continuous_backups(TableName=table.id)
    description = seen["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    return judge_backups(description["PointInTimeRecoveryStatus"], wanted=wanted == "true")


def judge_table(expected: Mapping[str, Any], seen: "TableDescriptionTypeDef") -> Judgement:
    """By the template's properties, and how DynamoDB describes the table."""
    if seen["TableStatus"] not in ("ACTIVE", "UPDATING"):
        return fault(f"It is {seen['TableStatus']}.", "Nothing is stored or answered until it is ACTIVE again.")
    if wrong := list(_wrong_indexes(expected.get("GlobalSecondaryIndexes", []), seen)):
        return fault(f"{'; '.join(wrong)}.", "Wait if it is being built; else deploy it again as the template has it.")
    stream = expected.get("StreamSpecification", {}).get("StreamViewType")
    if stream and seen.get("StreamSpecification", {}).get("StreamViewType") != stream:
        return warning(f"It has no stream of {stream}: nobody can follow its events live.", "Switch its stream on.")
    return ok("It is active, with all its indexes.")


def _wrong_indexes(expected: Sequence[Mapping[str, Any]], seen: "TableDescriptionTypeDef") -> Iterator[str]:
    existing = {one["IndexName"]: one for one in seen.get("GlobalSecondaryIndexes", [])}
    for index in expected:
        found = existing.get(index["IndexName"])
        if found is None:
            yield f"It has no index {index['IndexName']}"
        elif found.get("IndexStatus", "ACTIVE") not in ("ACTIVE", "UPDATING"):  # the embedded AWS tells no status
            yield f"Its index {index['IndexName']} is {found['IndexStatus']}"
        elif found["KeySchema"] != index["KeySchema"]:
            yield f"Its index {index['IndexName']} has other keys than the template says"


def judge_expiry(attribute: str, seen: "TimeToLiveDescriptionTypeDef") -> Judgement:
    status = seen.get("TimeToLiveStatus", "DISABLED")
    if status not in ("ENABLED", "ENABLING"):
        return fault(
            f"DynamoDB's time to live is {status}: what has expired is deleted by the trimmer alone, at a price.",
            f"Switch the table's time to live on, by the attribute {attribute}.",
        )
    if seen.get("AttributeName") != attribute:
        return fault(
            f"DynamoDB's time to live goes by {seen.get('AttributeName')}, and records expire by {attribute}.",
            f"Switch the table's time to live off, and an hour later on again, by the attribute {attribute}.",
        )
    return ok(f"Records expire by {attribute}.")


def judge_backups(status: str, *, wanted: bool) -> Judgement:
    if wanted and status != "ENABLED":
        return fault(
            "It cannot be restored to an earlier time, though PointInTimeRecovery asks for it.",
            "Switch the table's point-in-time recovery on.",
        )
    return ok("It can be restored to an earlier time." if wanted else "None, as PointInTimeRecovery has it.")
