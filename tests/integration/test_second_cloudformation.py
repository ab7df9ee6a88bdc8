"""A second CloudFormation, moto's, makes what it knows of the template: tables, queues, roles and logs."""

import json
import re
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.unit.test_translated_template import EVERYTHING
from tools.translated import translated

KNOWN = {
    "AWS::DynamoDB::Table",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role",
    "AWS::Logs::LogGroup",
    "AWS::SQS::Queue",
}


def known_part(document: dict[str, Any]) -> dict[str, Any]:
    """Without what it does not know, and without what refers to that."""
    kept = {name: one for name, one in document["Resources"].items() if one["Type"] in KNOWN}
    while foreign := {name for name, one in kept.items() if referred(one) & (document["Resources"].keys() - kept)}:
        kept = {name: one for name, one in kept.items() if name not in foreign}
    return {**{key: document[key] for key in ("Parameters", "Conditions")}, "Resources": kept}


def referred(resource: Any) -> set[str]:
    found = re.findall(r'"Ref": "(\w+)"|"Fn::GetAtt": \["(\w+)"|\$\{(\w+)', json.dumps(resource))
    return {name for names in found for name in names if name}


@pytest.mark.parametrize("given", [{}, EVERYTHING])
def test_another_cloudformation_makes_what_it_knows_of_the_template(given: dict[str, str]) -> None:
    part = known_part(translated(given))
    with mock_aws():
        formation = boto3.client("cloudformation", "eu-west-1")
        formation.create_stack(
            StackName="rollcall",
            TemplateBody=json.dumps(part),
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        assert formation.describe_stacks(StackName="rollcall")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
        made = formation.list_stack_resources(StackName="rollcall")["StackResourceSummaries"]
    assert {"Presence", "Events", "Webhooks", "Parked", "ConsoleRole"} <= {one["LogicalResourceId"] for one in made}
    assert all(one["ResourceStatus"] == "CREATE_COMPLETE" for one in made)
