"""An ingest as one would usually write it: Powertools routes and logs, pydantic validates, boto3 enqueues.

https://docs.aws.amazon.com/powertools/python/latest/core/event_handler/api_gateway/
"""

import os
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.utilities.parser import BaseModel, parse

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class MemberEvent(BaseModel):
    name: str
    channel: str
    user_id: str | None = None


class Webhook(BaseModel):
    """A webhook of Pusher's: https://pusher.com/docs/channels/server_api/webhooks"""

    time_ms: int
    events: list[MemberEvent]


_app = APIGatewayHttpResolver()
_logger = Logger(service="ingest")
_sqs = boto3.client("sqs")


@_app.post("/webhooks/<provider>/<source>/<_token>")
def receive(provider: str, source: str, _token: str) -> dict[str, str]:
    webhook = parse(event=_app.current_event.json_body, model=Webhook)
    sent = _sqs.send_message(QueueUrl=os.environ["WEBHOOKS_QUEUE_URL"], MessageBody=webhook.model_dump_json())
    _logger.info("webhook accepted", extra={"provider": provider, "source": source})
    return {"status": "accepted", "id": sent["MessageId"]}


@_logger.inject_lambda_context
def handler(request: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    return _app.resolve(request, context)
