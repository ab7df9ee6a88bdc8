"""The queue Webhooks, from the side that fills it.

One request to SQS, signed and sent with botocore's own parts. A whole client costs a cold start twice the processor
time, for parsing the description of a service of which one operation is used: `make bench ARGS=ingest` measures it.
"""

import json
import socket
from dataclasses import dataclass, field
from urllib.parse import urljoin

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session

from rollcall.envelope import Envelope, seal
from rollcall.errors import Unavailable

_TRIES = 2  # the first may meet a connection that died while the function was frozen
_TIMEOUT = (0.5, 0.9)  # seconds to connect and to answer; two tries end within the 4 s that Pusher waits
# Or the body, which leaves after the headers, waits until those are acknowledged: up to 40 ms of every webhook.
_AT_ONCE = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]


def _session() -> URLLib3Session:
    return URLLib3Session(timeout=_TIMEOUT, socket_options=_AT_ONCE)  # type: ignore[arg-type]  # the stubs know of one number, not of a pair


@dataclass(frozen=True)
class WebhookQueue:
    """`endpoint` is another address for SQS than the queue's URL gives, when AWS runs on this machine. A `fair` queue
    lets no source that is noisy delay the others."""

    url: str
    endpoint: str | None
    region: str
    credentials: Credentials
    fair: bool = True
    http: URLLib3Session = field(default_factory=lambda: _session())

    def put(self, envelope: Envelope, trace: str | None = None) -> None:
        """Return once SQS has the webhook. Raises `BodyTooLarge`, and `Unavailable` when SQS has not taken it.

        `trace` is X-Ray's header, by which the consumer's part of the way belongs to the same trace.
        """
        # On a standard queue a group asks for fairness among the groups, and for nothing else.
        group = {"MessageGroupId": f"{envelope.provider}/{envelope.source}"} if self.fair else {}
        content = json.dumps({"QueueUrl": self.url, "MessageBody": seal(envelope), **group})
        failure: Exception | None = None
        for _ in range(_TRIES):
            try:
                status = self.http.send(self._signed(content, trace)).status_code
            except BotoCoreError as error:
                failure = error
                continue
            if status == 200:
                return
            failure = Unavailable(f"SQS answered {status}.")
        raise Unavailable("Queueing the webhook failed.") from failure

    def _signed(self, content: str, trace: str | None) -> AWSPreparedRequest:
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html
        headers = {"x-amz-target": "AmazonSQS.SendMessage", "content-type": "application/x-amz-json-1.0"}
        if trace:
            # As the SDKs send it; SQS hands it on, and refuses no message for it as it may for an attribute.
            # https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html
            headers["x-amzn-trace-id"] = trace
        address = urljoin(self.endpoint or self.url, "/")  # the queue is named inside
        request = AWSRequest("POST", address, data=content, headers=headers)
        SigV4Auth(self.credentials, "sqs", self.region).add_auth(request)
        return request.prepare()
