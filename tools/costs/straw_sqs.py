"""The queue Webhooks, of straw, for ingest's own way of sending."""

import json
from typing import Any, cast

from botocore.awsrequest import AWSPreparedRequest
from botocore.credentials import Credentials

from rollcall.webhook_queue import WebhookQueue


class StrawSqs:
    """Takes every message, and remembers the last: ingest's own request, as it would be sent."""

    def __init__(self, *, fair: bool) -> None:
        self.request: dict[str, str] = {}
        self.queue = WebhookQueue(
            url="https://sqs.us-east-1.amazonaws.com/123456789012/webhooks",
            endpoint=None,
            region="us-east-1",
            credentials=Credentials("key", "secret"),
            http=cast("Any", self),
            fair=fair,
        )

    def send(self, request: AWSPreparedRequest) -> "_Accepted":
        self.request = json.loads(str(request.body))
        return _Accepted()


class _Accepted:
    status_code = 200
