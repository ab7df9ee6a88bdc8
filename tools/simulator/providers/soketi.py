"""soketi 1.6.1, a server that speaks Pusher's dialect: no leave is held back, and nothing is sent twice.

As seen when it was run: a channel is vacated before the member is removed who emptied it, and a user's id keeps the
type that the application gave it. https://github.com/soketi/soketi, src/webhook-sender.ts and src/ws-handler.ts

Unconfirmed: when it notices a connection that vanished (here as Pusher does).
"""

from random import Random
from typing import ClassVar

from tools.simulator.provider import Batch, Circumstances, Provider, Told
from tools.simulator.providers.pusher import Pusher, render
from tools.simulator.world import State

WINDOW = 0.05  # seconds; its default, where batching is on
LARGEST_BATCH = 1000  # events; it has no limit
USER_AGENT = (("User-Agent", "SoketiWebhooksAxiosClient/1.0 (Process: 1)"),)


class Soketi(Provider):
    NAME = "pusher"
    WAITS_FOR = 30.0  # it sets no limit, but API Gateway does
    NOTICES_AFTER: ClassVar = Pusher.NOTICES_AFTER

    def __init__(self, circumstances: Circumstances) -> None:
        super().__init__(circumstances)
        batching = self.knobs.batching and self.chance.random() < 0.5  # it is off unless switched on
        self._batch = Batch(self.agenda, LARGEST_BATCH if batching else 1, WINDOW, self._send)

    def last_went(self, channel: str, user: str, kind: str) -> None:  # noqa: ARG002 - a time-out is a leave to it
        if not self.count(channel, -1):
            self.tell("channel_vacated", channel)
        self.tell_leave("left", channel, user)

    def tell(self, kind: str, channel: str, user: str = "", state: State | None = None) -> None:
        self._batch.add(Told(kind, channel, user, self.agenda.now, state))

    def _send(self, items: list[Told]) -> None:
        knobs = self.knobs
        self.post(render(items, self.agenda.now, knobs.pusher_key, knobs.pusher_secret, USER_AGENT))

    @staticmethod
    def retry_delay(attempt: int, chance: Random) -> float | None:  # noqa: ARG004 - as all providers have it
        return None

    @staticmethod
    def names(count: int) -> tuple[list[str], list[str]]:
        """Half of the users are numbers."""
        channels, users = Pusher.names(count)
        return channels, [user if number % 2 else str(1000 + number) for number, user in enumerate(users)]
