"""Fills in what the embedded AWS leaves out of a deployed template: routes, TTL, and that a number is a number."""

from typing import Any

from tools import routes
from tools.aws import Aws
from tools.deployed import processed_template, resources


def fill_gaps(stack_name: str, aws: Aws) -> None:
    """Can be repeated after every deployment."""
    template = processed_template(stack_name, aws)
    names = {one["LogicalResourceId"]: one.get("PhysicalResourceId", "") for one in resources(stack_name, aws)}
    routes.complete(template, names, aws)
    _switch_on_ttl(template, names, aws)
    _count_consumers(template, names, aws)


def _switch_on_ttl(template: dict[str, Any], names: dict[str, str], aws: Aws) -> None:
    for logical, resource in template["Resources"].items():
        specification = resource.get("Properties", {}).get("TimeToLiveSpecification")
        if specification is None:
            continue
        table = names[logical]
        known = aws.dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
        if known.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING"):
            aws.dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=specification)


def _count_consumers(template: dict[str, Any], names: dict[str, str], aws: Aws) -> None:
    # A parameter is text to it, and with text for a number it takes nothing from the queue.
    for logical, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Lambda::EventSourceMapping" and "ScalingConfig" in resource["Properties"]:
            mapping = aws.functions.get_event_source_mapping(UUID=names[logical])
            consumers = int(mapping["ScalingConfig"]["MaximumConcurrency"])
            aws.functions.update_event_source_mapping(
                UUID=names[logical], ScalingConfig={"MaximumConcurrency": consumers}
            )
