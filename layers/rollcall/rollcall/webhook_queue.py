"""The queue Webhooks, from the side that fills it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollcall.aws import unavailable_on_failure
from rollcall.envelope import Envelope, seal

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True)
class WebhookQueue:
    client: "SQSClient"
    url: str

    def put(self, envelope: Envelope) -> None:
        """Return once SQS has the webhook. Raises `BodyTooLarge`, and `Unavailable` when SQS has not taken it."""
        message = seal(envelope)
        with unavailable_on_failure("Queueing the webhook"):
            self.client.send_message(
                QueueUrl=self.url,
                MessageBody=message,
                # On a standard queue a group asks for fairness only: one noisy source does not delay the others.
                MessageGroupId=f"{envelope.provider}/{envelope.source}",
            )
