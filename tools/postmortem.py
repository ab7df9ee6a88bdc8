"""A parked webhook in full, for whoever looks for the cause."""

from typing import TYPE_CHECKING

from rollcall.envelope import open_envelope
from rollcall.errors import UnreadableEnvelope
from rollcall.timestamps import to_iso
from tools.parked import FAILED, origin_of, why_parked

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

type Findings = dict[str, object]


def findings(message: "MessageTypeDef") -> Findings:
    """What is known of it. Headers are told by their names alone, since some prove that a webhook is genuine."""
    why = why_parked(message)
    return {
        "message_id": message["MessageId"],
        "source": origin_of(message),
        "reason": why.reason,
        "sentence": why.sentence,
        # What SQS moves itself keeps the time at which it was sent to Webhooks.
        "parked_at": None if why.reason == FAILED else to_iso(int(message["Attributes"]["SentTimestamp"])),
        **_of_webhook(message["Body"]),
    }


def _of_webhook(text: str) -> Findings:
    try:
        envelope = open_envelope(text)
    except UnreadableEnvelope:
        return {"received_at": None, "request_id": None, "content_type": None, "headers": [], "body": text}
    return {
        "received_at": to_iso(envelope.received_at),
        "request_id": envelope.request_id,
        "content_type": envelope.headers.get("content-type"),
        "headers": sorted(envelope.headers),
        "body": envelope.body.decode(errors="backslashreplace"),
    }
