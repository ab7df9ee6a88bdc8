"""How long it takes from an event, and from its acknowledgement, until the read API tells the right answer."""

import time
from dataclasses import dataclass, field
from threading import Event, Thread

from tools.simulator.ledger import Ledger, Turn
from tools.simulator.pace import Pace, now
from tools.simulator.questions import Questions
from tools.trouble import Trouble

GIVES_UP_AFTER = 60.0  # seconds; far more than any answer should take
PAUSE = 0.05  # seconds between two questions
EVERY = 0.5  # seconds from one probe to the next, so that asking does not slow down what it measures


@dataclass
class Probes:
    """Takes one turn after another from the stream, and asks for its member until the answer is right."""

    ledger: Ledger
    questions: Questions
    pace: Pace
    since_event: list[float] = field(default_factory=list)  # seconds
    since_acknowledged: list[float] = field(default_factory=list)  # seconds
    never: int = 0  # not right in time
    _turn: Turn | None = None
    _taken: Event = field(default_factory=Event)
    _stopped: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def start(self) -> None:
        self._thread = Thread(target=self._work, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._taken.set()
        if self._thread:
            self._thread.join()

    def _work(self) -> None:
        while not self._stopped.wait(EVERY):
            self._taken.clear()
            with self.ledger.lock:
                self.ledger.listener = self._take
            self._taken.wait()
            if self._turn and not self._stopped.is_set():
                self._follow(self._turn)

    def _take(self, turn: Turn) -> None:
        self._turn = turn
        self._taken.set()

    def _follow(self, turn: Turn) -> None:
        while time.monotonic() - turn.acknowledged_at < GIVES_UP_AFTER:
            with self.ledger.lock:
                known = self.ledger.receiver.member(turn.place, turn.user, now(), self.ledger.lease)
            if known != turn.stay or self._stopped.is_set():
                return  # overtaken by another event
            try:
                told = self.questions.members(turn.place)[0].get(turn.user)
            except Trouble:
                continue  # faults may be part of a run; the audit at the end fails on them
            if told == turn.stay:
                self.since_acknowledged.append(time.monotonic() - turn.acknowledged_at)
                self.since_event.append((now() - self.pace.ours(turn.occurred_at)) / 1000)
                return
            time.sleep(PAUSE)
        self.never += 1


def percentile(values: list[float], share: float) -> float | None:
    """The smallest value that at least so large a share does not exceed."""
    if not values:
        return None
    ranked = sorted(values)
    return ranked[max(0, -(-round(share * 1000) * len(ranked) // 1000) - 1)]
