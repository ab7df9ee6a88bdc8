"""What a new deployment changes, and what outlives the stack."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.test_translated_template import EVERYTHING
from tools import sam
from tools.adoption import adopt
from tools.aws import LOCAL_REGION
from tools.doctor.check import Verdict
from tools.doctor.deployment import Deployment
from tools.doctor.examination import checks, examine
from tools.embedded_aws import EmbeddedAws
from tools.places import ROOT, SAM
from tools.stack import Stack
from tools.trouble import Trouble

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


def test_a_deployment_by_what_is_shipped_asks_nothing_and_needs_no_option_but_the_region(aws: EmbeddedAws) -> None:
    """`sam build && sam deploy --region R`, with nobody there who could answer."""
    shipped = (ROOT / "samconfig.toml").read_bytes()
    for arguments in (["build"], ["deploy", "--region", LOCAL_REGION]):
        done = subprocess.run(
            [str(SAM), *arguments],
            cwd=ROOT,
            env=sam.environment(aws.endpoint),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert Stack.read("rollcall", aws.aws).outputs["ApiUrl"].startswith("https://")
    assert (ROOT / "samconfig.toml").read_bytes() == shipped
    aws.aws.cloudformation.delete_stack(StackName="rollcall")
    aws.aws.cloudformation.get_waiter("stack_delete_complete").wait(StackName="rollcall", WaiterConfig={"Delay": 1})


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


def test_a_new_stack_adopts_the_tables_that_a_deleted_one_has_left(aws: EmbeddedAws) -> None:
    old = aws.deploy(NAME)
    left = {"Presence": old.presence_table, "Events": old.events_table}
    key = {"pk": {"S": "kept"}, "sk": {"S": "kept"}}
    for table in left.values():
        aws.aws.dynamodb.put_item(TableName=table, Item=key)
    with pytest.raises(Trouble, match="already"):
        adopt(NAME, aws.aws, left)
    aws.aws.cloudformation.delete_stack(StackName=NAME)
    aws.aws.cloudformation.get_waiter("stack_delete_complete").wait(StackName=NAME, WaiterConfig={"Delay": 1})

    adopt(NAME, aws.aws, left)
    new = aws.deploy(NAME)

    assert {"Presence": new.presence_table, "Events": new.events_table} == left
    for table in left.values():
        assert "Item" in aws.aws.dynamodb.get_item(TableName=table, Key=key)


def test_what_is_not_there_is_not_adopted_and_the_reason_is_told(aws: EmbeddedAws) -> None:
    with pytest.raises(Trouble, match="not-there"):
        adopt("rollcall-of-nothing", aws.aws, {"Presence": "not-there"})


def test_a_stack_with_all_that_a_company_may_ask_for_works(aws: EmbeddedAws) -> None:
    keys = aws.aws.session.client("kms", endpoint_url=aws.aws.endpoint)
    asked = {
        **EVERYTHING,
        "KmsKeyId": keys.create_key()["KeyMetadata"]["KeyId"],
        "Deployment": "Canary10Percent5Minutes",
    }
    stack = aws.deploy("rollcall-of-a-company", asked)
    assert stack.outputs["ApiUrl"] == f"https://{EVERYTHING['DomainName']}"
    assert stack.outputs["DomainTarget"]
    found = list(examine(checks(Deployment.read(stack))))
    assert [one for one in found if one.verdict not in (Verdict.OK, Verdict.SKIPPED)] == []
    assert next(one for one in found if one.name == "journey").verdict is Verdict.OK  # a webhook went all the way
