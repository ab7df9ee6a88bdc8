"""The template keeps its promises, as far as they can be read off it."""

from dataclasses import fields
from typing import Any

import pytest

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
# Not read by the code: a change of it makes Lambda take the secrets' new values.
ONLY_FOR_LAMBDA = {"SECRETS_REVISION"}


def statements() -> list[dict[str, Any]]:
    of_roles = [policy for role in resources("AWS::IAM::Role").values() for policy in role["Policies"]]
    policies = of_roles + list(resources("AWS::IAM::ManagedPolicy").values())
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_is_told_what_it_asks_for_and_nothing_else(name: str) -> None:
    told = set(resources("AWS::Serverless::Function")[name].get("Environment", {}).get("Variables", {}))
    asked = {field.name.upper() for model in FUNCTIONS[name] for field in fields(model)}
    assert told - ONLY_FOR_LAMBDA == asked


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
    (rule,) = template()["Rules"].values()
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


def test_tables_outlive_the_stack_and_are_encrypted_and_expire() -> None:
    for resource in template()["Resources"].values():
        if resource["Type"] == "AWS::DynamoDB::Table":
            assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")
            assert resource["Properties"]["SSESpecification"] == {"SSEEnabled": True}
            assert resource["Properties"]["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_the_path_of_a_webhook_which_holds_its_token_is_logged_nowhere() -> None:
    (api,) = resources("AWS::Serverless::HttpApi").values()
    assert "AccessLogSettings" not in api


def test_ingest_has_no_layer_of_dependencies() -> None:
    assert resources("AWS::Serverless::Function")["Ingest"]["Layers"] == ["RollcallLayer"]
