"""Sends a run at its pace: one connection per lane, and all of one source in one lane, so that its order is known."""

import itertools
import sys
import time
from heapq import heappop, heappush
from queue import Queue
from random import Random
from threading import Lock, Thread
from typing import NamedTuple

from tools.simulator.connection import Connection, Unanswered
from tools.simulator.ledger import Ledger
from tools.simulator.pace import Pace, now
from tools.simulator.simulation import App
from tools.simulator.target import Target
from tools.simulator.wire import Delivery

WAITING_PER_LANE = 100  # webhooks; when so many wait, the world waits too
LOOKS_EVERY = 0.02  # seconds, at what is due
QUIET_SECONDS = 10.0  # between two lines, where there is no terminal


class Attempt(NamedTuple):
    """One attempt of our own; `unclear` says that an earlier one may have arrived."""

    delivery: Delivery
    number: int = 1
    unclear: bool = False


class Sender:
    """`retry_speed` shortens the waits before a retry, as `pace` shortens all others."""

    def __init__(self, target: Target, ledger: Ledger, pace: Pace, connections: int, retry_speed: float) -> None:
        self._target = target
        self._ledger = ledger
        self._pace = pace
        self._retry_speed = retry_speed
        self._lanes = [Queue[Attempt | None](WAITING_PER_LANE) for _ in range(connections)]
        self._lane_of = {app: self._lanes[n % connections] for n, app in enumerate(ledger.simulation.truth)}
        self._workers = [Thread(target=self._work, args=(lane,), daemon=True) for lane in self._lanes]
        self._later: list[tuple[float, int, Attempt]] = []
        self._turns = itertools.count()
        self._lock = Lock()
        self._unfinished = 0
        self._is_stopping = False

    def run(self, total: int) -> bool:
        """False if Ctrl-C ended it. What is on its way then is finished, the rest is not sent."""
        bar = Bar(total, self._ledger)
        for worker in self._workers:
            worker.start()
        try:
            self._send_all(bar)
            while self._unfinished:
                self._dispatch_retries()
                bar.show(0.0)
                time.sleep(LOOKS_EVERY)
        except KeyboardInterrupt:
            self._is_stopping = True
        for lane in self._lanes:
            lane.put(None)
        for worker in self._workers:
            worker.join()
        bar.end()
        return not self._is_stopping

    def _send_all(self, bar: "Bar") -> None:
        deliveries = iter(self._ledger.simulation)
        while True:
            with self._ledger.lock:
                delivery = next(deliveries, None)
            if delivery is None:
                return
            while (ahead := self._pace.ours(delivery.received_at) - now()) > 0:
                self._dispatch_retries()
                bar.show(0.0)
                time.sleep(min(ahead / 1000, LOOKS_EVERY))
            with self._lock:
                self._unfinished += 1
            self._lane(delivery).put(Attempt(delivery))
            self._dispatch_retries()
            bar.show(-ahead / 1000)

    def _lane(self, delivery: Delivery) -> "Queue[Attempt | None]":
        return self._lane_of[App(delivery.provider, delivery.source)]

    def _dispatch_retries(self) -> None:
        while True:
            with self._lock:
                if not self._later or self._later[0][0] > time.monotonic():
                    return
                attempt = heappop(self._later)[2]
            self._lane(attempt.delivery).put(attempt)

    # ---- In each lane's own thread -----------------------------------------------------------------

    def _work(self, lane: "Queue[Attempt | None]") -> None:
        connection = Connection(self._target.url)
        received_at = 0
        while (attempt := lane.get()) is not None:
            if not self._is_stopping:
                received_at = max(now(), received_at + 1)  # only their order matters, and that it is one
                self._try(connection, attempt, received_at)
        connection.close()

    def _try(self, connection: Connection, attempt: Attempt, received_at: int) -> None:
        delivery = attempt.delivery
        app = App(delivery.provider, delivery.source)
        dialect = self._ledger.simulation.dialects[app]
        try:
            url = self._target.webhook_url(app)
            status, _ = connection.ask("POST", url, delivery.headers, delivery.body, dialect.WAITS_FOR)
            answer = str(status)
        except Unanswered as error:
            status, answer = 0, str(error)
        if 200 <= status < 300:
            self._ledger.acknowledge(delivery, received_at, time.monotonic(), repeated=attempt.unclear)
            self._finish()
            return
        unclear = attempt.unclear or status == 0 or status >= 500
        with self._ledger.lock:
            self._ledger.troubles[answer] += 1
        delay = dialect.retry_delay(attempt.number, Random(f"{delivery.number}/{attempt.number}"))  # noqa: S311 - it must repeat itself
        if delay is None:
            self._ledger.give_up(delivery, unclear=unclear)
            self._finish()
            return
        again = Attempt(delivery, attempt.number + 1, unclear)
        with self._lock:
            heappush(self._later, (time.monotonic() + delay / self._retry_speed, next(self._turns), again))

    def _finish(self) -> None:
        with self._lock:
            self._unfinished -= 1


class Bar:
    """How far it is: a line that renews itself on a terminal, a line now and then elsewhere."""

    def __init__(self, total: int, ledger: Ledger) -> None:
        self._total = total
        self._ledger = ledger
        self._began = time.monotonic()
        self._shown = 0.0
        self._is_terminal = sys.stdout.isatty()

    def show(self, behind: float) -> None:
        """`behind` is how many seconds later than due the last webhook was sent."""
        moment = time.monotonic()
        if moment - self._shown >= (0.2 if self._is_terminal else QUIET_SECONDS):
            self._shown = moment
            self._print(behind)

    def end(self) -> None:
        self._print(0.0)
        if self._is_terminal:
            print()

    def _print(self, behind: float) -> None:
        done = self._ledger.acknowledged + self._ledger.given_up
        share = done / self._total if self._total else 1.0
        rate = done / max(time.monotonic() - self._began, 0.001)
        line = (
            f"Sending {'#' * round(share * 20):·<20} {done} of {self._total} webhooks, {rate:.0f}/s,"
            f" {sum(self._ledger.troubles.values())} errors" + (f", {behind:.0f} s behind" if behind >= 1 else "")
        )
        print(f"\r\033[K{line}" if self._is_terminal else line, end="" if self._is_terminal else "\n", flush=True)
