"""What watches over a deployed Rollcall, and what a new deployment takes over."""

import json
import re
from pathlib import Path

import pytest

from tools.template import resources, schedules, template

ROOT = Path(__file__).parents[2]
ALARMS = resources("AWS::CloudWatch::Alarm")
FUNCTIONS = resources("AWS::Serverless::Function")
# A change of these reaches no function: they are about queues, schedules, alarms, tables and logs, or fixed for life.
NOT_OF_FUNCTIONS = {
    "ParkedRetentionSeconds",
    "TrimMembersSchedule",
    "TrimTombstonesSchedule",
    "TrimEventsSchedule",
    "ConsumerBatchSize",
    "ConsumerBatchWindowSeconds",
    "ConsumerConcurrency",
    "Deployment",
    "AlarmTopicArn",
    "PointInTimeRecovery",
    "LogRetentionDays",
    "EndpointUrl",
    "DeletionProtection",
    "DomainName",
    "CertificateArn",
    "PermissionsBoundary",
    "ThrottlingRate",
    "ThrottlingBurst",
    "AccessLog",
    "AlarmsSayOk",
    "ScheduleDeadLetterArn",
}


def metrics_of_functions() -> set[str]:
    """The names of the metrics that the functions themselves count."""
    code = "".join(file.read_text() for file in ROOT.glob("functions/*/app.py"))
    filters = resources("AWS::Logs::MetricFilter").values()
    of_logs = {one["MetricName"] for each in filters for one in each["MetricTransformations"]}
    return set(re.findall(r'"([A-Z][A-Za-z]+)"', code)) | of_logs


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_every_alarm_tells_its_topic_and_has_its_entry_in_the_handbook(name: str) -> None:
    handbook = (ROOT / "docs/operations.md").read_text()
    assert f"### {name.removesuffix('Alarm')}\n" in handbook
    assert ALARMS[name]["AlarmActions"] == [["HasAlarmTopic", "AlarmTopicArn", "AWS::NoValue"]]
    assert ALARMS[name]["OKActions"] == [["HasOkTopic", "AlarmTopicArn", "AWS::NoValue"]]
    assert "docs/operations.md" in ALARMS[name]["AlarmDescription"]


def test_the_handbook_tells_of_no_alarm_that_there_is_not() -> None:
    section = (ROOT / "docs/operations.md").read_text().partition("## Alarms\n")[2].partition("\n## ")[0]
    assert {f"{name}Alarm" for name in re.findall(r"^### (\w+)$", section, re.MULTILINE)} == set(ALARMS)


def test_all_that_users_must_be_told_of_has_an_alarm() -> None:
    watched = {alarm["MetricName"] for alarm in ALARMS.values()}
    assert watched >= {
        "ApproximateNumberOfMessagesVisible",
        "ApproximateAgeOfOldestMessage",
        "Errors",
        "Throttles",
        "WriteThrottleEvents",
        "Duration",
        "5xx",
        "RunsBehind",
        "Invocations",
    }


def test_the_alarms_of_our_own_metrics_look_at_what_the_functions_count() -> None:
    own = {alarm["MetricName"] for alarm in ALARMS.values() if alarm["Namespace"] == "Rollcall"}
    assert own
    assert own <= metrics_of_functions()


def test_a_throttled_index_is_as_loud_as_a_throttled_table() -> None:
    """It lets no write of its table through, and WriteThrottleEvents of the table says nothing of it."""
    indexed = {name for name, table in resources("AWS::DynamoDB::Table").items() if "GlobalSecondaryIndexes" in table}
    assert indexed == {"Presence"}
    watched = {(alarm["MetricName"], alarm["Dimensions"][0]["Value"]) for alarm in ALARMS.values()}
    assert ("ThrottledRequests", "Presence") in watched
    assert ("WriteThrottleEvents", "Presence") not in watched


def test_a_webhook_that_sqs_parks_is_not_due_to_expire_already() -> None:
    """SQS counts from when it was sent to Webhooks, and would delete it unseen."""
    retention = template()["Parameters"]["ParkedRetentionSeconds"]
    day = 86_400  # seconds
    assert retention["MinValue"] >= resources("AWS::SQS::Queue")["Webhooks"]["MessageRetentionPeriod"] + day


def test_a_trimmer_that_is_started_daily_is_not_idle_when_a_start_comes_late() -> None:
    idle = ALARMS["TrimmerIdleAlarm"]
    assert idle["Period"] * idle["EvaluationPeriods"] >= max(schedules().values()) + 3600


def test_a_role_may_trace_before_its_function_is_told_to() -> None:
    """Lambda refuses a traced function whose role may not; CloudFormation makes first what others name."""
    roles = {name for name, role in resources("AWS::IAM::Role").items() if "ManagedPolicyArns" in role}
    roles -= {"DeploymentRole"}  # CodeDeploy's
    assert roles == {function["Role"].removesuffix(".Arn") for function in FUNCTIONS.values()}
    for role in roles:
        arns = resources("AWS::IAM::Role")[role]["ManagedPolicyArns"]
        assert arns == [
            ["IsTraced", "TracingPolicy", "AWS::NoValue"],
            ["HasKmsKey", "EncryptionPolicy", "AWS::NoValue"],
        ]
    assert "Roles" not in resources("AWS::IAM::ManagedPolicy")["TracingPolicy"]


def test_the_dashboard_shows_what_the_functions_count() -> None:
    (dashboard,) = resources("AWS::CloudWatch::Dashboard").values()
    rows = [row for one in json.loads(dashboard["DashboardBody"])["widgets"] for row in one["properties"]["metrics"]]
    shown = {row[1] for row in rows if row[0] == "Rollcall"}
    assert shown
    assert shown <= metrics_of_functions()


def test_no_two_widgets_of_the_dashboard_cover_each_other() -> None:
    (dashboard,) = resources("AWS::CloudWatch::Dashboard").values()
    places = [
        (x, y)
        for one in json.loads(dashboard["DashboardBody"])["widgets"]
        for x in range(one["x"], one["x"] + one["width"])
        for y in range(one["y"], one["y"] + one["height"])
    ]
    assert len(places) == len(set(places))
    assert max(x for x, _ in places) < 24  # columns, as many as a dashboard has


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_changed_parameter_publishes_a_version_of_every_function_that_is_told_of_it(name: str) -> None:
    """Its alias would go on with the version before, for SAM looks at the template and not at values.

    And of no other, for CloudFormation fails where a version is to be published of a function that has not changed.
    """
    function = FUNCTIONS[name]
    told = json.dumps([function.get("Environment", {}), template()["Globals"]["Function"]])
    parameters = {
        one for one in template()["Parameters"] if f'"{one}"' in told or f"${{{one}}}" in told
    } - NOT_OF_FUNCTIONS
    assert set(re.findall(r"\$\{(\w+)\}", function["VersionDescription"])) == parameters


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_version_can_be_described_whatever_the_parameters_are(name: str) -> None:
    longest = {
        one: about.get("MaxLength") or max(map(len, map(str, about.get("AllowedValues", [about.get("MaxValue")]))))
        for one, about in template()["Parameters"].items()
        if about.keys() & {"MaxLength", "AllowedValues", "MaxValue"}
    }
    text = re.sub(r"\$\{(\w+)\}", lambda found: "x" * longest[found[1]], FUNCTIONS[name]["VersionDescription"])
    assert len(text) <= 256  # characters, the most that Lambda takes


def test_every_way_of_deployment_is_either_gradual_or_not() -> None:
    ways = template()["Parameters"]["Deployment"]["AllowedValues"]
    assert set(template()["Mappings"]["Deployments"]) == set(ways)
    assert [way for way in ways if not template()["Mappings"]["Deployments"][way]["IsGradual"]] == ["AllAtOnce"]


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_gradual_deployment_goes_back_when_its_own_function_ends_with_an_error(name: str) -> None:
    watched = [ALARMS[alarm] for alarm in FUNCTIONS[name]["DeploymentPreference"]["Alarms"]]
    of_lambda = [alarm["Dimensions"] for alarm in watched if alarm["MetricName"] == "Errors"]
    assert of_lambda == [[{"Name": "FunctionName", "Value": name}]]
