"""Pusher Channels: signed bodies with one time for all that they tell, and leaves that wait to be taken back.

https://pusher.com/docs/channels/server_api/webhooks; batches:
https://docs.bird.com/pusher/channels/channels/webhooks/what-is-the-batch-size-and-batch-window-for-channels-webhooks

Unconfirmed: the first step of the back-off (here a second, which doubles), and that a retry keeps its time. In which
order a channel's and a member's event come is not defined: here in either.
"""

import hashlib
import hmac
from random import Random
from typing import ClassVar

from tools.simulator.provider import Batch, Circumstances, Provider, Told, quoted
from tools.simulator.wire import Rendered, WireEvent
from tools.simulator.world import State

EVENTS = {
    "joined": "member_added",
    "left": "member_removed",
    "channel_occupied": "channel_occupied",
    "channel_vacated": "channel_vacated",
}
HELD_SECONDS = 3.0  # between the last disconnect and its webhook; who is back by then never left
LARGEST_BATCH = 20  # events
WINDOW = 0.25  # seconds
RETRIED_FOR_SECONDS = 300.0


class Pusher(Provider):
    NAME = "pusher"
    WAITS_FOR = 4.0  # https://docs.bird.com/pusher/channels/channels/webhooks/channels-webhook-timeouts-and-retries
    # https://blog.pusher.com/lower-delays-in-presence-channel-disconnection-timeouts/
    NOTICES_AFTER: ClassVar = (30.0, 75.0)

    def __init__(self, circumstances: Circumstances) -> None:
        super().__init__(circumstances)
        self._held: dict[tuple[str, str], int] = {}  # which hold of all it is
        self._holds = 0
        self._batch = Batch(self.agenda, LARGEST_BATCH if self.knobs.batching else 1, WINDOW, self._send)

    def first_came(self, channel: str, user: str) -> None:
        if self._held.pop((channel, user), None) is None:
            occupied = self.count(channel, 1) == 1
            self._tell_both("channel_occupied" if occupied else "", "joined", channel, user)

    def last_went(self, channel: str, user: str, kind: str) -> None:  # noqa: ARG002 - a time-out is a leave to it
        self._holds += 1
        self._held[channel, user] = self._holds
        self.agenda.after(HELD_SECONDS, self._release, channel, user, self._holds)

    def _release(self, channel: str, user: str, hold: int) -> None:
        if self._held.get((channel, user)) == hold:
            del self._held[channel, user]
            vacated = not self.count(channel, -1)
            self._tell_both("channel_vacated" if vacated else "", "left", channel, user)

    def _tell_both(self, of_channel: str, of_member: str, channel: str, user: str) -> None:
        channel_first = self.chance.random() < 0.5
        if of_channel and channel_first:
            self.tell(of_channel, channel)
        if of_member == "left":
            self.tell_leave(of_member, channel, user)
        else:
            self.tell(of_member, channel, user)
        if of_channel and not channel_first:
            self.tell(of_channel, channel)

    def tell(self, kind: str, channel: str, user: str = "", state: State | None = None) -> None:
        self._batch.add(Told(kind, channel, user, self.agenda.now, state))

    def _send(self, items: list[Told]) -> None:
        self.post(render(items, self.agenda.now, self.knobs.pusher_key, self.knobs.pusher_secret))

    @staticmethod
    def retry_delay(attempt: int, chance: Random) -> float | None:  # noqa: ARG004 - as all providers have it
        delay = 2.0 ** (attempt - 1)
        return delay if 2 * delay - 1 <= RETRIED_FOR_SECONDS else None  # the sum of all delays so far

    @staticmethod
    def names(count: int) -> tuple[list[str], list[str]]:
        """Letters, digits and `_ - = @ , . ;` in channels; 128 characters of any kind in users."""
        return (
            [f"presence-room-{number}" if number % 5 else f"presence-Room_=@,.;{number}" for number in range(count)],
            [f"u-{number}" if number % 5 else f"zoë/#:{number} 🎈" for number in range(count)],
        )


def render(
    items: list[Told], now: int, key: str, secret: str, more_headers: tuple[tuple[str, str], ...] = ()
) -> Rendered:
    """One time for the whole body: when it was made."""
    texts = [
        f'{{"name":"{EVENTS[told.kind]}","channel":{quoted(told.channel)}'
        f"{',"user_id":' + (told.user if told.user.isdecimal() else quoted(told.user)) if told.user else ''}}}"
        for told in items
    ]
    body = f'{{"time_ms":{now},"events":[{",".join(texts)}]}}'.encode()
    headers = {
        "Content-Type": "application/json",
        "X-Pusher-Key": key,
        "X-Pusher-Signature": hmac.digest(secret.encode(), body, hashlib.sha256).hex(),
        **dict(more_headers),
    }
    events = tuple(WireEvent(told.kind, told.channel, told.user, now, place) for place, told in enumerate(items))
    return Rendered(headers, body, events)
