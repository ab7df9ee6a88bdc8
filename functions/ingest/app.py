"""Acknowledges a webhook, once SQS has it and not before.

The one function that cold starts hurt (Pusher waits 4 s, PubNub 5 s) and that is billed for every webhook: it imports
as little as it can, and parses nothing. `make bench ARGS=ingest` says what it costs.
"""

import logging

from botocore.credentials import Credentials

from rollcall import answers, provider, settings, tokens
from rollcall.answers import Answer
from rollcall.bounds import require_within
from rollcall.envelope import Request, envelop
from rollcall.errors import NotFound, RollcallError
from rollcall.webhook_queue import WebhookQueue

_settings = settings.read(settings.IngestSettings)
_url_secrets = tuple(_settings.url_secret.split())  # two during a rotation
_identity = settings.read(settings.Identity)
_queue = WebhookQueue(
    url=_settings.webhooks_queue_url,
    endpoint=settings.read_endpoint(),
    region=_identity.aws_region,
    credentials=Credentials(
        _identity.aws_access_key_id, _identity.aws_secret_access_key, settings.read_session_token()
    ),
    fair=_settings.fair_queue == "ENABLED",
)
_logger = logging.getLogger(__name__)


def handler(request: Request, _context: object) -> Answer:
    try:
        _require_right_address(request["pathParameters"])
        if request["requestContext"]["http"]["method"] == "GET":
            return _look(request["pathParameters"])
        envelope = envelop(request)
        require_within(envelope.body, envelope.headers)
        _queue.put(envelope, settings.read_trace())
        return answers.of_json(200, {"status": "accepted", "id": envelope.request_id})
    except RollcallError as error:
        if not isinstance(error, NotFound):
            # The id is the one that an accepted webhook is answered with, and that the consumer logs. The service is a
            # dimension of the metric that the template makes of these lines.
            about = {"correlation_id": request["requestContext"]["requestId"], "service": settings.read_service()}
            _logger.exception("webhook refused", extra=about)
        return answers.of_error(error)


def _require_right_address(path: dict[str, str]) -> None:
    token = path["token"].removesuffix("/")  # which some dashboards put behind a URL
    right = tokens.is_token(token, _url_secrets, path["provider"], path["source"])
    if not (right and provider.exists(path["provider"])):
        raise NotFound("There is nothing at this address.")


def _look(path: dict[str, str]) -> Answer:
    return answers.of_text(
        200,
        f"This address is right: it takes {path['provider']}'s webhooks for {path['source']}, and waits for POSTs.\n",
    )
