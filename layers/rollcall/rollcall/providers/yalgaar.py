"""Yalgaar. Bodies: https://www.yalgaar.io/tutorials/tutorial-webhook; limits: https://www.yalgaar.io/features/webhook

Nothing is signed: the token in the URL is the proof, and the client key, which its clients know too, a weak second.
"""

from pydantic import BaseModel, ConfigDict

from rollcall.dialect import Transcript, as_name, is_one_of, read_json
from rollcall.envelope import Envelope
from rollcall.errors import Unreadable, Unverified
from rollcall.events import Kind, PresenceEvent
from rollcall.provider import Setup
from rollcall.timestamps import to_moment

SETUP = Setup(
    title="Yalgaar",
    where="Dashboard, your app, Webhook.",
    switch_on=(
        "Enter the URL as the webhook URL for Presence: it tells of clients that bind to a channel and unbind from it.",
        "Leave the webhook URL for Message as it is: messages say nothing of who is there.",
    ),
    signs=False,
    proof="Yalgaar does not sign: the token in the URL is the proof, and on top of it the client key in the body, if "
    "yours is stored.",
    secrets="Dashboard, your app: the client key with which your clients connect; storing it is optional.",
)
LOSES_EVENTS_FROM = 200  # one request in two seconds, of so many events; what comes beyond is skipped, says the page

# The page says only that an action "represents channel bind or unbind": its literal values are not told, so the words
# that the sibling providers use are taken as well.
_ACTIONS = {
    "bind": Kind.JOINED,
    "subscribe": Kind.JOINED,
    "join": Kind.JOINED,
    "unbind": Kind.LEFT,
    "unsubscribe": Kind.LEFT,
    "leave": Kind.LEFT,
}


class Secrets(BaseModel):
    """The client keys that the source's webhooks may carry; with none stored, any is taken."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    client_keys: tuple[str, ...] = ()


def verify(envelope: Envelope, secrets: Secrets) -> None:
    if not secrets.client_keys:
        return
    try:
        client_key = as_name(_items(envelope).get("clientKey"))
    except Unreadable as error:
        raise Unverified("The body holds no client key.") from error
    if not is_one_of(client_key, secrets.client_keys):
        raise Unverified("The client key is none of the source's.")


def parse(envelope: Envelope) -> list[PresenceEvent]:
    """Times are whole seconds, as text, so what stands later in the body counts as later."""
    items = _items(envelope)
    data = items.get("data")
    if not isinstance(data, list):
        raise Unreadable("The body has no data.")
    of_messages = as_name(items.get("source")).lower() == "message"
    transcript = Transcript(envelope)
    for entry in data:
        _add(transcript, entry if isinstance(entry, dict) else {}, of_messages)
    return transcript.oldest_first()


def _items(envelope: Envelope) -> dict[str, object]:
    body = read_json(envelope.body)
    items = body.get("items") if isinstance(body, dict) else None
    if not isinstance(items, dict):  # an object, whatever its name suggests
        raise Unreadable("The body has no items.")
    return items


def _add(transcript: Transcript, entry: dict[str, object], of_messages: bool) -> None:
    action = as_name(entry.get("action"))
    channel = as_name(entry.get("channel"))
    user = as_name(entry.get("uuid"))
    at = to_moment(entry.get("timestamp"))
    kind = Kind.MESSAGE if of_messages else _ACTIONS.get(action.lower())
    if kind is None or not channel or not user:
        transcript.add(Kind.UNKNOWN, channel=channel, at=at, user=user, reason=action or "no action")
    else:
        transcript.add(kind, channel=channel, at=at, user=user)
