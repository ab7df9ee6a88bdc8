"""The functions: that what is called, their alias `live`, runs what was deployed, and by the role of the template."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from tools.doctor.check import Check, Judgement, fault, ok, warning
from tools.doctor.deployment import Deployment, Resource

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import AliasConfigurationResponseTypeDef, FunctionConfigurationResponseTypeDef


_CONSUMERS = "ConsumerConcurrency"


def checks(deployment: Deployment) -> Iterator[Check]:
    yield Check("concurrency", lambda: _concurrency(deployment))
    for alias in deployment.all("AWS::Lambda::Alias"):
        yield Check(f"function {alias.properties['FunctionName']['Ref']}", partial(_look, deployment, alias))


def _look(deployment: Deployment, alias: Resource) -> Judgement:
    functions = deployment.stack.aws.functions
    expected = deployment.resolved(alias.properties)
    function = deployment.resource(alias.properties["FunctionName"]["Ref"])
    return judge_function(
        deployment.resolved(function.properties["Role"]),
        expected["FunctionVersion"],
        functions.get_function_configuration(FunctionName=alias.id),
        functions.get_alias(FunctionName=expected["FunctionName"], Name=expected["Name"]),
    )


def _concurrency(deployment: Deployment) -> Judgement:
    limit = deployment.stack.aws.functions.get_account_settings()["AccountLimit"]
    return judge_concurrency(
        limit["ConcurrentExecutions"],
        limit["UnreservedConcurrentExecutions"],
        int(deployment.intrinsics.parameters[_CONSUMERS]),
    )


def judge_concurrency(account: int, unreserved: int, consumers: int) -> Judgement:
    """By how many functions the account runs at once, and how many of them may be consumers."""
    if 2 * consumers > unreserved:
        return warning(
            f"This account runs {account} functions at once, {unreserved} of them without a reservation, and the"
            f" consumer alone may be {consumers} of them: under a flood of webhooks ingest refuses some.",
            "Ask Service Quotas for more of Lambda's `Concurrent executions`, which is free, or deploy with a smaller"
            f" {_CONSUMERS}.",
        )
    return ok(f"Of {unreserved} functions at once at most {consumers} are consumers.")


def judge_function(
    role: str,
    version: str,
    live: "FunctionConfigurationResponseTypeDef",
    alias: "AliasConfigurationResponseTypeDef",
) -> Judgement:
    """By the role and the version of the template, and what runs behind the alias."""
    if live["State"] == "Failed" or live["LastUpdateStatus"] == "Failed":
        reason = live.get("StateReason") or live.get("LastUpdateStatusReason") or "for a reason that is not told"
        return fault(f"Lambda cannot run it: {reason}.", "Mend the reason, and deploy again.")
    if live["Role"] != role:
        return fault(
            f"It runs as {_name(live['Role'])}, and the template says {_name(role)}.", "Give it back its role."
        )
    if alias.get("RoutingConfig", {}).get("AdditionalVersionWeights"):
        return ok(f"Version {version} is taking over, part of the calls at a time.")
    if alias["FunctionVersion"] != version:
        return warning(
            f"Version {alias['FunctionVersion']} runs, and version {version} was deployed last.",
            "If nobody went back on purpose, deploy again.",
        )
    return ok(f"Version {version} runs, by the role of the template.")


def _name(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]
