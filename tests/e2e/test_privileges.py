"""Each function can do what it must, and nothing else: asked of the embedded AWS, which enforces their roles.

That they can do what they must is shown by every other test of this suite. Here their roles try everything.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tools.aws import LOCAL_REGION
from tools.stack import Stack

KEY = {"pk": {"S": "nobody"}, "sk": {"S": "nothing"}}

# What each role may do, as the design has it; the actions are named as IAM names them.
MAY = {
    "IngestRole": {"sqs:SendMessage Webhooks"},
    "ConsumerRole": {
        "sqs:ReceiveMessage Webhooks",
        "sqs:GetQueueAttributes Webhooks",
        "sqs:ChangeMessageVisibility Webhooks",
        "sqs:SendMessage Parked",
        "dynamodb:UpdateItem Presence",
        "dynamodb:BatchWriteItem Events",
        "ssm:GetParameter secrets",
        "ssm:GetParameter retention",
    },
    "TrimmerRole": {
        "dynamodb:GetItem Presence",
        "dynamodb:PutItem Presence",
        "dynamodb:UpdateItem Presence",
        "dynamodb:DeleteItem Presence",
        "dynamodb:Query Presence",
        "dynamodb:Query Events",
        "dynamodb:DeleteItem Events",
        "dynamodb:BatchWriteItem Events",
        "ssm:GetParameter retention",
    },
    "QueryRole": {
        "dynamodb:GetItem Presence",
        "dynamodb:BatchGetItem Presence",
        "dynamodb:Query Presence",
        "dynamodb:Query Events",
        "sqs:GetQueueAttributes Webhooks",
        "sqs:GetQueueAttributes Parked",
        "cloudwatch:GetMetricData",
        "secretsmanager:GetSecretValue UrlSecretArn",
        "secretsmanager:GetSecretValue ReadKeyArn",
        "ssm:GetParameter retention",
    },
    "ConsoleRole": set(),
}


# What is answered to who may ask, of what there is not.
OF_NOTHING = {"ParameterNotFound", "ReceiptHandleIsInvalid"}


def attempts(stack: Stack, client: Callable[[str], Any]) -> dict[str, Callable[[], object]]:
    """Everything that any function does, and more, on every resource."""
    dynamodb, sqs, ssm = client("dynamodb"), client("sqs"), client("ssm")
    tried: dict[str, Callable[[], object]] = {}
    for name, table in (("Presence", stack.presence_table), ("Events", stack.events_table)):
        keys = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": "nobody"}}}
        delete = {table: [{"DeleteRequest": {"Key": KEY}}]}
        tried |= {
            f"dynamodb:GetItem {name}": partial(dynamodb.get_item, TableName=table, Key=KEY),
            f"dynamodb:PutItem {name}": partial(dynamodb.put_item, TableName=table, Item=KEY),
            f"dynamodb:UpdateItem {name}": partial(dynamodb.update_item, TableName=table, Key=KEY),
            f"dynamodb:DeleteItem {name}": partial(dynamodb.delete_item, TableName=table, Key=KEY),
            f"dynamodb:Query {name}": partial(dynamodb.query, TableName=table, **keys),
            f"dynamodb:Scan {name}": partial(dynamodb.scan, TableName=table),
            f"dynamodb:BatchGetItem {name}": partial(dynamodb.batch_get_item, RequestItems={table: {"Keys": [KEY]}}),
            f"dynamodb:BatchWriteItem {name}": partial(dynamodb.batch_write_item, RequestItems=delete),
            f"dynamodb:DeleteTable {name}": partial(dynamodb.delete_table, TableName=table),
        }
    for name, url in (("Webhooks", stack.webhooks_queue), ("Parked", stack.parked_queue)):
        tried |= {
            f"sqs:SendMessage {name}": partial(sqs.send_message, QueueUrl=url, MessageBody="{}"),
            f"sqs:ReceiveMessage {name}": partial(sqs.receive_message, QueueUrl=url, VisibilityTimeout=0),
            f"sqs:GetQueueAttributes {name}": partial(sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["All"]),
            f"sqs:ChangeMessageVisibility {name}": partial(
                sqs.change_message_visibility, QueueUrl=url, ReceiptHandle="nobody", VisibilityTimeout=0
            ),
            f"sqs:PurgeQueue {name}": partial(sqs.purge_queue, QueueUrl=url),
        }
    for kind in ("secrets", "retention"):
        name = f"{stack.parameter_prefix}/{kind}/pusher/privileges"
        tried |= {
            f"ssm:GetParameter {kind}": partial(ssm.get_parameter, Name=name, WithDecryption=True),
            f"ssm:PutParameter {kind}": partial(ssm.put_parameter, Name=name, Value="{}", Type="String"),
        }
    other = "/rollcall/another-stack/secrets/pusher/main"
    tried["ssm:GetParameter of another stack"] = partial(ssm.get_parameter, Name=other)
    for output in ("UrlSecretArn", "ReadKeyArn"):
        ask = client("secretsmanager").get_secret_value
        tried[f"secretsmanager:GetSecretValue {output}"] = partial(ask, SecretId=stack.outputs[output])
    now = datetime.now(UTC)
    tried["cloudwatch:GetMetricData"] = partial(
        client("cloudwatch").get_metric_data, MetricDataQueries=[], StartTime=now, EndTime=now
    )
    tried["lambda:InvokeFunction Trimmer"] = partial(
        client("lambda").invoke, FunctionName=stack.trimmer, Qualifier="live"
    )
    return tried


def is_allowed(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if "AccessDenied" in code or "NotAuthorized" in code:
            return False
        if code not in OF_NOTHING:
            raise
    return True


@pytest.mark.parametrize("role", sorted(MAY))
def test_a_role_may_do_what_its_function_needs_and_nothing_else(stack: Stack, role: str) -> None:
    resources = stack.aws.cloudformation.describe_stack_resource(StackName=stack.name, LogicalResourceId=role)
    name = resources["StackResourceDetail"]["PhysicalResourceId"]
    credentials = stack.aws.session.client("sts", endpoint_url=stack.aws.endpoint).assume_role(
        RoleArn=f"arn:aws:iam::000000000000:role/{name}", RoleSessionName="privileges"
    )["Credentials"]
    session = boto3.Session(
        credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"], LOCAL_REGION
    )

    def client(service: str) -> Any:
        return session.client(service, endpoint_url=stack.aws.endpoint)  # type: ignore[call-overload]  # by name

    allowed = {name for name, attempt in attempts(stack, client).items() if is_allowed(attempt)}
    assert allowed == MAY[role]
