"""The roles: that each may really do what the template lets it do, whatever else stands against it.

IAM is asked to play it through, with everything that is attached to the role now. What a resource's own policy says is
no part of that.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple

from tools.doctor.check import Check, Judgement, fault, ok
from tools.doctor.deployment import Deployment, Resource

ANY_NAME = "doctor"  # stands for what a role may do with any name, since `*` is no resource that one can ask about


class Permission(NamedTuple):
    resource: str
    action: str


def checks(deployment: Deployment) -> Iterator[Check]:
    for role in deployment.all("AWS::IAM::Role"):
        # A role without policies of the template's own, such as that for CodeDeploy, lives by AWS's.
        if wanted := permissions(deployment, role):
            yield Check(f"role {role.name}", partial(_look, deployment, role, wanted))


def permissions(deployment: Deployment, role: Resource) -> list[Permission]:
    """All that the template lets a role do: by policies of its own, and by those that are attached to it."""
    documents = [policy["PolicyDocument"] for policy in role.properties.get("Policies", [])]
    documents += [
        policy.properties["PolicyDocument"]
        for policy in deployment.all("AWS::IAM::ManagedPolicy")
        if _names(role.properties.get("ManagedPolicyArns"), policy)
    ]
    statements = (one for document in documents for one in several(deployment.resolved(document["Statement"])))
    return sorted({permission for statement in statements for permission in granted(statement)})


def _names(arns: Any, policy: Resource) -> bool:
    """Whether the policy is among them; it may be so under a condition, under which alone the stack has it."""
    return json.dumps({"Ref": policy.name}) in json.dumps(arns)


def granted(statement: Any) -> Iterator[Permission]:
    """What a resolved statement lets anybody do; a resource of many names is asked about by one of them."""
    for resource in several(statement["Resource"]) if statement["Effect"] == "Allow" else ():
        for action in several(statement["Action"]):
            yield Permission(resource if resource == "*" else resource.replace("*", ANY_NAME), action)


def several[T](value: T | list[T]) -> list[T]:
    """Policies leave out the brackets around a single one."""
    return value if isinstance(value, list) else [value]


def _look(deployment: Deployment, role: Resource, wanted: Sequence[Permission]) -> Judgement:
    arn = deployment.resolved({"Fn::GetAtt": [role.name, "Arn"]})
    return judge_role(wanted, dict(_decisions(deployment, arn, wanted)))


def _decisions(deployment: Deployment, role: str, wanted: Iterable[Permission]) -> Iterator[tuple[Permission, str]]:
    # One resource at a time: a request for several asks about every action on every resource.
    for resource, some in groupby(wanted, lambda permission: permission.resource):
        answer = deployment.stack.aws.iam.simulate_principal_policy(
            PolicySourceArn=role, ActionNames=[one.action for one in some], ResourceArns=[resource]
        )
        for result in answer["EvaluationResults"]:
            yield Permission(resource, result["EvalActionName"]), result["EvalDecision"]


def _short(resource: str) -> str:
    """An ARN without its beginning, which is the same for all that a service has in the stack."""
    return resource.split(":", 5)[-1]


def judge_role(wanted: Sequence[Permission], decisions: dict[Permission, str]) -> Judgement:
    """By what IAM decides about each permission: `allowed`, `implicitDeny` or `explicitDeny`."""
    missing = [one for one in wanted if decisions.get(one) != "allowed"]
    if not missing:
        return ok("IAM allows all that the template grants.")
    by_resource = groupby(missing, lambda permission: permission.resource)
    listed = "; ".join(
        f"{', '.join(one.action for one in some)} on {_short(resource)}" for resource, some in by_resource
    )
    if any(decisions.get(one) == "explicitDeny" for one in missing):
        return fault(
            f"It may not: {listed}. A policy denies it.",
            "Look for what denies it: a policy or boundary at the role, or a rule of your organization.",
        )
    return fault(
        f"It may not: {listed}.",
        "Give its policy back what the template grants: by hand as it stands there, or by deploying a change of it.",
    )
