"""The template keeps its promises, as far as they can be read off it."""

import re
from dataclasses import fields
from typing import Any

import pytest

import rollcall
from rollcall import settings
from rollcall.envelope import LARGEST_MESSAGE
from tools.template import environment, resources, template

FUNCTIONS: dict[str, set[type[Any]]] = {
    "Ingest": {settings.IngestSettings},
    "Consumer": {settings.ConsumerSettings, settings.RetentionSettings},
    "Trimmer": {settings.TrimmerSettings, settings.RetentionSettings},
    "Query": {settings.QuerySettings, settings.RetentionSettings},
    "Console": set(),
}
# Their services know no narrower resource.
FOR_EVERY_RESOURCE = {"cloudwatch:GetMetricData", "xray:PutTraceSegments", "xray:PutTelemetryRecords"}
NO_VALUE = "AWS::NoValue"


def statements() -> list[dict[str, Any]]:
    of_roles = [policy for role in resources("AWS::IAM::Role").values() for policy in role.get("Policies", [])]
    policies = of_roles + list(resources("AWS::IAM::ManagedPolicy").values())
    listed = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    # One under a condition is a list: the condition, the statement, and what stands there otherwise.
    return [statement[1] if isinstance(statement, list) else statement for statement in listed]


def as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_is_told_what_it_asks_for_and_nothing_else(name: str) -> None:
    told = set(resources("AWS::Serverless::Function")[name].get("Environment", {}).get("Variables", {}))
    asked = {field.name.upper() for model in FUNCTIONS[name] for field in fields(model)}
    assert told == asked


def test_no_policy_allows_a_whole_service_or_every_resource() -> None:
    for statement in statements():
        assert all("*" not in action for action in as_list(statement["Action"]))
        if not FOR_EVERY_RESOURCE.issuperset(as_list(statement["Action"])):
            assert all(resource not in ("*", "") for resource in as_list(statement["Resource"]))


def test_every_function_has_a_role_and_a_log_group_of_its_own() -> None:
    functions = resources("AWS::Serverless::Function").values()
    assert len({function["Role"] for function in functions}) == len(FUNCTIONS)
    assert len({function["LoggingConfig"]["LogGroup"] for function in functions}) == len(FUNCTIONS)
    assert all(log["RetentionInDays"] == "LogRetentionDays" for log in resources("AWS::Logs::LogGroup").values())


def test_a_webhook_whose_consumer_died_comes_again_after_six_time_outs() -> None:
    webhooks = resources("AWS::SQS::Queue")["Webhooks"]
    assert webhooks["VisibilityTimeout"] == 6 * resources("AWS::Serverless::Function")["Consumer"]["Timeout"]


def test_what_failed_comes_again_after_seconds_and_outlasts_half_an_hour_of_throttling() -> None:
    waits = settings.seconds(environment("Consumer")["RETRY_SECONDS"])
    webhooks = resources("AWS::SQS::Queue")["Webhooks"]
    assert webhooks["RedrivePolicy"]["maxReceiveCount"] == len(waits) + 1
    assert list(waits) == sorted(waits)
    assert waits[0] <= 10
    assert sum(waits[:4]) < 10 * 60  # five tries span minutes
    assert sum(waits) > 30 * 60


@pytest.mark.parametrize(("size", "window", "taken"), [(10, 0, True), (20, 0, False), (20, 1, True), (100, 1, True)])
def test_more_webhooks_at_once_than_sqs_gives_without_a_window_need_one(size: int, window: int, taken: bool) -> None:
    rule = template()["Rules"]["LargeBatchesNeedAWindow"]
    assert rule["RuleCondition"] == ["ConsumerBatchWindowSeconds", "0"]
    (assertion,) = rule["Assertions"]
    assert assertion["Assert"][1] == "ConsumerBatchSize"
    assert size in template()["Parameters"]["ConsumerBatchSize"]["AllowedValues"]
    assert (str(window) != "0" or str(size) in assertion["Assert"][0]) == taken


def test_webhooks_are_applied_as_they_come_unless_somebody_says_otherwise() -> None:
    (event,) = resources("AWS::Serverless::Function")["Consumer"]["Events"].values()
    properties, parameters = event["Properties"], template()["Parameters"]
    assert parameters[properties["BatchSize"]]["Default"] == 10
    assert parameters[properties["MaximumBatchingWindowInSeconds"]]["Default"] == 0


def test_a_queue_takes_the_largest_envelope() -> None:
    reason = 512  # bytes, of attributes, that a parked message carries besides
    assert all(
        queue["MaximumMessageSize"] > LARGEST_MESSAGE + reason for queue in resources("AWS::SQS::Queue").values()
    )


def test_one_failing_webhook_does_not_bring_back_its_whole_batch() -> None:
    (event,) = resources("AWS::Serverless::Function")["Consumer"]["Events"].values()
    assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("name", ["Presence", "Events", "UrlSecret"])
def test_what_is_worth_more_than_the_stack_outlives_it_unless_its_creation_failed(name: str) -> None:
    resource = template()["Resources"][name]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_tables_expire_and_are_encrypted_by_a_key_that_costs_nothing_unless_one_is_given() -> None:
    for table in resources("AWS::DynamoDB::Table").values():
        own = {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": "KmsKeyId"}
        assert table["SSESpecification"] == ["HasKmsKey", own, {"SSEEnabled": False}]
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_a_key_of_the_users_own_encrypts_all_that_the_stack_stores() -> None:
    taken = [table["SSESpecification"][1]["KMSMasterKeyId"] for table in resources("AWS::DynamoDB::Table").values()]
    taken += [queue["KmsMasterKeyId"][1] for queue in resources("AWS::SQS::Queue").values()]
    taken += [secret["KmsKeyId"][1] for secret in resources("AWS::SecretsManager::Secret").values()]
    assert set(taken) == {"KmsKeyId"}
    logs = [log["KmsKeyId"] for log in resources("AWS::Logs::LogGroup").values()]
    assert {(log[0], log[2]) for log in [*logs, template()["Globals"]["Function"]["KmsKeyArn"]]} == {
        ("HasKmsKey", NO_VALUE)
    }
    assert all(log[1].endswith("key/${KmsKeyId}") for log in logs)


def test_every_role_stays_within_the_boundary() -> None:
    bounds = [role["PermissionsBoundary"] for role in resources("AWS::IAM::Role").values()]
    assert len(bounds) == len(FUNCTIONS) + 2  # EventBridge's and CodeDeploy's
    assert all(bound == ["HasBoundary", "PermissionsBoundary", NO_VALUE] for bound in bounds)
    # SAM would make a role of its own for gradual deployments.
    assert template()["Globals"]["Function"]["DeploymentPreference"]["Role"] == "DeploymentRole.Arn"


def test_only_this_accounts_schedules_are_let_in_by_their_role() -> None:
    (statement,) = resources("AWS::IAM::Role")["SchedulerRole"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "AWS::AccountId"}}


def test_the_path_of_a_webhook_which_holds_its_token_is_logged_nowhere() -> None:
    (api,) = resources("AWS::Serverless::HttpApi").values()
    condition, settings_of_log, otherwise = api["AccessLogSettings"]
    assert (condition, otherwise) == ("HasAccessLog", NO_VALUE)
    assert set(re.findall(r"\$context\.(\w+)", settings_of_log["Format"])) == {
        "routeKey",
        "status",
        "requestId",
        "responseLatency",
    }


def test_each_release_is_a_change_of_every_function() -> None:
    """Lambda publishes no version of a function that has not changed, and CloudFormation then fails."""
    assert template()["Globals"]["Function"]["Environment"]["Variables"]["RELEASE"] == rollcall.__version__


def test_a_name_that_holds_the_stacks_is_not_too_long() -> None:
    stack = "s" * 128  # characters, the longest that CloudFormation takes
    for layer in resources("AWS::Serverless::LayerVersion").values():
        assert len(layer["LayerName"].replace("${AWS::StackName}", stack)) <= 140
    for event in resources("AWS::Serverless::Function")["Trimmer"]["Events"].values():
        assert event["Properties"]["OmitName"] is True


def test_a_layer_can_be_made_where_there_is_one_architecture_only() -> None:
    assert all("CompatibleArchitectures" not in one for one in resources("AWS::Serverless::LayerVersion").values())


def test_the_runtime_under_ingest_changes_only_with_a_deployment() -> None:
    told = {name: one.get("RuntimeManagementConfig") for name, one in resources("AWS::Serverless::Function").items()}
    assert told["Ingest"] == {"UpdateRuntimeOn": "FunctionUpdate"}


def test_consumers_leave_ingest_half_of_what_a_new_account_may_run() -> None:
    new_account = 10  # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    assert 2 * template()["Parameters"]["ConsumerConcurrency"]["Default"] <= new_account


def test_ingest_has_no_layer_of_dependencies() -> None:
    assert resources("AWS::Serverless::Function")["Ingest"]["Layers"] == ["RollcallLayer"]
