"""The schedules that start the trimmer: that they are as deployed, and that the trimmer has run when it was due."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from tools.doctor.check import Check, Judgement, fault, ok, skipped
from tools.doctor.deployment import Deployment, Resource
from tools.doctor.drift import drift

if TYPE_CHECKING:
    from mypy_boto3_scheduler.type_defs import GetScheduleOutputTypeDef

MISSED = 3  # intervals; one start may be late, and a run takes its time, but not as long
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")


class Run(NamedTuple):
    """The last run of the trimmer; one that was not complete goes on at the next start."""

    at: datetime
    complete: bool


def checks(deployment: Deployment) -> Iterator[Check]:
    for schedule in deployment.all("AWS::Scheduler::Schedule"):
        kind = json.loads(schedule.properties["Target"]["Input"])["kind"]
        name = f"schedule of {kind}"
        yield Check(name, partial(_schedule, deployment, schedule))
        yield Check(
            f"trimming of {kind}",
            partial(_trimming, deployment, schedule, kind),
            (name, "role SchedulerRole", "role TrimmerRole", "function Trimmer", "table Presence"),
        )


def _schedule(deployment: Deployment, schedule: Resource) -> Judgement:
    state = schedule.properties["State"]
    return judge_schedule(
        deployment.resolved(schedule.properties),
        state["Ref"] if isinstance(state, dict) else "",
        deployment.stack.aws.schedules.get_schedule(Name=schedule.id),
    )


def _trimming(deployment: Deployment, schedule: Resource, kind: str) -> Judgement:
    seen = deployment.stack.aws.schedules.get_schedule(Name=schedule.id)
    if seen["State"] == "DISABLED":
        return skipped("Not looked at, since its schedule is off.")
    interval = interval_of(seen["ScheduleExpression"])
    if interval is None:
        return skipped(f"Only schedules by rate() can be judged, and not {seen['ScheduleExpression']}.")
    # A schedule that was changed begins anew.
    return judge_trimming(deployment.aws_time, seen["LastModificationDate"], interval, _last_run(deployment, kind))


def _last_run(deployment: Deployment, kind: str) -> Run | None:
    stack = deployment.stack
    key = {"pk": {"S": "trimmer"}, "sk": {"S": kind}}
    item = stack.aws.dynamodb.get_item(TableName=stack.presence_table, Key=key).get("Item", {})
    if "ran_at" not in item:
        return None
    return Run(datetime.fromtimestamp(int(item["ran_at"]["N"]) / 1000, UTC), item["complete"]["BOOL"])


def interval_of(expression: str) -> timedelta | None:
    found = _RATE.fullmatch(expression)
    return timedelta(**{f"{found[2]}s": int(found[1])}) if found else None


def judge_schedule(expected: Mapping[str, Any], switch: str, seen: "GetScheduleOutputTypeDef") -> Judgement:
    """By the template's properties; `switch` is the parameter that says whether it is on."""
    if seen["State"] != expected["State"]:
        return fault(
            f"It is {seen['State']}, and the stack has it {expected['State']}{f' by {switch}' if switch else ''}.",
            "Set its state back; what is to stay otherwise is for the stack's parameters to say.",
        )
    wrong = drift(expected, seen, ["ScheduleExpression"])
    wrong += drift(expected["Target"], seen["Target"], ["Arn", "RoleArn", "Input"])
    if wrong:
        return fault(f"{'; '.join(wrong)}.", "Set it back to what the template says.")
    if seen["State"] == "DISABLED":
        return ok(f"It is switched off by {switch}." if switch else "It is switched off by the template.")
    return ok(f"It starts the trimmer, at {seen['ScheduleExpression']}.")


def judge_trimming(now: datetime, since: datetime, interval: timedelta, last: Run | None) -> Judgement:
    """By the last run, if there was any, and since when the schedule has been as it is."""
    begun = max(since, last.at) if last else since
    if now - begun > MISSED * interval:
        when = f"last ran {_ago(now - last.at)} ago" if last else "has never run"
        return fault(
            f"The trimmer {when}, though it is due every {_ago(interval)}.",
            "The trimmer's log says why it fails; if it was not even started, look at the schedule's own metrics.",
        )
    if last is None:
        return ok("Not due yet.")
    unfinished = "" if last.complete else " It did not get through; the next run goes on there."
    return ok(f"The trimmer last ran {_ago(now - last.at)} ago.{unfinished}")


def _ago(span: timedelta) -> str:
    """A span of time in the largest unit of which it has two."""
    seconds = max(round(span.total_seconds()), 0)
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} seconds"
