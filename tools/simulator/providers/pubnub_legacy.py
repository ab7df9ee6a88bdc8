"""PubNub's Presence Webhooks, which Events & Actions replaced: one event each, members as JSON, channels as a form.

https://www.pubnub.com/docs/migration-guides/legacy-webhooks; the forms are described in pubnub/pubnub-api, presence.md

Unconfirmed: how long PubNub waits between its four attempts (here the five seconds of its time-out), and a second
device (as in Events & Actions).
"""

from random import Random
from typing import ClassVar

from tools.simulator.provider import Provider, quoted
from tools.simulator.providers.pubnub import ACTIONS, JSON, SUBSCRIBE_KEY, PubNub
from tools.simulator.wire import Rendered, WireEvent
from tools.simulator.world import State

STATUSES = {"channel_occupied": "active", "channel_vacated": "inactive"}
ATTEMPTS = 4
WAITS_SECONDS = 5.0  # for its 200


class PubNubLegacy(Provider):
    NAME = "pubnub"
    WAITS_FOR = WAITS_SECONDS
    NOTICES_AFTER: ClassVar = PubNub.NOTICES_AFTER

    def another_came(self, channel: str, user: str) -> None:
        self.tell("joined", channel, user)

    def change(self, channel: str, user: str, state: State) -> None:
        self.tell("state_changed", channel, user, state)

    def tell(self, kind: str, channel: str, user: str = "", state: State | None = None) -> None:
        second = self.agenda.now // 1000
        occupancy = self.count(channel, 0) if user else None
        canonical = state.canonical if state else None
        event = WireEvent(kind, channel, user, second * 1000, 0, "", canonical, occupancy, resolution=1000)
        if not user:
            self.post(_form(event, f"----pn{self.chance.getrandbits(32):08x}"))
            return
        body = (
            f'{{"action":"{ACTIONS[kind]}","sub_key":"{SUBSCRIBE_KEY}","channel":{quoted(channel)}'
            f',"uuid":{quoted(user)},"timestamp":{second},"occupancy":{occupancy}'
            f"{',"data":' + state.written if state else ''}}}"
        )
        self.post(Rendered(JSON, body.encode(), (event,)))

    @staticmethod
    def retry_delay(attempt: int, chance: Random) -> float | None:  # noqa: ARG004 - as all providers have it
        return WAITS_SECONDS if attempt < ATTEMPTS else None

    @staticmethod
    def names(count: int) -> tuple[list[str], list[str]]:
        return PubNub.names(count)


def _form(event: WireEvent, boundary: str) -> Rendered:
    fields = {
        "sub_key": SUBSCRIBE_KEY,
        "channel": event.channel,
        "status": STATUSES[event.kind],
        "timestamp": str(event.occurred_at // 1000),
    }
    parts = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return Rendered(headers, f"{''.join(parts)}--{boundary}--\r\n".encode(), (event,))
