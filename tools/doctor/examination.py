"""The whole examination: every check, in the order in which a webhook meets what it looks at."""

from collections.abc import Iterable, Iterator

from botocore.exceptions import BotoCoreError, ClientError

from tools.doctor import backlog, doors, functions, journey, queues, roles, schedules, sources, tables, whole
from tools.doctor.check import Check, Finding, Judgement, Verdict, fault, skipped
from tools.doctor.deployment import Deployment
from tools.doctor.intrinsics import Unresolvable
from tools.trouble import FORBIDDEN, Trouble

_MISSING = ("NotFound", "NoSuch", "DoesNotExist", "NonExistent")


def checks(deployment: Deployment) -> list[Check]:
    families = (
        whole.checks,
        doors.api,
        functions.checks,
        roles.checks,
        doors.way_in,
        queues.checks,
        sources.stored,
        tables.checks,
        doors.way_out,
        sources.proofs,
        schedules.checks,
        backlog.checks,
        journey.checks,
    )
    return [check for family in families for check in family(deployment)]


def examine(questions: Iterable[Check]) -> Iterator[Finding]:
    """The findings, one by one; a check is skipped where a fault that it would only repeat has been found."""
    faults: list[str] = []
    for check in questions:
        cause = next((name for name in faults if check.needs and name.startswith(check.needs)), None)
        judgement = _asked(check) if cause is None else skipped(f"Not tried, since there is a fault: {cause}.")
        if judgement.verdict is Verdict.FAULT:
            faults.append(check.name)
        yield Finding(check.name, *judgement)


def _asked(check: Check) -> Judgement:
    try:
        return check.look()
    except ClientError as error:
        return judge_refusal(error.response["Error"]["Code"], error.operation_name, str(error))
    except Unresolvable as trouble:
        return skipped(str(trouble))
    except Trouble as trouble:
        return fault(str(trouble), "Look again; if it stays so, look from another network.")
    except BotoCoreError as error:
        return skipped(f"AWS could not be asked: {error}")


def judge_refusal(code: str, operation: str, sentence: str) -> Judgement:
    """What an answer of AWS that was none means: what the operator may not ask is no fault of the deployment."""
    if code in FORBIDDEN:
        return skipped(f"You may not ask for it: your credentials lack a permission for {operation}.")
    if any(word in code for word in _MISSING):
        return fault(sentence, "See CloudFormation's drift detection: somebody may have deleted it by hand.")
    return skipped(f"AWS did not answer: {sentence}")
