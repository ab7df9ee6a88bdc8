"""What a new deployment changes, and what outlives the stack."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import sam
from tools.embedded_aws import EmbeddedAws
from tools.places import ROOT
from tools.stack import Stack

NAME = "rollcall-deployments"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with EmbeddedAws(state_dir=tmp_path_factory.mktemp("aws")) as embedded:
        embedded.deploy(NAME)
        yield embedded


def live_versions(stack: Stack) -> dict[str, str]:
    """The version of each function that is called, by the function's name."""
    names = [stack.ingest, stack.consumer, stack.trimmer, stack.query, stack.console]
    return {name: stack.aws.functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"] for name in names}


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def test_a_changed_parameter_reaches_the_functions_that_are_called(aws: EmbeddedAws) -> None:
    before = live_versions(Stack.read(NAME, aws.aws))
    stack = aws.deploy(NAME, {"LeaseMinutes": "77"})
    assert changed(before, live_versions(stack)) == {stack.consumer, stack.trimmer, stack.query}
    called = aws.aws.functions.get_function_configuration(FunctionName=stack.consumer, Qualifier="live")
    assert called["Environment"]["Variables"]["LEASE_MINUTES"] == "77"


def test_a_deployment_that_changes_nothing_leaves_all_versions(aws: EmbeddedAws) -> None:
    before = live_versions(aws.deploy(NAME))
    assert live_versions(aws.deploy(NAME)) == before


def test_a_change_of_the_layer_alone_reaches_every_function_that_is_called(aws: EmbeddedAws, tmp_path: Path) -> None:
    before = live_versions(aws.deploy(NAME))
    build = tmp_path / "build"
    shutil.copytree(ROOT / ".aws-sam/build", build)
    with (build / "RollcallLayer/python/rollcall/__init__.py").open("a") as package:
        package.write("# changed\n")
    sam.deploy(NAME, aws.endpoint, aws.parameters(), tmp_path, build / "template.yaml")
    after = live_versions(Stack.read(NAME, aws.aws))
    assert changed(before, after) == set(before)


def test_deleting_the_stack_keeps_the_tables_and_what_they_hold(aws: EmbeddedAws) -> None:
    stack = aws.deploy(NAME)
    for table in (stack.presence_table, stack.events_table):
        aws.aws.dynamodb.put_item(TableName=table, Item={"pk": {"S": "kept"}, "sk": {"S": "kept"}})
    aws.aws.cloudformation.delete_stack(StackName=NAME)
    aws.aws.cloudformation.get_waiter("stack_delete_complete").wait(StackName=NAME, WaiterConfig={"Delay": 1})
    assert aws.aws.functions.list_functions()["Functions"] == []
    for table in (stack.presence_table, stack.events_table):
        kept = aws.aws.dynamodb.get_item(TableName=table, Key={"pk": {"S": "kept"}, "sk": {"S": "kept"}})
        assert "Item" in kept
