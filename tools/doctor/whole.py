"""The stack as a whole: whether its last deployment went through, and whether AWS's time is this machine's."""

from collections.abc import Iterator
from datetime import datetime

from tools.doctor.check import Check, Judgement, fault, ok, warning
from tools.doctor.deployment import Deployment

CLOCK_SECONDS = 60  # a provider's clock that is as wrong is noticed; AWS refuses signatures from five minutes


def checks(deployment: Deployment) -> Iterator[Check]:
    yield Check("stack", lambda: judge_status(deployment.status))
    yield Check("clock", lambda: judge_clock(deployment.own_time, deployment.aws_time))


def judge_status(status: str) -> Judgement:
    sentence = f"CloudFormation says {status}."
    if status.endswith("_IN_PROGRESS"):
        return warning(sentence, "Wait until the deployment is over, and look again.")
    if status.endswith("_FAILED"):
        return fault(sentence, "Deploy again; the stack's events in CloudFormation say what failed.")
    if "ROLLBACK" in status:
        return warning(
            f"{sentence} The last deployment failed, and the one before is running.",
            "The stack's events in CloudFormation say what failed; mend it, and deploy again.",
        )
    return ok(sentence)


def judge_clock(own: datetime, aws: datetime) -> Judgement:
    seconds = round((own - aws).total_seconds())
    if abs(seconds) <= CLOCK_SECONDS:
        return ok(f"This machine's clock and AWS's differ by {abs(seconds)} s.")
    return warning(
        f"This machine's clock is {abs(seconds)} s {'ahead of' if seconds > 0 else 'behind'} AWS's.",
        "Set this machine's clock: times that it shows are wrong, and from five minutes on AWS refuses its requests.",
    )
