"""Why a deployment failed, as CloudFormation tells it: SAM CLI hides it in the middle of a long table."""

from datetime import datetime

from botocore.exceptions import ClientError

from tools.aws import Aws


def failures(stack_name: str, aws: Aws, since: datetime) -> list[str]:
    """Each resource that failed since then, with the reason; the first to fail comes first."""
    pages = aws.cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_name)
    try:
        events = [event for page in pages for event in page["StackEvents"]]
    except ClientError:  # it failed before there was a stack
        return []
    return [
        f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
        for event in reversed(events)
        if event["Timestamp"] >= since
        and event.get("ResourceStatus", "").endswith("_FAILED")
        and event.get("ResourceStatusReason")
    ]
