"""What the doctor makes of what it sees, by plain data: ok, a warning or a fault, and named so that one can act."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.keys import SourceKey
from tools.doctor import backlog, doors, drift, functions, journey, queues, roles, schedules, sources, tables, whole
from tools.doctor.check import Judgement, Verdict
from tools.doctor.deployment import Deployment
from tools.doctor.intrinsics import Intrinsics
from tools.doctor.journey import Outcome
from tools.doctor.queues import Need
from tools.doctor.roles import Permission
from tools.doctor.schedules import Run
from tools.settings_store import Stored

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OK, WARNING, FAULT = Verdict.OK, Verdict.WARNING, Verdict.FAULT


def assert_that_one_can_act(found: Judgement, verdict: Verdict, *named: str) -> None:
    assert found.verdict is verdict, found
    assert bool(found.remedy) is (verdict is not OK), found
    for name in named:
        assert name in found.sentence


# ---- The stack as a whole ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("CREATE_COMPLETE", OK),
        ("UPDATE_COMPLETE", OK),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", WARNING),
        ("UPDATE_ROLLBACK_COMPLETE", WARNING),
        ("UPDATE_ROLLBACK_FAILED", FAULT),
        ("DELETE_FAILED", FAULT),
    ],
)
def test_a_stack_is_as_well_as_its_last_deployment(status: str, verdict: Verdict) -> None:
    assert_that_one_can_act(whole.judge_status(status), verdict, status)


@pytest.mark.parametrize(
    ("seconds", "verdict", "word"), [(0, OK, ""), (-60, OK, ""), (61, WARNING, "ahead"), (-300, WARNING, "behind")]
)
def test_a_clock_that_is_wrong_by_more_than_a_minute_is_named(seconds: int, verdict: Verdict, word: str) -> None:
    assert_that_one_can_act(whole.judge_clock(NOW + timedelta(seconds=seconds), NOW), verdict, word)


# ---- The doors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "wrong", "missed", "verdict", "word"),
    [
        (200, 404, None, OK, "refuses another"),
        (404, 404, "v-2", FAULT, "older value"),
        (404, 404, None, FAULT, "404"),
        (500, 500, None, FAULT, "500"),
        (200, 200, None, FAULT, "anybody"),
    ],
)
def test_a_right_token_is_taken_and_a_wrong_one_is_not(
    right: int, wrong: int, missed: str | None, verdict: Verdict, word: str
) -> None:
    assert_that_one_can_act(doors.judge_token(right, wrong, missed), verdict, word)


@pytest.mark.parametrize(
    ("right", "none", "verdict", "word"),
    [
        (200, 401, OK, "without it"),
        (401, 401, FAULT, "401"),
        (503, 401, FAULT, "503"),
        (200, 200, FAULT, "without a key"),
    ],
)
def test_the_read_key_is_taken_and_nobody_comes_in_without(right: int, none: int, verdict: Verdict, word: str) -> None:
    assert_that_one_can_act(doors.judge_read_key(right, none), verdict, word)


@pytest.mark.parametrize(
    ("account", "consumers", "verdict", "word"),
    [(10, 5, OK, "5"), (10, 6, WARNING, "10 functions"), (1000, 100, OK, "100"), (1000, 600, WARNING, "600")],
)
def test_consumers_leave_ingest_its_share_of_the_account(
    account: int, consumers: int, verdict: Verdict, word: str
) -> None:
    assert_that_one_can_act(functions.judge_concurrency(account, account, consumers), verdict, word)


@pytest.mark.parametrize(("status", "verdict"), [(404, OK), (500, FAULT), (503, FAULT)])
def test_an_api_that_answers_anything_but_failure_is_there(status: int, verdict: Verdict) -> None:
    assert_that_one_can_act(doors.judge_api(status), verdict)


# ---- Functions and roles ---------------------------------------------------------------------------------

ROLE = "arn:aws:iam::1:role/rollcall-ConsumerRole-1"
LIVE: Any = {"State": "Active", "LastUpdateStatus": "Successful", "Role": ROLE}


@pytest.mark.parametrize(
    ("live", "alias", "verdict", "word"),
    [
        ({}, {"FunctionVersion": "7"}, OK, "7"),
        ({"State": "Failed", "StateReason": "no layer"}, {"FunctionVersion": "7"}, FAULT, "no layer"),
        ({"Role": "arn:aws:iam::1:role/admin"}, {"FunctionVersion": "7"}, FAULT, "rollcall-ConsumerRole-1"),
        ({}, {"FunctionVersion": "6"}, WARNING, "6"),
        ({}, {"FunctionVersion": "6", "RoutingConfig": {"AdditionalVersionWeights": {"7": 0.1}}}, OK, "taking over"),
    ],
)
def test_a_function_runs_what_was_deployed_by_its_own_role(live: Any, alias: Any, verdict: Verdict, word: str) -> None:
    found = functions.judge_function(ROLE, "7", LIVE | live, alias)
    assert_that_one_can_act(found, verdict, word)


SEND, READ = (
    Permission("arn:aws:sqs:::Webhooks", "sqs:SendMessage"),
    Permission("arn:aws:dynamodb:::table/t:doctor", "dynamodb:Query"),
)


@pytest.mark.parametrize(
    ("decisions", "verdict", "named"),
    [
        ({SEND: "allowed", READ: "allowed"}, OK, []),
        ({SEND: "implicitDeny", READ: "allowed"}, FAULT, ["sqs:SendMessage on Webhooks"]),
        ({SEND: "allowed", READ: "explicitDeny"}, FAULT, ["dynamodb:Query", "denies"]),
        ({}, FAULT, ["dynamodb:Query on table/t:doctor; sqs:SendMessage on Webhooks"]),
        ({SEND: "allowed"}, FAULT, ["dynamodb:Query"]),  # no word of it is no permission
    ],
)
def test_a_role_that_may_not_do_something_is_named_with_it(
    decisions: dict[Permission, str], verdict: Verdict, named: Iterable[str]
) -> None:
    assert_that_one_can_act(roles.judge_role([READ, SEND], decisions), verdict, *named)


def test_a_statement_is_asked_about_action_by_action_and_never_about_a_pattern() -> None:
    statement = {"Effect": "Allow", "Action": ["a:X", "a:Y"], "Resource": ["arn:p/*", "arn:log:*:*"]}
    assert set(roles.granted(statement)) == {
        Permission("arn:p/doctor", "a:X"),
        Permission("arn:p/doctor", "a:Y"),
        Permission("arn:log:doctor:doctor", "a:X"),
        Permission("arn:log:doctor:doctor", "a:Y"),
    }
    assert list(roles.granted({"Effect": "Allow", "Action": "a:X", "Resource": "*"})) == [Permission("*", "a:X")]
    assert list(roles.granted({"Effect": "Deny", "Action": "a:X", "Resource": "*"})) == []


ATTACHED = {"ManagedPolicyArns": {"Fn::If": ["IsTraced", [{"Ref": "TracingPolicy"}], {"Ref": "AWS::NoValue"}]}}


@pytest.mark.parametrize(("role", "has_policy", "asked"), [(ATTACHED, True, 1), (ATTACHED, False, 0), ({}, True, 0)])
def test_a_role_is_asked_about_what_is_attached_to_it_if_the_stack_has_it(
    role: dict[str, Any], has_policy: bool, asked: int
) -> None:
    statement = {"Effect": "Allow", "Action": "xray:PutTraceSegments", "Resource": "*"}
    resources: dict[str, Any] = {
        "ConsumerRole": {"Type": "AWS::IAM::Role", "Properties": role},
        "TracingPolicy": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"PolicyDocument": {"Statement": statement}},
        },
    }
    existing = {name: name for name in resources if has_policy or name != "TracingPolicy"}
    types = {name: resource["Type"] for name, resource in resources.items()}
    stack: Any = None
    deployment = Deployment(
        stack,
        "",
        NOW,
        NOW,
        {"Resources": resources},
        Intrinsics("arn:aws:cloudformation:r:1:s/n/i", {}, types, existing),
    )
    (consumer,) = deployment.all("AWS::IAM::Role")
    assert roles.permissions(deployment, consumer) == [Permission("*", "xray:PutTraceSegments")] * asked


# ---- Queues ----------------------------------------------------------------------------------------------

QUEUE = {
    "SqsManagedSseEnabled": True,
    "VisibilityTimeout": 540,
    "MessageRetentionPeriod": "345600",
    "RedrivePolicy": {"deadLetterTargetArn": "arn:aws:sqs:::Parked", "maxReceiveCount": 5},
}
ATTRIBUTES = {
    "SqsManagedSseEnabled": "true",
    "VisibilityTimeout": "540",
    "MessageRetentionPeriod": "345600",
    "RedrivePolicy": '{"maxReceiveCount": "5", "deadLetterTargetArn": "arn:aws:sqs:::Parked"}',
    "CreatedTimestamp": "1",
}


def test_a_queue_that_is_as_the_template_says_is_well_however_sqs_writes_it() -> None:
    assert_that_one_can_act(queues.judge_queue(QUEUE, ATTRIBUTES), OK)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VisibilityTimeout", "30"),
        ("MessageRetentionPeriod", "60"),
        ("SqsManagedSseEnabled", "false"),
        ("RedrivePolicy", '{"deadLetterTargetArn": "arn:aws:sqs:::Other", "maxReceiveCount": 5}'),
        ("RedrivePolicy", None),
    ],
)
def test_a_queue_that_differs_is_named_with_what_differs(name: str, value: str | None) -> None:
    changed = {key: one for key, one in {**ATTRIBUTES, name: value}.items() if one is not None}
    found = queues.judge_queue(QUEUE, changed)
    assert_that_one_can_act(found, FAULT, name)
    assert [other for other in QUEUE if other != name and other in found.sentence] == []


def policy(effect: str, action: Any, **more: Any) -> str:
    return json.dumps({"Statement": [{"Effect": effect, "Principal": "*", "Action": action, "Resource": "*", **more}]})


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("", OK),
        (policy("Deny", "sqs:SendMessage"), FAULT),
        (policy("Deny", ["SQS:sendmessage", "sqs:PurgeQueue"]), FAULT),
        (policy("Deny", "sqs:*"), FAULT),
        (policy("Deny", "*"), FAULT),
        (json.dumps({"Statement": {"Effect": "Deny", "Principal": "*", "NotAction": "sqs:PurgeQueue"}}), FAULT),
        (json.dumps({"Statement": {"Effect": "Deny", "NotPrincipal": {"AWS": "arn:me"}, "Action": "sqs:*"}}), FAULT),
        (json.dumps({"Statement": {"Effect": "Deny", "NotPrincipal": {"AWS": [ROLE]}, "Action": "sqs:*"}}), WARNING),
        (policy("Deny", "sqs:*", Principal={"AWS": ["arn:aws:iam::1:root"]}), FAULT),
        (policy("Deny", "sqs:*", Principal={"AWS": ROLE}), FAULT),
        (policy("Deny", "sqs:*", Principal={"AWS": "arn:aws:iam::2:root"}), WARNING),
        (policy("Deny", "sqs:*", Principal={"Service": "sns.amazonaws.com"}), WARNING),
        (policy("Deny", "sqs:*", Condition={"Bool": {"aws:SecureTransport": "false"}}), WARNING),
        (policy("Deny", "sqs:PurgeQueue"), WARNING),
        (policy("Allow", "sqs:SendMessage"), WARNING),
    ],
)
def test_a_queue_policy_that_denies_what_is_needed_is_a_fault_and_any_other_a_warning(
    text: str, verdict: Verdict
) -> None:
    found = queues.judge_policy([Need("sqs:ReceiveMessage", ROLE), Need("sqs:SendMessage", ROLE)], text)
    assert_that_one_can_act(found, verdict, *(["sqs:SendMessage"] if verdict is FAULT else []))


MAPPING: Any = {
    "EventSourceArn": "arn:q",
    "FunctionName": "arn:f:live",
    "BatchSize": 100,
    "ScalingConfig": {"Max": "10"},
}
SEEN: Any = {
    "State": "Enabled",
    "EventSourceArn": "arn:q",
    "FunctionArn": "arn:f:live",
    "BatchSize": 100,
    "ScalingConfig": {"Max": 10},
}


@pytest.mark.parametrize(
    ("change", "verdict", "word"),
    [
        ({}, OK, ""),
        ({"LastProcessingResult": "OK"}, OK, ""),
        ({"LastProcessingResult": "No records processed"}, OK, ""),
        ({"State": "Updating"}, OK, ""),  # for a minute after a deployment; it hands on what comes meanwhile
        ({"State": "Disabling"}, FAULT, "Disabling"),
        ({"State": "Disabled"}, FAULT, "Disabled"),
        ({"EventSourceArn": "arn:other"}, FAULT, "arn:other"),
        ({"FunctionArn": "arn:f"}, FAULT, "arn:f"),
        ({"BatchSize": 1}, FAULT, "BatchSize"),
        ({"LastProcessingResult": "PROBLEM: Function call failed"}, FAULT, "Function call failed"),
    ],
)
def test_an_event_source_hands_the_right_queue_to_the_right_function(change: Any, verdict: Verdict, word: str) -> None:
    assert_that_one_can_act(queues.judge_mapping(MAPPING, SEEN | change), verdict, word)


@given(st.dictionaries(st.sampled_from("abc"), st.integers() | st.booleans() | st.text("xyz{")), st.sampled_from("abc"))
def test_drift_is_found_where_it_is_and_nowhere_else(expected: dict[str, Any], name: str) -> None:
    assert drift.drift(expected, dict(expected), expected) == []
    changed = {**expected, name: "something else"}
    assert len(drift.drift(expected, changed, {*expected, name})) == 1


# ---- Tables ----------------------------------------------------------------------------------------------

KEYS = [{"AttributeName": "here", "KeyType": "HASH"}]
TABLE = {
    "GlobalSecondaryIndexes": [{"IndexName": "present", "KeySchema": KEYS}],
    "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
}
DESCRIBED: Any = {
    "TableStatus": "ACTIVE",
    "GlobalSecondaryIndexes": [{"IndexName": "present", "KeySchema": KEYS, "IndexStatus": "ACTIVE"}],
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
}


@pytest.mark.parametrize(
    ("change", "verdict", "word"),
    [
        ({}, OK, ""),
        ({"TableStatus": "DELETING"}, FAULT, "DELETING"),
        ({"GlobalSecondaryIndexes": []}, FAULT, "present"),
        (
            {"GlobalSecondaryIndexes": [{"IndexName": "present", "KeySchema": KEYS, "IndexStatus": "CREATING"}]},
            FAULT,
            "CREATING",
        ),
        ({"GlobalSecondaryIndexes": [{"IndexName": "present", "KeySchema": []}]}, FAULT, "other keys"),
        ({"StreamSpecification": {}}, WARNING, "NEW_IMAGE"),
    ],
)
def test_a_table_is_active_with_its_indexes(change: Any, verdict: Verdict, word: str) -> None:
    assert_that_one_can_act(tables.judge_table(TABLE, DESCRIBED | change), verdict, word)


@pytest.mark.parametrize(
    ("seen", "verdict", "word"),
    [
        ({"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}, OK, "expires_at"),
        ({"TimeToLiveStatus": "ENABLING", "AttributeName": "expires_at"}, OK, "expires_at"),
        ({"TimeToLiveStatus": "DISABLED"}, FAULT, "DISABLED"),
        ({"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}, FAULT, "ttl"),
    ],
)
def test_records_expire_by_the_attribute_of_the_template(seen: Any, verdict: Verdict, word: str) -> None:
    assert_that_one_can_act(tables.judge_expiry("expires_at", seen), verdict, word)


@pytest.mark.parametrize(
    ("status", "wanted", "verdict"), [("ENABLED", True, OK), ("DISABLED", True, FAULT), ("DISABLED", False, OK)]
)
def test_a_table_can_be_restored_where_that_is_asked_for(status: str, wanted: bool, verdict: Verdict) -> None:
    assert_that_one_can_act(tables.judge_backups(status, wanted=wanted), verdict)


# ---- Schedules -------------------------------------------------------------------------------------------

TARGET = {"Arn": "arn:f:live", "RoleArn": "arn:role", "Input": '{"kind": "events"}'}
SCHEDULE: Any = {"State": "ENABLED", "ScheduleExpression": "rate(1 day)", "Target": TARGET}


@pytest.mark.parametrize(
    ("expected", "seen", "verdict", "word"),
    [
        ({}, {}, OK, "rate(1 day)"),
        ({"State": "DISABLED"}, {"State": "DISABLED"}, OK, "switched off by TrimEvents"),
        ({}, {"State": "DISABLED"}, FAULT, "TrimEvents"),
        ({"State": "DISABLED"}, {}, FAULT, "TrimEvents"),
        ({}, {"ScheduleExpression": "rate(9 days)"}, FAULT, "rate(9 days)"),
        ({}, {"Target": {**TARGET, "Arn": "arn:f"}}, FAULT, "Arn"),
        ({}, {"Target": {**TARGET, "RoleArn": "arn:other"}}, FAULT, "arn:other"),
    ],
)
def test_a_schedule_starts_the_trimmer_as_the_stack_has_it(
    expected: Any, seen: Any, verdict: Verdict, word: str
) -> None:
    found = schedules.judge_schedule(SCHEDULE | expected, "TrimEvents", SCHEDULE | seen)
    assert_that_one_can_act(found, verdict, word)


@pytest.mark.parametrize(
    ("expression", "interval"),
    [
        ("rate(5 minutes)", timedelta(minutes=5)),
        ("rate(1 hour)", timedelta(hours=1)),
        ("rate(2 days)", timedelta(days=2)),
        ("cron(0 3 * * ? *)", None),
    ],
)
def test_the_interval_of_a_schedule_is_told_where_it_has_one(expression: str, interval: timedelta | None) -> None:
    assert schedules.interval_of(expression) == interval


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("since", "last", "verdict", "word"),
    [
        (NOW - 2 * HOUR, None, OK, "Not due yet"),
        (NOW - 4 * HOUR, None, FAULT, "has never run"),
        (NOW - 99 * HOUR, Run(NOW - 2 * HOUR, complete=True), OK, "2 hours ago"),
        (NOW - 99 * HOUR, Run(NOW - 2 * HOUR, complete=False), OK, "goes on there"),
        (NOW - 99 * HOUR, Run(NOW - 4 * HOUR, complete=True), FAULT, "4 hours ago"),
        (NOW - 1 * HOUR, Run(NOW - 40 * HOUR, complete=True), OK, "40 hours ago"),  # it was switched on an hour ago
    ],
)
def test_the_trimmer_runs_when_it_is_due(since: datetime, last: Run | None, verdict: Verdict, word: str) -> None:
    assert_that_one_can_act(schedules.judge_trimming(NOW, since, HOUR, last), verdict, word)


# ---- Sources ---------------------------------------------------------------------------------------------


def stored(kind: str, provider: str, value: str) -> Stored:
    return Stored(kind, provider, "prod", value, "")


TOKENS = '{"tokens": [{"key": "k", "secret": "hidden"}]}'


def test_what_the_functions_can_read_is_well() -> None:
    settings = [stored("secrets", "pusher", TOKENS), stored("retention", "pubnub", '{"lease_minutes": 60}')]
    assert_that_one_can_act(sources.judge_settings(settings), OK, "2")
    assert_that_one_can_act(sources.judge_settings([]), OK)


@pytest.mark.parametrize(
    ("kind", "provider", "value", "word"),
    [
        ("secrets", "pusher", '{"tokens": "hidden"}', "the secrets of pusher/prod: tokens"),
        ("secrets", "pusher", "hidden", "the secrets of pusher/prod: Invalid JSON"),
        ("secrets", "gone", TOKENS, "no such provider"),
        ("retention", "pusher", '{"lease_minutes": 0}', "the retention of pusher/prod: lease_minutes"),
    ],
)
def test_what_the_functions_cannot_use_is_named_and_no_secret_told(
    kind: str, provider: str, value: str, word: str
) -> None:
    found = sources.judge_settings([stored(kind, provider, value)])
    assert_that_one_can_act(found, FAULT, word)
    assert "hidden" not in f"{found.sentence} {found.remedy}"


def test_a_source_that_signs_and_sends_without_stored_secrets_is_named() -> None:
    prod, test, open_one = SourceKey("pusher", "prod"), SourceKey("pusher", "test"), SourceKey("pubnub", "prod")
    assert_that_one_can_act(sources.judge_secrets([prod, test, open_one], [prod]), FAULT, "pusher/test")
    assert "prod" not in sources.judge_secrets([prod, test, open_one], [prod]).sentence
    assert_that_one_can_act(sources.judge_secrets([prod, open_one], [prod]), OK)
    assert_that_one_can_act(sources.judge_secrets([], []), OK)


# ---- What waits ------------------------------------------------------------------------------------------


def test_what_is_parked_is_counted() -> None:
    assert_that_one_can_act(backlog.judge_parked(0), OK)
    assert_that_one_can_act(backlog.judge_parked(3), WARNING, "3")


@pytest.mark.parametrize(
    ("waiting", "age", "verdict"), [(0, None, OK), (5, None, OK), (5, 1200, OK), (5, 1201, WARNING)]
)
def test_webhooks_that_wait_longer_than_the_alarm_allows_are_named(
    waiting: int, age: int | None, verdict: Verdict
) -> None:
    assert_that_one_can_act(backlog.judge_backlog(waiting, age, 1200), verdict)


def test_alarms_that_go_off_are_named_with_what_they_mean() -> None:
    assert_that_one_can_act(backlog.judge_alarms(14, {}), OK, "14")
    found = backlog.judge_alarms(14, {"a-Parked-1": "Look why", "a-Backlog-1": "They wait"})
    assert_that_one_can_act(found, WARNING, "a-Backlog-1, a-Parked-1")
    assert found.remedy == "Look why. They wait."


@pytest.mark.parametrize(
    ("outcome", "word"),
    [
        (Outcome(None, ""), "not dealt with"),
        (Outcome("applied", ""), "no answer"),
        (Outcome("retried", ""), "still being tried"),
        (Outcome("unverified", "The signature is wrong."), "unverified: The signature is wrong."),
    ],
)
def test_a_webhook_that_never_became_an_answer_is_told_by_where_it_got_stuck(outcome: Outcome, word: str) -> None:
    assert_that_one_can_act(journey.judge_lost(outcome), FAULT, word)
