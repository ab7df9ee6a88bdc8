"""The queues, who else has a say in them, and what takes webhooks from them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from tools.doctor.check import Check, Judgement, fault, ok, warning
from tools.doctor.deployment import Deployment, Resource
from tools.doctor.drift import drift
from tools.doctor.roles import permissions, several

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import EventSourceMappingConfigurationResponseTypeDef

_AS_THE_TEMPLATE = "Set it back to what the template says."


class Need(NamedTuple):
    """An action that a role of the stack needs."""

    action: str
    role: str


def checks(deployment: Deployment) -> Iterator[Check]:
    for queue in deployment.all("AWS::SQS::Queue"):
        yield Check(f"queue {queue.name}", partial(_queue, deployment, queue))
        yield Check(f"queue policy of {queue.name}", partial(_policy, deployment, queue), (f"queue {queue.name}",))
    for mapping in deployment.all("AWS::Lambda::EventSourceMapping"):
        needs = ("function Consumer", "role ConsumerRole", "queue Webhooks")
        yield Check(f"event source {mapping.name}", partial(_mapping, deployment, mapping), needs)


def _queue(deployment: Deployment, queue: Resource) -> Judgement:
    return judge_queue(deployment.resolved(queue.properties), _attributes(deployment, queue))


def _policy(deployment: Deployment, queue: Resource) -> Judgement:
    arn = deployment.resolved({"Fn::GetAtt": [queue.name, "Arn"]})
    needed = [
        Need(permission.action, deployment.resolved({"Fn::GetAtt": [role.name, "Arn"]}))
        for role in deployment.all("AWS::IAM::Role")
        for permission in permissions(deployment, role)
        if permission.resource == arn
    ]
    return judge_policy(needed, _attributes(deployment, queue).get("Policy", ""))


def _mapping(deployment: Deployment, mapping: Resource) -> Judgement:
    seen = deployment.stack.aws.functions.get_event_source_mapping(UUID=mapping.id)
    return judge_mapping(deployment.resolved(mapping.properties), seen)


def _attributes(deployment: Deployment, queue: Resource) -> Mapping[str, str]:
    answer = deployment.stack.aws.sqs.get_queue_attributes(QueueUrl=queue.id, AttributeNames=["All"])
    return {str(name): value for name, value in answer["Attributes"].items()}


def judge_queue(expected: Mapping[str, Any], attributes: Mapping[str, str]) -> Judgement:
    """By the template's properties, which SQS knows by the same names."""
    wrong = drift(expected, attributes, expected)
    return fault(f"{'; '.join(wrong)}.", _AS_THE_TEMPLATE) if wrong else ok("It is as the template says.")


def judge_policy(needed: Sequence[Need], policy: str) -> Judgement:
    """By what the stack's roles need of the queue, and the queue's own policy, JSON or nothing."""
    if not policy:
        return ok("It has none, as the template says.")
    statements = json.loads(policy)["Statement"]
    denials = [one for one in several(statements) if one["Effect"] == "Deny"]
    meeting = [(need.action, "Condition" in one) for need in needed for one in denials if _meets(one, need)]
    if certain := {action for action, conditional in meeting if not conditional}:
        return fault(
            f"It denies {', '.join(sorted(certain))}, which the stack's functions need.",
            "Remove the queue's access policy: the functions' roles are enough.",
        )
    if meeting:
        return warning(
            f"It denies {', '.join(sorted({action for action, _ in meeting}))} under a condition.",
            "Make sure that the condition does not meet the functions; the template asks for no policy at all.",
        )
    return warning(
        "It has one that is not the template's; it may let others in.",
        "Remove the queue's access policy, unless you know what it is for.",
    )


def _meets(denial: Mapping[str, Any], need: Need) -> bool:
    about = (
        not _is_among(need.action, denial["NotAction"])
        if "NotAction" in denial
        else _is_among(need.action, denial["Action"])
    )
    _, partition, _, _, account, _ = need.role.split(":", 5)
    names = {"*", account, f"arn:{partition}:iam::{account}:root", need.role}  # all by which a role is meant
    if "NotPrincipal" in denial:
        return about and not names & _principals(denial["NotPrincipal"])
    return about and bool(names & _principals(denial["Principal"]))


def _principals(principal: Any) -> set[str]:
    return set(several(principal if isinstance(principal, str) else principal.get("AWS", [])))


def _is_among(action: str, patterns: str | list[str]) -> bool:
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in several(patterns))


def judge_mapping(expected: Mapping[str, Any], seen: "EventSourceMappingConfigurationResponseTypeDef") -> Judgement:
    """By what the template says of it; what it last did counts as well."""
    if seen["State"] in ("Disabling", "Disabled", "Deleting"):
        return fault(f"It is {seen['State']}: webhooks wait in the queue.", "Enable it again.")
    wrong = drift(expected, {**seen, "FunctionName": seen.get("FunctionArn")}, expected)
    if wrong:
        return fault(f"{'; '.join(wrong)}.", _AS_THE_TEMPLATE)
    last = seen.get("LastProcessingResult", "")
    if last.startswith(("PROBLEM", "FAILED")):
        return fault(f"Lambda says of its last batch: {last}.", "The consumer's log says what went wrong.")
    return ok("It is as the template says, and hands the consumer what comes.")
