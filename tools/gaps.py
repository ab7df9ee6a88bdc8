"""Fills in what the embedded AWS leaves out of a deployed template: routes, TTL, that a number is a number, and a
read key that no shell mangles."""

import secrets
from string import ascii_letters, digits, punctuation
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
    _write_a_read_key_without_punctuation(template, names, aws)


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


def _write_a_read_key_without_punctuation(template: dict[str, Any], names: dict[str, str], aws: Aws) -> None:
    # It ignores ExcludePunctuation. Another property would do here as well, and in a real stack it would replace
    # the key: CloudFormation makes a new one whenever GenerateSecretString changes.
    secret = names["ReadKey"]
    length = template["Resources"]["ReadKey"]["Properties"]["GenerateSecretString"]["PasswordLength"]
    if set(punctuation) & set(aws.secrets.get_secret_value(SecretId=secret)["SecretString"]):
        key = "".join(secrets.choice(ascii_letters + digits) for _ in range(length))
        aws.secrets.put_secret_value(SecretId=secret, SecretString=key)
