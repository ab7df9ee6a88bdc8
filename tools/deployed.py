"""What CloudFormation has made of a template: the template without SAM's short forms, and the stack's resources."""

import json
from typing import TYPE_CHECKING, Any

from tools.aws import Aws

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackResourceSummaryTypeDef


def processed_template(stack_name: str, aws: Aws) -> dict[str, Any]:
    body: Any = aws.cloudformation.get_template(StackName=stack_name, TemplateStage="Processed")["TemplateBody"]
    # boto3 hands out JSON templates as dictionaries, others as text.
    template: dict[str, Any] = json.loads(body) if isinstance(body, str) else body
    return template


def resources(stack_name: str, aws: Aws) -> "list[StackResourceSummaryTypeDef]":
    """All that it has, and what was deleted from it."""
    pages = aws.cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_name)
    return [resource for page in pages for resource in page["StackResourceSummaries"]]
