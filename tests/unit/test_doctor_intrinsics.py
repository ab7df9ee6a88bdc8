"""What the template refers to becomes what the stack has."""

from typing import Any

import pytest

from tools.doctor.intrinsics import Intrinsics, Unresolvable

STACK = Intrinsics(
    stack_id="arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/rollcall/1-2-3",
    parameters={"TrimEvents": "DISABLED"},
    types={
        "Webhooks": "AWS::SQS::Queue",
        "Presence": "AWS::DynamoDB::Table",
        "IngestRole": "AWS::IAM::Role",
        "IngestLog": "AWS::Logs::LogGroup",
        "Ingest": "AWS::Lambda::Function",
        "IngestVersion1": "AWS::Lambda::Version",
        "Api": "AWS::ApiGatewayV2::Api",
    },
    ids={
        "Webhooks": "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/rollcall-Webhooks-1",
        "Presence": "rollcall-Presence-1",
        "IngestRole": "rollcall-IngestRole-1",
        "IngestLog": "rollcall-IngestLog-1",
        "Ingest": "rollcall-Ingest-1",
        "IngestVersion1": "arn:aws-cn:lambda:cn-north-1:123456789012:function:rollcall-Ingest-1:7",
        "Api": "a1b2c3",
    },
    conditions={
        "IsTrimmed": {"Fn::Or": [{"Fn::Equals": [{"Ref": "TrimEvents"}, "ENABLED"]}, {"Fn::Equals": ["a", "b"]}]},
        "IsIdle": {"Fn::And": [{"Fn::Not": [{"Condition": "IsTrimmed"}]}, {"Fn::Equals": ["a", "a"]}]},
    },
)


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ({"Ref": "TrimEvents"}, "DISABLED"),
        ({"Ref": "Presence"}, "rollcall-Presence-1"),
        ({"Ref": "AWS::Region"}, "cn-north-1"),
        ({"Fn::GetAtt": ["Webhooks", "Arn"]}, "arn:aws-cn:sqs:cn-north-1:123456789012:rollcall-Webhooks-1"),
        ({"Fn::GetAtt": ["Webhooks", "QueueName"]}, "rollcall-Webhooks-1"),
        ({"Fn::GetAtt": ["Presence", "Arn"]}, "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/rollcall-Presence-1"),
        ({"Fn::GetAtt": ["IngestRole", "Arn"]}, "arn:aws-cn:iam::123456789012:role/rollcall-IngestRole-1"),
        ({"Fn::GetAtt": ["Ingest", "Arn"]}, "arn:aws-cn:lambda:cn-north-1:123456789012:function:rollcall-Ingest-1"),
        ({"Fn::GetAtt": ["IngestVersion1", "Version"]}, "7"),
        (
            {"Fn::Sub": "${IngestLog.Arn}:*"},
            "arn:aws-cn:logs:cn-north-1:123456789012:log-group:rollcall-IngestLog-1:*:*",
        ),
        (
            {"Fn::Sub": "arn:${AWS::Partition}:ssm:::parameter/rollcall/${AWS::StackName}/*"},
            "arn:aws-cn:ssm:::parameter/rollcall/rollcall/*",
        ),
        ({"Fn::Sub": ["${Mine}/${Presence}", {"Mine": {"Ref": "TrimEvents"}}]}, "DISABLED/rollcall-Presence-1"),
        ([{"a": {"Ref": "TrimEvents"}}, 5, True], [{"a": "DISABLED"}, 5, True]),
        ({"Fn::If": ["IsTrimmed", 1, {"Ref": "TrimEvents"}]}, "DISABLED"),
        ({"Fn::If": ["IsIdle", {"Ref": "TrimEvents"}, 2]}, "DISABLED"),
        ({"a": {"Fn::If": ["IsTrimmed", 1, {"Ref": "AWS::NoValue"}]}, "b": 2}, {"b": 2}),
        ([1, {"Fn::If": ["IsIdle", {"Ref": "AWS::NoValue"}, 2]}], [1]),
    ],
)
def test_a_reference_becomes_what_the_stack_has(value: Any, meant: Any) -> None:
    assert STACK.resolved(value) == meant


@pytest.mark.parametrize("value", [{"Ref": "Nothing"}, {"Fn::GetAtt": ["Api", "Arn"]}, {"Fn::Sub": "${Nothing.Arn}"}])
def test_what_cannot_be_told_is_said_and_not_guessed(value: Any) -> None:
    with pytest.raises(Unresolvable):
        STACK.resolved(value)
