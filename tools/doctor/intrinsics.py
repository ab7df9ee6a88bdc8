"""What the references in a processed template mean in the deployed stack: names, ARNs and the values of parameters."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.trouble import Trouble

_REFERENCE = re.compile(r"\$\{([\w:.]+)\}")

# What `Fn::GetAtt` gives. CloudFormation tells only the physical id of a resource, from which the rest is put together.
_ATTRIBUTES = {
    ("AWS::DynamoDB::Table", "Arn"): "arn:{partition}:dynamodb:{region}:{account}:table/{id}",
    ("AWS::IAM::Role", "Arn"): "arn:{partition}:iam::{account}:role/{id}",
    ("AWS::Lambda::Function", "Arn"): "arn:{partition}:lambda:{region}:{account}:function:{id}",
    ("AWS::Lambda::Version", "Version"): "{last}",
    ("AWS::Logs::LogGroup", "Arn"): "arn:{partition}:logs:{region}:{account}:log-group:{id}:*",
    ("AWS::SecretsManager::Secret", "Id"): "{id}",
    ("AWS::SQS::Queue", "Arn"): "arn:{partition}:sqs:{region}:{account}:{last}",
    ("AWS::SQS::Queue", "QueueName"): "{last}",
}

_NOTHING = object()  # what AWS::NoValue stands for: that there is no such property, or no such member of a list


class Unresolvable(Trouble):
    """A reference of the template cannot be followed, so nothing can be said about what refers to it."""


@dataclass(frozen=True)
class Intrinsics:
    """`types`, `ids` and `conditions` are by the names of the template, `stack_id` is the ARN of the stack."""

    stack_id: str
    parameters: Mapping[str, str]
    types: Mapping[str, str]
    ids: Mapping[str, str]
    conditions: Mapping[str, Any] = field(default_factory=dict)

    def resolved(self, value: Any) -> Any:
        """The value with all references in it replaced, however deep, and without what conditions leave out."""
        match value:
            case {"Fn::If": [str(name), then, otherwise]}:
                return self.resolved(then if self.holds(name) else otherwise)
            case {"Ref": "AWS::NoValue"}:
                return _NOTHING
            case {"Ref": str(name)}:
                return self._named(name)
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                return self._attribute(name, attribute)
            case {"Fn::Sub": [str(text), Mapping() as own]}:
                return self._substituted(text, {name: str(self.resolved(given)) for name, given in own.items()})
            case {"Fn::Sub": str(text)}:
                return self._substituted(text, {})
            case Mapping():
                resolved = {name: self.resolved(one) for name, one in value.items()}
                return {name: one for name, one in resolved.items() if one is not _NOTHING}
            case list():
                return [one for one in map(self.resolved, value) if one is not _NOTHING]
            case _:
                return value

    def holds(self, name: str) -> bool:
        """Whether a condition of the template does."""
        return self._is_true(self.conditions[name])

    def _is_true(self, condition: Any) -> bool:
        match condition:
            case {"Condition": str(name)}:
                return self.holds(name)
            case {"Fn::Equals": [one, other]}:
                return bool(self.resolved(one) == self.resolved(other))
            case {"Fn::Not": [one]}:
                return not self._is_true(one)
            case {"Fn::And": list(all_of)}:
                return all(map(self._is_true, all_of))
            case {"Fn::Or": list(any_of)}:
                return any(map(self._is_true, any_of))
            case _:
                raise Unresolvable(f"The doctor cannot tell whether {condition} holds.")

    def _substituted(self, text: str, own: Mapping[str, str]) -> str:
        return _REFERENCE.sub(lambda found: own.get(found[1]) or self._in_text(found[1]), text)

    def _in_text(self, reference: str) -> str:
        name, _, attribute = reference.partition(".")
        return self._attribute(name, attribute) if attribute else self._named(name)

    def _named(self, name: str) -> str:
        _, partition, _, region, account, stack = self.stack_id.split(":", 5)
        pseudo = {
            "AWS::Partition": partition,
            "AWS::Region": region,
            "AWS::AccountId": account,
            "AWS::StackName": stack.split("/")[1],
        }
        for known in (pseudo, self.parameters, self.ids):
            if name in known:
                return known[name]
        raise Unresolvable(f"The stack has nothing named {name}, which its template refers to.")

    def _attribute(self, name: str, attribute: str) -> str:
        form = _ATTRIBUTES.get((self.types.get(name, ""), attribute))
        if form is None:
            raise Unresolvable(f"The doctor cannot tell {attribute} of {name}, which the template refers to.")
        _, partition, _, region, account, _ = self.stack_id.split(":", 5)
        physical = self.ids[name]
        last = re.split("[/:]", physical)[-1]  # of a queue's URL, of a version's ARN
        return form.format(partition=partition, region=region, account=account, id=physical, last=last)
