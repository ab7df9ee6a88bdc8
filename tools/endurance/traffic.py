"""Providers that send until they are acknowledged, with many connections at once."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from tools.simulator import App, Delivery
from tools.simulator.connection import Connection, Unanswered
from tools.simulator.target import Target

AGAIN_AFTER = 0.5  # seconds; providers wait longer, and a test has not got their time
PATIENCE = 300.0  # seconds for one webhook; a restart with much to save takes a minute


@dataclass
class Traffic:
    """Sends to a Rollcall, so many webhooks a second. What has come of it can be read at any time."""

    target: Target
    rate: float
    acknowledged: list[Delivery] = field(default_factory=list)  # webhooks, each as often as it was acknowledged
    refused: Counter[str] = field(default_factory=Counter)  # attempts, by what was answered instead
    given_up: int = 0
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def flowing(self, deliveries: Sequence[Delivery], clients: int) -> Iterator[list[Future[None]]]:
        """Sends while the block runs. Raises in the end what stopped a client."""
        turns = iter(enumerate(deliveries))
        stopped = threading.Event()
        with ThreadPoolExecutor(clients) as pool:
            running = [pool.submit(self._client, turns, time.monotonic(), stopped) for _ in range(clients)]
            try:
                yield running
            except BaseException:
                stopped.set()
                raise
        for client in running:
            client.result()

    def send(self, connection: Connection, delivery: Delivery, stopped: threading.Event) -> bool:
        """Until it is acknowledged, or `stopped`."""
        url = self.target.webhook_url(App(delivery.provider, delivery.source))
        deadline = time.monotonic() + PATIENCE
        while (answer := _post(connection, url, delivery)) != "200":
            self.refused[answer] += 1
            if stopped.wait(AGAIN_AFTER) or time.monotonic() > deadline:
                self.given_up += 1
                return False
        self.acknowledged.append(delivery)
        return True

    def _client(self, turns: Iterator[tuple[int, Delivery]], began: float, stopped: threading.Event) -> None:
        with closing(Connection(self.target.url)) as connection:
            while not stopped.is_set():
                with self._turn:
                    turn, delivery = next(turns, (0, None))
                if delivery is None:
                    return
                time.sleep(max(0.0, began + turn / self.rate - time.monotonic()))
                self.send(connection, delivery, stopped)


def _post(connection: Connection, url: str, delivery: Delivery) -> str:
    """The status of the answer, or what came instead of one."""
    try:
        status, _ = connection.ask("POST", url, delivery.headers, delivery.body)
    except Unanswered:
        return "no answer"
    return str(status)
