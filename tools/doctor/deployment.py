"""A deployed stack, and what its own template says that it should be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from tools.aws import time_of
from tools.deployed import processed_template, resources
from tools.doctor.intrinsics import Intrinsics, Unresolvable
from tools.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackResourceSummaryTypeDef, StackTypeDef


class Resource(NamedTuple):
    """Something that the template declares and the stack has; `properties` still hold the template's references."""

    name: str
    id: str
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class Deployment:
    """`aws_time` is what AWS's clock said when it was asked, and `own_time` what this machine's said."""

    stack: Stack
    status: str
    own_time: datetime
    aws_time: datetime
    template: Mapping[str, Any]
    intrinsics: Intrinsics

    @classmethod
    def read(cls, stack: Stack) -> Self:
        answer = stack.aws.cloudformation.describe_stacks(StackName=stack.name)
        own_time = datetime.now().astimezone()
        description = answer["Stacks"][0]
        template = processed_template(stack.name, stack.aws)
        return cls(
            stack=stack,
            status=description["StackStatus"],
            own_time=own_time,
            aws_time=time_of(answer),
            template=template,
            intrinsics=_intrinsics(stack, description, template.get("Conditions", {})),
        )

    def all(self, kind: str) -> list[Resource]:
        """Those of one type that the stack has, in the template's order."""
        return [one for one in self._resources if self.intrinsics.types[one.name] == kind]

    def resource(self, name: str) -> Resource:
        found = next((one for one in self._resources if one.name == name), None)
        if found is None:
            raise Unresolvable(f"The stack has no {name}: it was deployed by another version of Rollcall.")
        return found

    def resolved(self, value: Any) -> Any:
        """What a value of the template is in this stack."""
        return self.intrinsics.resolved(value)

    @cached_property
    def _resources(self) -> list[Resource]:
        # A resource under a condition may be in the template alone.
        return [
            Resource(name, self.intrinsics.ids[name], resource.get("Properties", {}))
            for name, resource in self.template["Resources"].items()
            if name in self.intrinsics.ids
        ]


def _intrinsics(stack: Stack, description: "StackTypeDef", conditions: Mapping[str, Any]) -> Intrinsics:
    listed = resources(stack.name, stack.aws)
    given = {one["ParameterKey"]: one["ParameterValue"] for one in description.get("Parameters", [])}
    return Intrinsics(
        stack_id=description["StackId"],
        parameters=given,
        types={one["LogicalResourceId"]: one["ResourceType"] for one in listed},
        ids={
            one["LogicalResourceId"]: _arn_of_secret(stack, one) or one.get("PhysicalResourceId", "")
            for one in listed
            if not one["ResourceStatus"].startswith("DELETE")
        },
        conditions=conditions,
    )


def _arn_of_secret(stack: Stack, resource: "StackResourceSummaryTypeDef") -> str | None:
    """AWS lists a secret by its ARN, and the embedded AWS by its name."""
    name = resource.get("PhysicalResourceId", "")
    if resource["ResourceType"] != "AWS::SecretsManager::Secret" or name.startswith("arn:") or not name:
        return None
    return stack.aws.secrets.describe_secret(SecretId=name)["ARN"]
