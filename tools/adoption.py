"""A new stack begins with what an old one has left: CloudFormation imports the tables and the secret of URLs.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-manually.html
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError

from tools.aws import Aws
from tools.translated import translated
from tools.trouble import Trouble

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ResourceToImportTypeDef

# By the template's names, what CloudFormation knows each by.
_IDENTIFIERS = {"Presence": "TableName", "Events": "TableName", "UrlSecret": "Id"}
_CHANGE_SET = "adopt"


def adopt(name: str, aws: Aws, found: Mapping[str, str]) -> None:
    """Make a stack of that name with these and nothing else; a deployment adds the rest. Raises `Trouble`."""
    _require_no_stack(name, aws)
    document = _part_of_template(found)
    resources: list[ResourceToImportTypeDef] = [
        {
            "LogicalResourceId": logical,
            "ResourceType": document["Resources"][logical]["Type"],
            "ResourceIdentifier": {_IDENTIFIERS[logical]: physical},
        }
        for logical, physical in found.items()
    ]
    formation = aws.cloudformation
    try:
        formation.create_change_set(
            StackName=name,
            ChangeSetName=_CHANGE_SET,
            ChangeSetType="IMPORT",
            TemplateBody=json.dumps(document),
            ResourcesToImport=resources,
        )
        formation.get_waiter("change_set_create_complete").wait(StackName=name, ChangeSetName=_CHANGE_SET)
        formation.execute_change_set(StackName=name, ChangeSetName=_CHANGE_SET)
        formation.get_waiter("stack_import_complete").wait(StackName=name, WaiterConfig={"Delay": 5})
    except (ClientError, WaiterError) as error:
        raise Trouble(
            f"CloudFormation did not adopt them, and left them as they are: {_reason(name, aws) or error}"
            f" What is left of the attempt goes by `aws cloudformation delete-stack --stack-name {name}`."
        ) from error


def _require_no_stack(name: str, aws: Aws) -> None:
    try:
        aws.cloudformation.describe_stacks(StackName=name)
    except ClientError as error:
        if "does not exist" in str(error):
            return
        raise
    raise Trouble(f"There is a stack {name} already: only a new one can adopt what another has left.")


def _part_of_template(names: Mapping[str, str]) -> dict[str, Any]:
    """As the next deployment has them; an import takes no others, and no outputs."""
    document = translated()
    kept = {name: document["Resources"][name] for name in names}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        **{key: document[key] for key in ("Parameters", "Conditions")},
        "Resources": kept,
    }


def _reason(name: str, aws: Aws) -> str:
    try:
        return aws.cloudformation.describe_change_set(StackName=name, ChangeSetName=_CHANGE_SET).get("StatusReason", "")
    except ClientError:
        return ""
