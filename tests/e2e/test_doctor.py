"""`rollcall doctor` on a healthy stack and on broken ones: it names each fault, singly, and leaves nothing."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from click.testing import CliRunner

from rollcall.channel_directory import entry_key
from rollcall.keys import ChannelKey
from tests.e2e.rollcall_client import RollcallClient, pubnub, pusher
from tools import settings_store
from tools.aws import LOCAL_REGION, Aws
from tools.cli.__main__ import rollcall as command
from tools.doctor import journey
from tools.doctor.check import Verdict
from tools.doctor.deployment import Deployment
from tools.doctor.examination import checks
from tools.doctor.traces import Traces, fresh_source
from tools.settings_store import all_stored
from tools.stack import Stack
from tools.trim import trim

type Findings = dict[str, dict[str, str]]


@pytest.fixture(scope="module", autouse=True)
def _nothing_of_others(stack: Stack) -> None:
    """What other tests sent without secrets would be named, and rightly; and so would a last batch that failed."""
    rollcall = RollcallClient(stack)
    rollcall.post("pubnub", "healthy", pubnub(("joined", "room", "ann")))
    rollcall.settle()
    figures = stack.aws.dynamodb.query(
        TableName=stack.presence_table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "intake"}},
    )
    for record in figures["Items"]:
        stack.aws.dynamodb.delete_item(
            TableName=stack.presence_table, Key={name: record[name] for name in ("pk", "sk")}
        )


@pytest.fixture
def fresh(stack: Stack) -> Stack:
    """As a command finds it: a stack remembers the secrets that it has read."""
    return Stack.read(stack.name, stack.aws)


def physical(stack: Stack, name: str) -> str:
    answer = stack.aws.cloudformation.describe_stack_resource(StackName=stack.name, LogicalResourceId=name)
    return answer["StackResourceDetail"]["PhysicalResourceId"]


def examined(stack: Stack) -> tuple[Findings, int]:
    """The findings by name, and the exit code."""
    done = CliRunner().invoke(command, ["--output", "json", "doctor"], obj=lambda *_: stack)
    return {one["name"]: one for one in json.loads(done.stdout)["checks"]}, done.exit_code


def faults(findings: Findings) -> set[str]:
    return {name for name, one in findings.items() if one["verdict"] == Verdict.FAULT}


def everything_in(stack: Stack) -> Any:
    """All records of the tables, all parameters, and how many messages there are."""
    records = [
        sorted(json.dumps(record, sort_keys=True, default=str) for page in pages for record in page["Items"])
        for pages in (
            stack.aws.dynamodb.get_paginator("scan").paginate(TableName=table)
            for table in (stack.presence_table, stack.events_table)
        )
    ]
    messages = [
        stack.aws.sqs.get_queue_attributes(
            QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        )["Attributes"]
        for queue in (stack.webhooks_queue, stack.parked_queue)
    ]
    return records, messages, sorted(one.value for one in all_stored(stack))


# ---- Healthy ---------------------------------------------------------------------------------------


def test_a_healthy_stack_has_no_fault_and_holds_nothing_of_the_doctor_afterwards(
    rollcall: RollcallClient, fresh: Stack
) -> None:
    rollcall.settle()
    trim(fresh, "events", dry_run=False)
    before = everything_in(fresh)
    findings, exit_code = examined(fresh)
    assert faults(findings) == set()
    assert exit_code == 0
    assert findings["journey"]["verdict"] == Verdict.OK
    assert findings["trimming of events"]["sentence"].startswith("The trimmer last ran ")
    assert findings["schedule of members"]["sentence"] == "It is switched off by TrimMembers."
    may_be_skipped = {"backups of Presence", "backups of Events", "trimming of members"}
    skipped = {name for name, one in findings.items() if one["verdict"] == Verdict.SKIPPED}
    assert skipped == may_be_skipped
    assert everything_in(fresh) == before


def test_every_check_that_others_wait_for_is_one(fresh: Stack) -> None:
    asked = checks(Deployment.read(fresh))
    names = [check.name for check in asked]
    assert len(names) == len(set(names))
    for check in asked:
        before = names[: names.index(check.name)]
        assert [need for need in check.needs if not any(name.startswith(need) for name in before)] == [], check.name


# ---- Broken ----------------------------------------------------------------------------------------


def set_schedule(stack: Stack, name: str, state: str) -> None:
    known = stack.aws.schedules.get_schedule(Name=physical(stack, name))
    stack.aws.schedules.update_schedule(
        Name=known["Name"],
        ScheduleExpression=known["ScheduleExpression"],
        FlexibleTimeWindow=known["FlexibleTimeWindow"],
        Target=known["Target"],
        State=state,  # type: ignore[arg-type]  # one of two words
    )


@pytest.fixture
def disabled_schedule(fresh: Stack) -> Iterator[Stack]:
    set_schedule(fresh, "TrimmerEvents", "DISABLED")
    yield fresh
    set_schedule(fresh, "TrimmerEvents", "ENABLED")


def test_a_schedule_that_was_disabled(disabled_schedule: Stack) -> None:
    findings, exit_code = examined(disabled_schedule)
    assert faults(findings) == {"schedule of events"}
    assert "ENABLED by TrimEvents" in findings["schedule of events"]["sentence"]
    assert findings["trimming of events"]["sentence"] == "Not tried, since there is a fault: schedule of events."
    assert findings["journey"]["verdict"] == Verdict.OK  # webhooks do not need it
    assert exit_code == 1


@pytest.fixture
def table_without_expiry(fresh: Stack) -> Iterator[Stack]:
    def switch(*, enabled: bool) -> None:
        fresh.aws.dynamodb.update_time_to_live(
            TableName=fresh.events_table,
            TimeToLiveSpecification={"AttributeName": "expires_at", "Enabled": enabled},
        )

    switch(enabled=False)
    yield fresh
    switch(enabled=True)


def test_a_table_whose_time_to_live_is_off(table_without_expiry: Stack) -> None:
    findings, exit_code = examined(table_without_expiry)
    assert faults(findings) == {"expiry of Events"}
    assert "expires_at" in findings["expiry of Events"]["remedy"]
    assert findings["journey"]["verdict"] == Verdict.OK
    assert exit_code == 1


@pytest.fixture
def consumer_that_may_not_write(fresh: Stack) -> Iterator[Stack]:
    role = {"RoleName": physical(fresh, "ConsumerRole"), "PolicyName": "consume"}
    document: Any = fresh.aws.iam.get_role_policy(**role)["PolicyDocument"]
    less = {**document, "Statement": [one for one in document["Statement"] if one["Action"] != "dynamodb:UpdateItem"]}
    assert less != document
    fresh.aws.iam.put_role_policy(**role, PolicyDocument=json.dumps(less))
    yield fresh
    fresh.aws.iam.put_role_policy(**role, PolicyDocument=json.dumps(document))


def test_a_role_that_lacks_a_permission(consumer_that_may_not_write: Stack) -> None:
    findings, exit_code = examined(consumer_that_may_not_write)
    assert faults(findings) == {"role ConsumerRole"}
    sentence = findings["role ConsumerRole"]["sentence"]
    assert sentence.startswith("It may not: dynamodb:UpdateItem on ")
    assert consumer_that_may_not_write.presence_table in sentence
    assert findings["journey"]["sentence"] == "Not tried, since there is a fault: role ConsumerRole."
    assert exit_code == 1


@contextmanager
def changed(stack: Stack, output: str) -> Iterator[None]:
    secret = stack.outputs[output]
    old = stack.aws.secrets.get_secret_value(SecretId=secret)["SecretString"]
    stack.aws.secrets.put_secret_value(SecretId=secret, SecretString="changed, and not deployed")
    yield
    stack.aws.secrets.put_secret_value(SecretId=secret, SecretString=old)


@pytest.fixture
def changed_url_secret(fresh: Stack) -> Iterator[Stack]:
    with changed(fresh, "UrlSecretArn"):
        yield fresh


def test_a_secret_of_urls_that_was_changed_and_not_deployed(changed_url_secret: Stack) -> None:
    findings, exit_code = examined(changed_url_secret)
    assert faults(findings) == {"webhook token"}
    assert findings["webhook token"]["sentence"].startswith("Ingest still uses an older value of UrlSecret")
    assert "UrlSecretVersion=" in findings["webhook token"]["remedy"]
    assert findings["journey"]["sentence"] == "Not tried, since there is a fault: webhook token."
    assert exit_code == 1


@pytest.fixture
def queue_that_denies(fresh: Stack) -> Iterator[Stack]:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    fresh.aws.sqs.set_queue_attributes(QueueUrl=fresh.webhooks_queue, Attributes={"Policy": policy})
    yield fresh
    fresh.aws.sqs.set_queue_attributes(QueueUrl=fresh.webhooks_queue, Attributes={"Policy": ""})


def test_a_queue_whose_policy_denies_what_ingest_needs(queue_that_denies: Stack) -> None:
    findings, exit_code = examined(queue_that_denies)
    assert faults(findings) == {"queue policy of Webhooks"}
    assert "sqs:SendMessage" in findings["queue policy of Webhooks"]["sentence"]
    assert findings["journey"]["sentence"] == "Not tried, since there is a fault: queue policy of Webhooks."
    assert exit_code == 1


def test_people_read_a_line_for_each_check_and_below_what_to_do(queue_that_denies: Stack) -> None:
    done = CliRunner().invoke(command, ["doctor"], obj=lambda *_: queue_that_denies)
    table, remedies = done.stdout.split("\n\n", 1)
    lines = [line.split(maxsplit=4) for line in table.splitlines()]
    assert ["queue", "policy", "of", "Webhooks"] in [words[:4] for words in lines]
    assert "Remove the queue's access policy" in remedies


@pytest.fixture
def consumer_without_webhooks(fresh: Stack) -> Iterator[Stack]:
    mapping = physical(fresh, "ConsumerWebhook")
    fresh.aws.functions.update_event_source_mapping(UUID=mapping, Enabled=False)
    yield fresh
    fresh.aws.functions.update_event_source_mapping(UUID=mapping, Enabled=True)


def test_a_consumer_that_is_handed_nothing(consumer_without_webhooks: Stack) -> None:
    findings, _ = examined(consumer_without_webhooks)
    assert faults(findings) == {"event source ConsumerWebhook"}
    assert findings["journey"]["sentence"] == "Not tried, since there is a fault: event source ConsumerWebhook."


@pytest.fixture
def unready_source(fresh: Stack) -> Iterator[Stack]:
    rollcall = RollcallClient(fresh)
    rollcall.post("pusher", "unready", pusher(("member_added", "presence-a", "ann")))
    rollcall.settle()
    yield fresh
    traces = Traces(fresh, ChannelKey("pusher", "unready", "presence-a"))
    traces.take_back()
    traces.remove()


def test_a_source_that_signs_and_has_no_secrets_stored(unready_source: Stack) -> None:
    findings, _ = examined(unready_source)
    assert faults(findings) == {"secrets of sources"}
    assert "pusher/unready" in findings["secrets of sources"]["sentence"]
    assert findings["parked webhooks"]["verdict"] == Verdict.WARNING
    assert findings["journey"]["verdict"] == Verdict.OK


@contextmanager
def seen_by_somebody_who_may_not(fresh: Stack, *denied: str) -> Iterator[Stack]:
    iam, name = fresh.aws.iam, "somebody"
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": denied, "Resource": "*"},
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="look", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=LOCAL_REGION)
    yield Stack.read(fresh.name, Aws(session, fresh.aws.endpoint))
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName=name, PolicyName="look")
    iam.delete_user(UserName=name)


@pytest.fixture
def reader(fresh: Stack) -> Iterator[Stack]:
    """The stack, seen by somebody who may look at nearly everything and change nothing."""
    with seen_by_somebody_who_may_not(fresh, "sqs:*", "ssm:Delete*", "ssm:Put*", "dynamodb:DeleteItem") as stack:
        yield stack


def test_who_could_take_no_webhook_back_sends_none(fresh: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_store, "store", lambda *_: None)  # it would be parked, and stay there
    before = everything_in(fresh)
    with seen_by_somebody_who_may_not(fresh, "sqs:ReceiveMessage") as stack:
        findings, _ = examined(stack)
    assert findings["journey"]["verdict"] == Verdict.SKIPPED
    assert "ReceiveMessage" in findings["journey"]["sentence"]
    assert everything_in(fresh) == before


def test_what_the_operator_may_not_do_is_skipped_and_no_fault(fresh: Stack, reader: Stack) -> None:
    before = everything_in(fresh)
    findings, exit_code = examined(reader)
    assert faults(findings) == set()
    assert exit_code == 0
    for name, operation in (("queue Webhooks", "GetQueueAttributes"), ("journey", "DeleteParameters")):
        assert findings[name]["verdict"] == Verdict.SKIPPED
        assert findings[name]["sentence"].startswith("You may not")
        assert operation in findings[name]["sentence"]
    assert findings["role ConsumerRole"]["verdict"] == Verdict.OK
    assert everything_in(fresh) == before


# ---- Nothing is left, whatever happens on the way ------------------------------------------------------


def test_nothing_is_left_when_somebody_ends_it_half_way(fresh: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> bool:
        raise KeyboardInterrupt

    before = everything_in(fresh)
    monkeypatch.setattr(journey, "_is_told", interrupted)
    with pytest.raises(KeyboardInterrupt):
        journey.travel(fresh)
    assert everything_in(fresh) == before


def test_nothing_is_left_of_a_webhook_that_nobody_takes(
    consumer_without_webhooks: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journey, "PATIENCE", 2)
    monkeypatch.setattr(journey, "SETTLES", 1)
    before = everything_in(consumer_without_webhooks)
    found = journey.travel(consumer_without_webhooks)
    assert found.verdict is Verdict.FAULT
    assert "the consumer has not dealt with it" in found.sentence
    assert everything_in(consumer_without_webhooks) == before


def test_a_journey_behind_many_others_is_not_begun_and_costs_them_no_try(
    consumer_without_webhooks: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was abandoned is not looked for among them, either."""
    stack, queue = consumer_without_webhooks, consumer_without_webhooks.webhooks_queue
    abandoned = ChannelKey(*fresh_source("pusher", 1_700_000_000), journey.CHANNEL)
    stack.aws.dynamodb.put_item(TableName=stack.presence_table, Item=dict(entry_key(abandoned)))
    stack.aws.sqs.send_message(QueueUrl=queue, MessageBody="{}")
    monkeypatch.setattr(journey, "FEW", 0)
    assert journey.travel(stack).verdict is Verdict.SKIPPED
    (other,) = stack.aws.sqs.receive_message(
        QueueUrl=queue, MessageSystemAttributeNames=["ApproximateReceiveCount"], WaitTimeSeconds=5
    )["Messages"]
    assert other["Attributes"]["ApproximateReceiveCount"] == "1"
    stack.aws.sqs.delete_message(QueueUrl=queue, ReceiptHandle=other["ReceiptHandle"])


def test_nothing_is_left_of_a_webhook_that_was_parked(fresh: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_store, "store", lambda *_: None)
    before = everything_in(fresh)
    found = journey.travel(fresh)
    assert found.verdict is Verdict.FAULT
    assert "parked as missing_secret" in found.sentence
    assert everything_in(fresh) == before


def test_what_an_earlier_journey_could_not_remove_is_removed_by_the_next(fresh: Stack) -> None:
    before = everything_in(fresh)
    long_ago = ChannelKey(*fresh_source("pusher", 1_700_000_000), journey.CHANNEL)
    fresh.aws.dynamodb.put_item(TableName=fresh.presence_table, Item=dict(entry_key(long_ago)))
    fresh.aws.dynamodb.put_item(
        TableName=fresh.events_table, Item={"pk": {"S": str(long_ago)}, "sk": {"S": "1"}, "expires_at": {"N": "1"}}
    )
    assert journey.travel(fresh).verdict is Verdict.OK
    assert everything_in(fresh) == before
