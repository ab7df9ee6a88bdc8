"""From an envelope to what can be applied: verify, parse, and keep apart what no record can hold."""

from collections import Counter
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel, ValidationError

from rollcall import keys
from rollcall.body import depth
from rollcall.dialect import Transcript
from rollcall.envelope import Envelope
from rollcall.errors import MissingSecret, NotUnderstood, UnstorableEvent, Unverified
from rollcall.events import PresenceEvent
from rollcall.keys import SourceKey
from rollcall.provider import Provider, load

# Bytes of JSON text. PubNub allows 32 KB, which escapes may double; DynamoDB's records end at 400 KB.
_LARGEST_STATE = 200_000
_ENTRY = "#5256000"  # as long as what the log's calendar appends to a channel's key: the minutes of ten years
_DEEPEST_STATE = 200  # levels; pydantic, which writes the answers, refuses at some 250


class StoredSecrets(Protocol):
    def __call__(self, source: SourceKey, /, *, doubted: bool = False) -> object:
        """The source's secrets as they are stored, an empty object for none; asked for anew if `doubted`."""


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What a webhook says. `trouble` is why some of its events are not among them; it must not be forgotten.

    `not_understood` counts by name what Rollcall does not know, of a webhook that it understands in part.
    """

    events: list[PresenceEvent]
    trouble: UnstorableEvent | None
    may_have_lost_events: bool
    not_understood: Counter[str]


def interpret(envelope: Envelope, stored_secrets: StoredSecrets) -> Interpretation:
    """Verify and parse one webhook. Raises one of the `Hopeless` errors if it cannot be used at all."""
    provider = load(envelope.provider)
    _verify(provider, envelope, stored_secrets)
    transcript = provider.parse(envelope)
    _require_understood(transcript)
    storable: list[PresenceEvent] = []
    trouble: UnstorableEvent | None = None
    for event in transcript:
        try:
            _require_storable(event)
            storable.append(event)
        except UnstorableEvent as error:
            trouble = error
    lossy = transcript.may_have_lost_events or 0 < provider.LOSES_EVENTS_FROM <= transcript.size
    return Interpretation(storable, trouble, lossy, transcript.not_understood)


def _verify(provider: Provider, envelope: Envelope, stored_secrets: StoredSecrets) -> None:
    source = SourceKey(envelope.provider, envelope.source)
    try:
        provider.verify(envelope, _secrets(provider, stored_secrets(source)))
    except (MissingSecret, Unverified):
        # Perhaps the secrets have changed since they were last asked for.
        provider.verify(envelope, _secrets(provider, stored_secrets(source, doubted=True)))


def _secrets(provider: Provider, stored: object) -> BaseModel:
    try:
        return provider.Secrets.model_validate(stored)
    except ValidationError as error:
        raise MissingSecret("The source's secrets are not stored, or not as its provider needs them.") from error


def _require_understood(transcript: Transcript) -> None:
    """A body that holds nothing says so; one of which nothing is known must wait until somebody knows it."""
    if transcript.not_understood and not transcript.understood:
        (name, times), *others = transcript.not_understood.most_common()
        more = f", and {len(others)} other kinds" if others else ""
        raise NotUnderstood(f"Nothing in the body is known: {times} times `{name}`{more}.")


def _require_storable(event: PresenceEvent) -> None:
    member = keys.event_member(event)
    arrival = keys.arrival_key(event.occurred_at, member)
    keys.require_storable(f"{member.channel}{_ENTRY}", arrival, keys.user_key(member.channel.of_source, event.user))
    keys.require_storable(event.event_id, event.reason)
    if event.state is not None and depth(event.state) > _DEEPEST_STATE:
        raise UnstorableEvent("A state is nested too deep to be answered.")
    if event.state is not None and len(event.state) > _LARGEST_STATE:
        raise UnstorableEvent(f"A state has {len(event.state)} bytes; {_LARGEST_STATE} can be stored.")
