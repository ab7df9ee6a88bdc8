"""What CloudFormation gets: what an upgrade replaces, what publishes a version, and what AWS's schemas say."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import cfnlint
import pytest
from cfnlint.api import lint

from tools.doctor.intrinsics import Intrinsics
from tools.places import ROOT, SAM
from tools.template import template
from tools.translated import translated

FIRST = Path(__file__).parents[1] / "releases/template-0.1.0.yaml"
SCHEMAS = Path(cfnlint.__file__).parent / "data/schemas"
GRADUAL = {"Deployment": "Canary10Percent5Minutes"}
# All that a company may ask for at once; the parameters that are left out change values, and no resources.
EVERYTHING = {
    "DomainName": "rollcall.example.com",
    "CertificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
    "PermissionsBoundary": "arn:aws:iam::123456789012:policy/boundary",
    "KmsKeyId": "12345678-1234-1234-1234-123456789012",
    "ThrottlingRate": "100",
    "ThrottlingBurst": "200",
    "AccessLog": "ENABLED",
    "AlarmTopicArn": "arn:aws:sns:eu-west-1:123456789012:alarms",
    "AlarmsSayOk": "ENABLED",
    "ScheduleDeadLetterArn": "arn:aws:sqs:eu-west-1:123456789012:unstarted",
    "DeletionProtection": "true",
    "Tracing": "Active",
}
# Of these a version holds nothing: a change of them alone must publish none.
NOT_OF_A_VERSION = {"Tags", "ReservedConcurrentExecutions", "RuntimeManagementConfig", "FunctionName"}


@cache
def schema(kind: str) -> dict[str, Any]:
    known = json.loads((SCHEMAS / "providers/us-east-1.json").read_text())
    content: dict[str, Any] = json.loads((SCHEMAS / f"resources/{known[kind]}.json").read_text())
    return content


def fixed_for_life(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Of its properties those by whose change CloudFormation makes another resource."""
    names = {path.split("/")[2] for path in schema(resource["Type"]).get("createOnlyProperties", [])}
    return {name: value for name, value in resource.get("Properties", {}).items() if name in names}


# ---- An upgrade ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def before() -> dict[str, Any]:
    resources: dict[str, Any] = translated(template=FIRST)["Resources"]
    return resources


@pytest.fixture(scope="module")
def after() -> dict[str, Any]:
    resources: dict[str, Any] = translated()["Resources"]
    return resources


def replaced(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """The types of what an upgrade replaces or removes."""
    for name, resource in before.items():
        if name not in after or fixed_for_life(resource) != fixed_for_life(after[name]):
            yield resource["Type"]


def test_an_upgrade_replaces_nothing_that_holds_data_or_that_somebody_knows(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    assert set(replaced(before, after)) == {
        "AWS::Lambda::LayerVersion",  # a new one with each change, as is the next
        "AWS::Lambda::Version",
        "AWS::Lambda::Permission",  # of webhooks, whose path is another since 0.2.0
        "AWS::Scheduler::Schedule",  # by their names, once
    }


def test_an_upgrade_makes_no_secret_anew(before: dict[str, Any], after: dict[str, Any]) -> None:
    """CloudFormation generates another value when the rules of its generation change."""
    secrets = {name for name, resource in before.items() if resource["Type"] == "AWS::SecretsManager::Secret"}
    assert secrets == {"UrlSecret", "ReadKey"}
    for name in secrets:
        rules = [each[name]["Properties"]["GenerateSecretString"] for each in (before, after)]
        assert rules[0] == rules[1]


def test_an_upgrade_publishes_a_version_of_every_function(before: dict[str, Any], after: dict[str, Any]) -> None:
    functions = {name for name, resource in after.items() if resource["Type"] == "AWS::Lambda::Function"}
    assert functions == {name for name, resource in before.items() if resource["Type"] == "AWS::Lambda::Function"}
    for name in functions:
        assert before[name]["Properties"]["Environment"] != after[name]["Properties"]["Environment"]
        assert version_of(name, before).keys().isdisjoint(version_of(name, after))


def version_of(function: str, resources: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: resource
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::Version" and resource["Properties"]["FunctionName"] == {"Ref": function}
    }


# ---- A second deployment -------------------------------------------------------------------------------


def another(name: str) -> str:
    """Another value of a parameter than its default."""
    about = template()["Parameters"][name]
    if "AllowedValues" in about:
        return str(next(value for value in about["AllowedValues"] if value != about["Default"]))
    if about["Type"] == "Number":
        return str(about["Default"] + 1 if about["Default"] < about.get("MaxValue", 10**9) else about["Default"] - 1)
    return EVERYTHING.get(name, "another")


def published(parameters: Mapping[str, str]) -> Iterator[tuple[str, Any, Any]]:
    """Of each function its name, what its version holds of it, and what makes CloudFormation publish a version."""
    given = translated(parameters)
    values = {name: str(about["Default"]) for name, about in template()["Parameters"].items()} | dict(parameters)
    resources = given["Resources"]
    stack = Intrinsics(
        stack_id="arn:aws:cloudformation:eu-west-1:123456789012:stack/rollcall/1",
        parameters=values,
        types={name: resource["Type"] for name, resource in resources.items()},
        ids={name: name for name in resources},
        conditions=given["Conditions"],
    )
    for name, resource in resources.items():
        if resource["Type"] == "AWS::Lambda::Function":
            held = {key: value for key, value in resource["Properties"].items() if key not in NOT_OF_A_VERSION}
            versions = {each: one["Properties"] for each, one in version_of(name, resources).items()}
            yield name, stack.resolved(held), stack.resolved(versions)


@pytest.mark.parametrize("name", sorted(template()["Parameters"].keys() - {"EndpointUrl"}))  # which AWS never sees
def test_a_changed_parameter_publishes_a_version_of_what_it_changes_and_of_nothing_else(name: str) -> None:
    """Without one the alias would go on with the version before; and of a function that has not changed Lambda
    publishes none, whereupon CloudFormation finds that the version exists already, and fails."""
    for (function, held, version), (_, held_before, version_before) in zip(
        published({name: another(name)}), published({}), strict=True
    ):
        assert (held != held_before) == (version != version_before), function


# ---- The way in ----------------------------------------------------------------------------------------


def test_the_api_may_call_the_function_behind_each_route_by_its_path_and_by_a_path_that_it_matches() -> None:
    resources = translated()["Resources"]
    allowed = {
        (resource["Properties"]["FunctionName"]["Ref"], pattern_of(resource["Properties"]["SourceArn"]))
        for resource in resources.values()
        if resource["Type"] == "AWS::Lambda::Permission"
    }
    for path, methods in resources["Api"]["Properties"]["Body"]["paths"].items():
        for method, route in methods.items():
            (alias,) = re.findall(r"\$\{(\w+)\}/invocations", json.dumps(route))
            for asked in (path, re.sub(r"\{\w+\}", "some", path).replace("{token+}", "abc/")):
                called = f"$default/{method.upper()}{asked}"
                assert any(fnmatchcase(called, pattern) for who, pattern in allowed if who == alias), called


def test_sam_cli_misses_an_authorizer_nowhere() -> None:
    """`sam deploy --guided` asks about each path that has none, and gives up unless somebody says yes each time."""
    code = """
from samcli.commands.deploy.auth_utils import auth_per_resource
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider
print(*(is_set for _, is_set in auth_per_resource(SamLocalStackProvider.get_stacks("template.yaml")[0])))
"""
    told = {"AWS_DEFAULT_REGION": "eu-west-1", "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run(
        [SAM.with_name("python"), "-c", code], cwd=ROOT, env=told, capture_output=True, text=True, check=True
    )
    answers = done.stdout.split()
    assert len(answers) > 10
    assert set(answers) == {"True"}


def pattern_of(source: Any) -> str:
    """What stands behind the API's id in a permission's source."""
    text = source["Fn::Sub"]
    text = (text if isinstance(text, str) else text[0]).replace("${__Stage__}", "*")
    return str(re.split(r"\$\{(?:__ApiId__|Api)\}/", text)[1])


# ---- AWS's schemas -------------------------------------------------------------------------------------


def test_every_region_has_the_resources_that_the_template_asks_for_and_by_one_schema() -> None:
    kinds = {resource["Type"] for resource in translated(GRADUAL)["Resources"].values()}
    regions = [file for file in (SCHEMAS / "providers").glob("*.json") if "-" in file.stem]
    assert len(regions) > 40
    known = {file.stem: json.loads(file.read_text()) for file in regions}
    assert [region for region, schemas in known.items() if not kinds <= schemas.keys()] == []
    assert {tuple(schemas[kind] for kind in sorted(kinds)) for schemas in known.values()} == {
        tuple(known["us-east-1"][kind] for kind in sorted(kinds))
    }


@pytest.mark.parametrize("way", [{}, GRADUAL])
@pytest.mark.parametrize("given", [{}, EVERYTHING])
def test_what_cloudformation_gets_is_right_by_the_schemas_whatever_is_asked_for(
    way: dict[str, str], given: dict[str, str]
) -> None:
    document = translated({**way, **given})
    del document["Metadata"]["cfn-lint"]
    for name, value in {**way, **given}.items():
        document["Parameters"][name]["Default"] = value  # cfn-lint goes by the defaults, and through all conditions
    found = [
        f"{one.rule.id} {one.message}"
        for one in lint(json.dumps(document), regions=["us-east-1"])
        if one.rule.id not in {"W2001", "W7001"}  # what SAM has used up: the way of deployment, and its mapping
        # SAM writes down the groups of a gradual deployment only where it is one; cfn-lint cannot know.
        and not (way and one.rule.id == "W1001" and "'IsGradual' is False" in one.message)
    ]
    assert found == []
