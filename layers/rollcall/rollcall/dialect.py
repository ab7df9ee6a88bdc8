"""What the providers' files share: reading foreign bodies without ever crashing on them, and writing down events."""

import hmac
import json
import math
from collections.abc import Iterable
from typing import NoReturn

from rollcall.envelope import Envelope
from rollcall.errors import Unreadable
from rollcall.events import Kind, PresenceEvent
from rollcall.timestamps import Moment

# Milliseconds. A provider's clock may run ahead of AWS's by seconds; a time further ahead is absurd, and as the newest
# evidence it would pin its member until then.
_FURTHEST_AHEAD = 5 * 60_000
_MOST_DIGITS = 4_000  # Python itself refuses to read 4,300


class Transcript:
    """The events of one body, numbered in its order."""

    def __init__(self, envelope: Envelope) -> None:
        self._envelope = envelope
        self._events: list[PresenceEvent] = []

    def add(
        self,
        kind: Kind,
        *,
        channel: str,
        at: Moment | None,
        user: str = "",
        event_id: str = "",
        state: str | None = None,
        occupancy: int | None = None,
        reason: str = "",
    ) -> None:
        """Write down an event that happened `at` this time; `None` where the body does not say."""
        received_at = self._envelope.received_at
        clock_ahead = at is not None and at.milliseconds > received_at + _FURTHEST_AHEAD
        own = None if clock_ahead else at
        moment = own or Moment(received_at)
        self._events.append(
            PresenceEvent(
                provider=self._envelope.provider,
                source=self._envelope.source,
                channel=channel,
                kind=kind,
                user=user,
                occurred_at=moment.milliseconds,
                received_at=received_at,
                resolution=moment.resolution,
                position=len(self._events),
                event_id=event_id,
                state=state,
                occupancy=occupancy,
                reason=reason,
                timed=own is not None,
                clock_ahead=clock_ahead,
            )
        )

    def oldest_first(self) -> list[PresenceEvent]:
        return sorted(self._events, key=lambda event: event.occurred_at)


def read_json(body: bytes) -> object:
    """A body as JSON. Raises `Unreadable` for whatever else it is, however it is broken."""
    try:
        return json.loads(body, parse_constant=_refuse_constant, parse_int=_int, parse_float=_float)
    except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, endless digits, nested without end
        raise Unreadable("The body is not JSON.") from error


def as_name(value: object) -> str:
    """A name or id as text: some senders write numbers. Empty for whatever is neither."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def as_count(value: object) -> int | None:
    """A number of members: senders write it as a number or as text."""
    text = as_name(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def as_state(value: object) -> str | None:
    """State data as JSON text that does not depend on the order of keys; `None` for no data."""
    if value is None:
        return None
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (ValueError, RecursionError) as error:  # a number beyond all floats, or nested without end
        raise Unreadable("The state cannot be written down.") from error


def is_one_of(candidate: str, accepted: Iterable[str]) -> bool:
    """Whether a secret is one of those accepted; takes the same time wherever it differs."""
    presented = candidate.encode(errors="replace")  # bytes, for compare_digest refuses text that is not ASCII
    found = False
    for secret in accepted:
        found |= hmac.compare_digest(presented, secret.encode())
    return found


# Some numbers are legal JSON, and yet none that could be written again: their digits are kept as text, so that one
# client's odd state does not make a whole batch unreadable.


def _int(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def _float(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
