"""The policies for those who deploy and who operate allow what is done, and nothing that is not."""

import ast
import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from tests.unit.test_translated_template import schema
from tools.translated import translated

ROOT = Path(__file__).parents[2]
# By boto3's names of services, IAM's.
SERVICES = {
    "cloudformation": "cloudformation",
    "cloudwatch": "cloudwatch",
    "dynamodb": "dynamodb",
    "dynamodbstreams": "dynamodb",
    "iam": "iam",
    "lambda": "lambda",
    "logs": "logs",
    "scheduler": "scheduler",
    "secretsmanager": "secretsmanager",
    "sqs": "sqs",
    "ssm": "ssm",
}
# IAM has no action for these requests, but for what each asks of a single one.
OTHER_NAMES = {
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "lambda:Invoke": "lambda:InvokeFunction",
}
# They are for the embedded AWS, and reach no other.
ONLY_ON_THIS_MACHINE = {"tools.gaps", "tools.routes", "tools.failures", "tools.embedded_aws"}
NOT_OF_AWS = {"list_commands"}  # click's
# What the handlers of the template's types may ask for, and the template has no use for.
UNUSED = (
    "codedeploy:RegisterOnPremisesInstance",
    "dynamodb:*Import*",
    "dynamodb:*KinesisStreamingDestination",
    "dynamodb:*Item",
    "dynamodb:*Replica",
    "dynamodb:*ResourcePolicy",
    "dynamodb:Query",
    "dynamodb:Scan",
    "ec2:*",
    "elasticfilesystem:*",
    "firehose:*",
    "iam:*Group*",
    "iam:*UserPolicy",
    "iam:CreateServiceLinkedRole",
    "kinesis:*",
    "lambda:*CodeSigningConfig",
    "lambda:*ProvisionedConcurrencyConfig",
    "lambda:AssociateRuntimeAlias",
    "lambda:Pass*",
    "lambda:PutFunctionRecursionConfig",
    "lambda:PutFunctionScalingConfig",
    "logs:*Bearer*",
    "logs:*DataProtectionPolicy",
    "logs:*DeletionProtection",
    "logs:*IndexPolic*",
    "logs:CreateLogStream",
    "logs:DeleteResourcePolicy",
    "logs:DescribeLogStreams",
    "logs:PutLogEvents",
    "s3:*",
    "s3files:*",
    "secretsmanager:*Replicat*",
)
# SAM CLI's own requests: it keeps what it builds in a bucket that it makes, and asks CloudFormation.
OF_SAM = {"s3", "cloudformation"}


DEPLOY, OPERATE = ("deploy", "deploy-roles-and-alarms"), ("operate",)


@cache
def policy(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((ROOT / f"docs/policies/{name}.json").read_text())
    return content


def allowed(names: tuple[str, ...]) -> set[str]:
    return {action for name in names for statement in policy(name)["Statement"] for action in statement["Action"]}


@pytest.mark.parametrize("name", [*DEPLOY, *OPERATE])
def test_a_policy_fits_into_a_managed_one_and_allows_no_whole_service(name: str) -> None:
    text = json.dumps(policy(name), separators=(",", ":"))
    assert len(re.sub(r"\s", "", text)) <= 6_144  # characters without white space, the most that IAM takes
    assert all("*" not in action for action in allowed((name,)))
    assert all(statement["Effect"] == "Allow" for statement in policy(name)["Statement"])


def test_the_policies_are_all_there_are() -> None:
    assert {file.stem for file in (ROOT / "docs/policies").iterdir()} == {*DEPLOY, *OPERATE}


# ---- Who operates --------------------------------------------------------------------------------------


@cache
def actions_of_methods() -> dict[str, set[str]]:
    """The actions that a method of a boto3 client may ask for; two services may have one of the same name."""
    session, found = botocore.session.get_session(), dict[str, set[str]]()
    for service, prefix in SERVICES.items():
        for operation in session.get_service_model(service).operation_names:
            action = f"{prefix}:{operation}"
            found.setdefault(xform_name(operation), set()).add(OTHER_NAMES.get(action, action))
    return found


def modules_of_the_command() -> dict[str, ast.Module]:
    """All that `rollcall` imports of the tools, whichever of its commands is asked for."""
    found: dict[str, ast.Module] = {}
    names = [f"tools.cli.{file.stem}" for file in (ROOT / "tools/cli").glob("*.py")]
    while names:
        name = names.pop()
        file = ROOT / f"{name.replace('.', '/')}.py"
        if name not in found.keys() | ONLY_ON_THIS_MACHINE and file.exists():
            found[name] = ast.parse(file.read_text())
            names += imported(found[name])
    return found


def imported(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("tools"):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def asked_by_the_command() -> Iterator[set[str]]:
    """Of each request in its code the actions that it may need."""
    for module in modules_of_the_command().values():
        for node in ast.walk(module):
            match node:
                case ast.Attribute(value=value, attr=name) if not isinstance(value, ast.Call):
                    yield set() if name in NOT_OF_AWS else actions_of_methods().get(name, set())
                case ast.Call(func=ast.Attribute(attr="get_paginator"), args=[ast.Constant(value=str(name))]):
                    yield actions_of_methods()[name]
                case _:
                    pass


def test_who_operates_may_do_what_the_command_does_and_nothing_else() -> None:
    """But `adopt` and `rotate urls`, which deploy, and need the other policy."""
    asked = [actions for actions in asked_by_the_command() if actions]
    assert len(asked) > 30
    by_deployers = {action for action in allowed(DEPLOY) if action.startswith("cloudformation:")}
    may = allowed(OPERATE)
    assert [actions for actions in asked if not actions & (may | by_deployers)] == []
    assert {action for action in may if not any(action in actions for actions in asked)} == {
        "kms:Decrypt",  # asked for by the services, where a key of the user's own is given
        "kms:GenerateDataKey",
    }


# ---- Who deploys ---------------------------------------------------------------------------------------


def asked_by_cloudformation() -> set[str]:
    """What the handlers of all types in the template may ask for: create, read, update, delete."""
    kinds = {
        resource["Type"] for resource in translated({"Deployment": "Canary10Percent5Minutes"})["Resources"].values()
    }
    return {
        permission
        for kind in kinds
        for verb, handler in schema(kind)["handlers"].items()
        for permission in handler["permissions"]
        if verb != "list"
    }


def test_who_deploys_may_do_what_cloudformation_does_in_their_name() -> None:
    used = {action for action in asked_by_cloudformation() if not any(fnmatchcase(action, name) for name in UNUSED)}
    assert sorted(used - allowed(DEPLOY)) == []


def test_who_deploys_may_do_nothing_else() -> None:
    beside = {action for action in allowed(DEPLOY) - asked_by_cloudformation() if action.split(":")[0] not in OF_SAM}
    assert beside == {
        # The access log of an HTTP API:
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
        "logs:DeleteLogDelivery",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:UpdateLogDelivery",
        "secretsmanager:PutSecretValue",  # `rollcall rotate urls`
    }
