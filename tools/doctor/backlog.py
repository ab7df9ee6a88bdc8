"""What waits: parked webhooks, webhooks that the consumer has not got to, and alarms."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from tools.doctor.check import Check, Judgement, ok, warning
from tools.doctor.deployment import Deployment

AGE = "ApproximateAgeOfOldestMessage"
LOOKED_BACK = timedelta(minutes=10)  # SQS reports every minute, some minutes late


def checks(deployment: Deployment) -> Iterator[Check]:
    yield Check(
        "parked webhooks", lambda: judge_parked(_waiting(deployment, deployment.stack.parked_queue)), ("queue Parked",)
    )
    yield Check("waiting webhooks", lambda: _backlog(deployment), ("queue Webhooks",))
    yield Check("alarms", lambda: _alarms(deployment))


def _waiting(deployment: Deployment, queue: str) -> int:
    answer = deployment.stack.aws.sqs.get_queue_attributes(
        QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    )
    return sum(int(count) for count in answer["Attributes"].values())


def _backlog(deployment: Deployment) -> Judgement:
    (alarm,) = (one.properties for one in deployment.all("AWS::CloudWatch::Alarm") if _is_of_age(one.properties))
    waiting = _waiting(deployment, deployment.stack.webhooks_queue)
    return judge_backlog(waiting, _age(deployment, alarm) if waiting else None, alarm["Threshold"])


def _is_of_age(alarm: Mapping[str, Any]) -> bool:
    return alarm.get("MetricName") == AGE


def _age(deployment: Deployment, alarm: Mapping[str, Any]) -> int | None:
    """Seconds, by the metric of the alarm; `None` where CloudWatch has no word."""
    answer = deployment.stack.aws.metrics.get_metric_statistics(
        Namespace=alarm["Namespace"],
        MetricName=alarm["MetricName"],
        Dimensions=deployment.resolved(alarm["Dimensions"]),
        StartTime=deployment.aws_time - LOOKED_BACK,
        EndTime=deployment.aws_time,
        Period=alarm["Period"],
        Statistics=["Maximum"],
    )
    latest = max(answer["Datapoints"], key=lambda point: point["Timestamp"], default=None)
    return None if latest is None else round(latest["Maximum"])


def _alarms(deployment: Deployment) -> Judgement:
    names = [one.id for one in deployment.all("AWS::CloudWatch::Alarm")]
    answer = deployment.stack.aws.metrics.describe_alarms(AlarmNames=names)
    ringing = [one for one in answer["MetricAlarms"] if one["StateValue"] == "ALARM"]
    return judge_alarms(len(names), {one["AlarmName"]: one.get("AlarmDescription", "") for one in ringing})


def judge_parked(count: int) -> Judgement:
    if not count:
        return ok("Nothing is parked.")
    return warning(f"{count} parked webhooks wait for a person.", "`rollcall parked list` says why they are parked.")


def judge_backlog(waiting: int, age: int | None, threshold: float) -> Judgement:
    """By the webhooks in the queue and the age of the oldest; age and threshold are seconds."""
    known = "" if age is None else f", the oldest for {age} s"
    sentence = f"{waiting} webhooks are in the queue{known}."
    if age is not None and age > threshold:
        return warning(sentence, "The consumer does not get on with them; its log says why.")
    return ok(sentence if waiting else "No webhook waits.")


def judge_alarms(count: int, ringing: Mapping[str, str]) -> Judgement:
    """By the alarms that are going off, with their descriptions."""
    if not ringing:
        return ok(f"None of the {count} alarms goes off.")
    return warning(
        f"{', '.join(sorted(ringing))} go{'es' if len(ringing) == 1 else ''} off.",
        " ".join(_each_once(sorted(ringing.values()))),
    )


def _each_once(texts: Sequence[str]) -> list[str]:
    return [f"{text}." for text in dict.fromkeys(texts) if text]
