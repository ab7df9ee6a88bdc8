"""The queue Parked: webhooks that no retry can help, each with its reason, until somebody has mended the cause."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollcall.aws import unavailable_on_failure
from rollcall.errors import Hopeless

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True)
class Parking:
    client: "SQSClient"
    queue_url: str

    def park(self, message: str, trouble: Hopeless) -> None:
        """Keep a message as it came, with the reason and a sentence as attributes. Raises `Unavailable`."""
        with unavailable_on_failure("Parking a webhook"):
            self.client.send_message(
                QueueUrl=self.queue_url,
                MessageBody=message,
                MessageAttributes={
                    "reason": {"DataType": "String", "StringValue": trouble.reason},
                    "sentence": {"DataType": "String", "StringValue": str(trouble)},
                },
            )
