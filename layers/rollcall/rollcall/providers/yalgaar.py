"""Yalgaar. Bodies: https://www.yalgaar.io/tutorials/tutorial-webhook; limits: https://www.yalgaar.io/features/webhook

Nothing is signed: the token in the URL is the proof, and the client key, which its clients know too, a weak second.
"""

from pydantic import BaseModel, ConfigDict

from rollcall.body import read_body
from rollcall.dialect import Transcript, Typed, as_name, by_word, require_keys, word
from rollcall.envelope import Envelope
from rollcall.errors import Unreadable, Unverified
from rollcall.events import Kind
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
# that the sibling providers use are taken as well, each also with "channel" before or behind it.
_ACTIONS = by_word(
    {
        "bind": Kind.JOINED,
        "subscribe": Kind.JOINED,
        "join": Kind.JOINED,
        "unbind": Kind.LEFT,
        "unsubscribe": Kind.LEFT,
        "leave": Kind.LEFT,
    }
)


class Secrets(BaseModel):
    """The client keys that the source's webhooks may carry; with none stored, any is taken."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    client_keys: tuple[Typed, ...] = ()


def verify(envelope: Envelope, secrets: Secrets) -> None:
    if not secrets.client_keys:
        return
    try:
        groups = _groups(envelope)
    except Unreadable as error:
        raise Unverified("The body holds no client key.") from error
    # A group that is empty need not prove anything, but must not disprove it.
    keys = [group.get("clientKey") for group in groups if group.get("data") != [] or "clientKey" in group]
    require_keys(keys, secrets.client_keys)


def parse(envelope: Envelope) -> Transcript:
    """Times are whole seconds, as text, so what stands later in the body counts as later."""
    groups = _groups(envelope)
    if groups and not any(isinstance(group.get("data"), list) for group in groups):
        raise Unreadable("The body has no data.")
    transcript = Transcript(envelope)
    for group in groups:
        entries = group.get("data")
        if not isinstance(entries, list):
            transcript.add(None, name="items without data", channel="", at=None)
            continue
        of_messages = word(group.get("source")) == "message"
        for entry in entries:
            _add(transcript, entry if isinstance(entry, dict) else {}, of_messages)
    return transcript.oldest_first()


def _groups(envelope: Envelope) -> list[dict[str, object]]:
    """`items` is an object, whatever its name suggests; a list of such objects is taken as well, and one bare."""
    body = read_body(envelope.body)
    items = body.get("items", body) if isinstance(body, dict) else None
    groups = [items] if isinstance(items, dict) else items
    if not isinstance(groups, list):
        raise Unreadable("The body has no items.")
    return [group if isinstance(group, dict) else {} for group in groups]


def _add(transcript: Transcript, entry: dict[str, object], of_messages: bool) -> None:
    action = as_name(entry.get("action"))
    is_message = of_messages or (not action and "message" in entry)
    transcript.add(
        Kind.MESSAGE if is_message else _ACTIONS.get(word(action).removeprefix("channel").removesuffix("channel")),
        name=action or "no action",
        channel=as_name(entry.get("channel")),
        at=to_moment(entry.get("timestamp")),
        user=as_name(entry.get("uuid")),
    )
