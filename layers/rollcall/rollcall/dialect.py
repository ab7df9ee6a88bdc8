"""What the providers' files share: foreign names, numbers and secrets, and writing down what a body says."""

import hmac
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from rollcall.bounds import MOST_EVENTS
from rollcall.envelope import Envelope
from rollcall.errors import TooLarge, Unverified
from rollcall.events import Kind, PresenceEvent
from rollcall.timestamps import Moment

# Milliseconds. A provider's clock may run ahead of AWS's by seconds; a time further ahead is absurd, and as the newest
# evidence it would pin its member until then.
_FURTHEST_AHEAD = 5 * 60_000

_LONGEST_NAME = 100  # characters of what is not understood; enough to recognize it by
_MOST_NAMES = 10  # of what is not understood in one body; figures are for people to read
_OTHERS = "others"  # what is counted when these are used up

_OF_A_MEMBER = {Kind.JOINED, Kind.LEFT, Kind.TIMED_OUT, Kind.STATE_CHANGED}
_NOT_OF_PRESENCE = {Kind.CLIENT_EVENT, Kind.MESSAGE, Kind.CACHE_MISS}


class Transcript(list[PresenceEvent]):
    """What one body says: its events, numbered in its order, and how far it was understood.

    `size` counts all that the body holds, events or not, and `understood` what is known of it, even if it says nothing
    of presence. `not_understood` counts the rest by name. `may_have_lost_events` is what the body says of itself.
    """

    def __init__(self, envelope: Envelope) -> None:
        super().__init__()
        self.size = 0
        self.understood = 0
        self.not_understood = Counter[str]()
        self.may_have_lost_events = False
        self._envelope = envelope

    def add(
        self,
        kind: Kind | None,
        *,
        name: str,
        channel: str,
        at: Moment | None,
        user: str = "",
        event_id: str = "",
        state: str | None = None,
        occupancy: int | None = None,
        reason: str = "",
    ) -> None:
        """Write down what happened `at` this time, `None` where the body does not say.

        `name` is what the provider calls it; a `kind` of `None` is one that Rollcall does not know. Raises `TooLarge`.
        """
        self.size += 1
        if self.size > MOST_EVENTS:
            raise TooLarge(f"The body has more than {MOST_EVENTS} events.")
        lacking = _lacking(kind, channel, user, occupancy)
        if kind is None or lacking:
            kind, reason = Kind.UNKNOWN, _shown(name) + (f" without a {lacking}" if lacking else "")
            self._count(reason)
            state = occupancy = None
        else:
            self.understood += 1
        if not channel:
            return  # there is no log that it could stand in
        received_at = self._envelope.received_at
        clock_ahead = at is not None and at.milliseconds > received_at + _FURTHEST_AHEAD
        own = None if clock_ahead else at
        moment = own or Moment(received_at)
        self.append(
            PresenceEvent(
                provider=self._envelope.provider,
                source=self._envelope.source,
                channel=channel,
                kind=kind,
                user=user,
                occurred_at=moment.milliseconds,
                received_at=received_at,
                resolution=moment.resolution,
                position=len(self),
                event_id=event_id,
                state=state,
                occupancy=occupancy,
                reason=reason,
                timed=own is not None,
                clock_ahead=clock_ahead,
            )
        )

    def tell_of_loss(self) -> None:
        """The body itself says that it is incomplete, which is something to understand."""
        self.understood += 1
        self.may_have_lost_events = True

    def oldest_first(self) -> Self:
        self.sort(key=lambda event: event.occurred_at)
        return self

    def _count(self, name: str) -> None:
        is_listed = name in self.not_understood or len(self.not_understood) < _MOST_NAMES
        self.not_understood[name if is_listed else _OTHERS] += 1


def _lacking(kind: Kind | None, channel: str, user: str, occupancy: int | None) -> str:
    """What an event of this kind says nothing without; empty if nothing is lacking."""
    if kind is None or kind in _NOT_OF_PRESENCE:
        return ""
    if not channel:
        return "channel"
    if kind in _OF_A_MEMBER and not user:
        return "user"
    return "count" if kind is Kind.OCCUPANCY_REPORTED and occupancy is None else ""


def _shown(name: str) -> str:
    """A foreign name as people may be shown it: of visible characters, and not too many."""
    visible = "".join(character if character.isprintable() else " " for character in name[: 2 * _LONGEST_NAME])
    return " ".join(visible.split())[:_LONGEST_NAME] or "no name"


# ---- Foreign values --------------------------------------------------------------------------------


def word(name: object) -> str:
    """A name without case, blanks and separators: `state-change`, `stateChange` and ` STATE_CHANGE` are one."""
    return re.sub(r"[\W_]+", "", as_name(name)).casefold()


def by_word[Value](table: Mapping[str, Value]) -> dict[str, Value]:
    """A table of names that finds each of them however it is written."""
    return {word(name): value for name, value in table.items()}


def as_name(value: object) -> str:
    """A name or id as text. Senders write numbers, and some of them (PHP, Lua, R) write whole ones as 42.0.

    Empty for whatever is no name.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def as_count(value: object) -> int | None:
    """A number of members: senders write it as a number or as text."""
    text = as_name(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def as_state(value: object) -> str | None:
    """State data as JSON text that does not depend on the order of keys; `None` for no data."""
    return None if value is None else json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


# ---- Secrets ---------------------------------------------------------------------------------------


def _visible(typed: str) -> str:
    ends = [place for place, character in enumerate(typed) if character.isprintable() and not character.isspace()]
    text = typed[ends[0] : ends[-1] + 1] if ends else ""
    if not text:
        raise PydanticCustomError("empty", "nothing visible stands in it")
    if not text.isprintable():
        raise PydanticCustomError("invisible", "a line break or another invisible character stands in it")
    return text


Typed = Annotated[str, Field(min_length=1), AfterValidator(_visible)]
"""A key, a secret or a name as people paste and pipe it, without the blanks and line breaks that come along."""


def is_one_of(candidate: str, accepted: Iterable[str]) -> bool:
    """Whether a secret is one of those accepted; takes the same time wherever it differs."""
    presented = candidate.encode(errors="replace")  # bytes, for compare_digest refuses text that is not ASCII
    found = False
    for secret in accepted:
        found |= hmac.compare_digest(presented, secret.encode())
    return found


def require_keys(carried: Iterable[object], accepted: Iterable[str]) -> None:
    """Judge the keys that the parts of a body carry: one at least is right, and none is wrong. Raises `Unverified`.

    A key that is missing is not a wrong one, and a body without parts has nothing to prove.
    """
    parts = list(carried)
    keys = [key for key in parts if key not in (None, "")]
    if not all(is_one_of(as_name(key), accepted) for key in keys):
        raise Unverified("A key in the body is none of the source's.")
    if parts and not keys:
        raise Unverified("The body carries no key.")
