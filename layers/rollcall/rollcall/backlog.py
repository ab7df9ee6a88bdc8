"""What waits: webhooks that the consumer has not got to yet, and those that are parked."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from rollcall.aws import unavailable_on_failure

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_sqs import SQSClient

_LOOKED_BACK = timedelta(minutes=10)  # SQS reports every five minutes at the latest, of a queue that is used


@dataclass(frozen=True)
class Queue:
    client: "SQSClient"
    url: str

    def waiting(self) -> int:
        """About how many messages it holds, in flight or not. Raises `Unavailable`."""
        with unavailable_on_failure("Asking how many webhooks wait"):
            answer = self.client.get_queue_attributes(
                QueueUrl=self.url,
                AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
            )
        return sum(map(int, answer["Attributes"].values()))


@dataclass(frozen=True)
class OldestMessage:
    """What CloudWatch knows of the queue's oldest message."""

    client: "CloudWatchClient"
    queue_url: str

    def seconds_waited(self, now: int) -> int | None:
        """Until `now` (Unix milliseconds); `None` where CloudWatch has no word, or does not answer."""
        end = datetime.fromtimestamp(now // 1000, UTC)
        metric: Any = {
            "Namespace": "AWS/SQS",
            "MetricName": "ApproximateAgeOfOldestMessage",
            "Dimensions": [{"Name": "QueueName", "Value": self.queue_url.rpartition("/")[2]}],
        }
        try:
            answer = self.client.get_metric_data(
                MetricDataQueries=[{"Id": "age", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}}],
                StartTime=end - _LOOKED_BACK,
                EndTime=end,
                ScanBy="TimestampDescending",
            )
        except (ClientError, BotoCoreError):
            return None  # all the rest of the answer is worth having without it
        return next((int(value) for result in answer["MetricDataResults"] for value in result["Values"]), None)
