"""Yalgaar: all values as text, whole seconds, and what does not fit into a body is never told.

Bodies: https://www.yalgaar.io/tutorials/tutorial-webhook; limits: https://www.yalgaar.io/features/webhook

Unconfirmed: the words for bind and unbind, a second connection of one user (here it binds again, and only the last one
unbinds), when a connection that vanished unbinds, and retries (here none).
"""

from random import Random
from typing import ClassVar

from tools.simulator.provider import Circumstances, Provider, Told, quoted
from tools.simulator.wire import Rendered, WireEvent
from tools.simulator.world import State

JSON = {"Content-Type": "application/json"}
ACTIONS = {"joined": "bind", "left": "unbind", "timed_out": "unbind"}
WINDOW = 2.0  # seconds between two requests; the first event after a silence goes at once
LARGEST_BATCH = 200  # events; what comes beyond is skipped


class Yalgaar(Provider):
    NAME = "yalgaar"
    WAITS_FOR = 10.0  # unconfirmed
    NOTICES_AFTER: ClassVar = (60.0, 120.0)

    def __init__(self, circumstances: Circumstances) -> None:
        super().__init__(circumstances)
        self._is_collecting = False
        self._items: list[Told] = []

    def another_came(self, channel: str, user: str) -> None:
        self.tell("joined", channel, user)

    def tell(self, kind: str, channel: str, user: str = "", state: State | None = None) -> None:
        if not user:
            return  # of channels it tells nothing
        told = Told(kind, channel, user, self.agenda.now, state)
        if not self._is_collecting:
            self._send([told])
        elif len(self._items) < LARGEST_BATCH:
            self._items.append(told)
        else:
            self.lost["events beyond the largest body"] += 1

    def _send(self, items: list[Told]) -> None:
        self.post(render(items))
        self._is_collecting = True
        self.agenda.after(WINDOW if self.knobs.batching else 0, self._close)

    def _close(self) -> None:
        items, self._items = self._items, []
        self._is_collecting = False
        if items:
            self._send(items)

    @staticmethod
    def retry_delay(attempt: int, chance: Random) -> float | None:  # noqa: ARG004 - as all providers have it
        return None

    @staticmethod
    def names(count: int) -> tuple[list[str], list[str]]:
        return (
            [f"zone-{number}" if number % 5 else f"größe-#{number}% /x" for number in range(count)],
            [f"driver-{number}" if number % 5 else f"zoë/#:{number} 🎈" for number in range(count)],
        )


def render(items: list[Told]) -> Rendered:
    texts = [
        f'{{"channel":{quoted(told.channel)},"uuid":{quoted(told.user)},"timestamp":"{told.at // 1000}"'
        f',"action":"{ACTIONS[told.kind]}"}}'
        for told in items
    ]
    body = f'{{"items":{{"source":"Presence","clientKey":"ck-simulated","data":[{",".join(texts)}]}}}}'
    events = tuple(
        WireEvent(
            "joined" if told.kind == "joined" else "left",
            told.channel,
            told.user,
            told.at // 1000 * 1000,
            place,
            resolution=1000,
        )
        for place, told in enumerate(items)
    )
    return Rendered(JSON, body.encode(), events)
