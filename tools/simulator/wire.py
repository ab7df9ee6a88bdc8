"""What travels: a webhook, the events that its body tells, and each time that it arrives."""

from collections.abc import Mapping
from typing import NamedTuple


class WireEvent(NamedTuple):
    """One event as the body tells it: by the provider's own clock, and without what this dialect leaves out.

    `kind` is spelled as in Rollcall's log, `occurred_at` is Unix milliseconds, `position` counts the events of the body
    from 0, `state` is JSON text with sorted keys. `resolution` is that of the clock as the body tells it, in
    milliseconds.
    """

    kind: str
    channel: str
    user: str
    occurred_at: int
    position: int
    event_id: str = ""
    state: str | None = None
    occupancy: int | None = None
    resolution: int = 1


class Rendered(NamedTuple):
    """One body in a provider's words. PubNub's envelopes count the attempts, so that a retry has other bytes."""

    headers: Mapping[str, str]
    body: bytes
    events: tuple[WireEvent, ...]
    counts_attempts: bool = False


class Delivery(NamedTuple):
    """One arrival of a webhook. All arrivals of one webhook have its number; the first attempt is 1.

    `received_at` is Unix milliseconds of the world's clock. A webhook whose answer was lost arrives again.
    """

    provider: str
    source: str
    number: int
    rendered: Rendered
    received_at: int
    attempt: int = 1

    @property
    def headers(self) -> Mapping[str, str]:
        return self.rendered.headers

    @property
    def events(self) -> tuple[WireEvent, ...]:
        return self.rendered.events

    @property
    def body(self) -> bytes:
        body = self.rendered.body
        if self.attempt == 1 or not self.rendered.counts_attempts:
            return body
        return body.replace(b'"attempt":1}', b'"attempt":%d}' % self.attempt)
