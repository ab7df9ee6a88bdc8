"""Audits while a run goes on, and once more until Rollcall is right or patience is over."""

import time
from dataclasses import dataclass, field
from threading import Event, Thread

from tools.simulator.audit import Auditor, Findings
from tools.simulator.ghosts import GhostLives
from tools.simulator.ledger import Ledger
from tools.simulator.pace import Pace
from tools.simulator.simulation import App
from tools.trouble import Trouble

PAUSE = 1.0  # seconds, between two looks at a Rollcall that is not right yet


@dataclass
class Watch:
    """`during` are the audits of the run: what is wrong in them may only be on its way."""

    auditor: Auditor
    ledger: Ledger
    pace: Pace
    every: float  # seconds; 0 for never
    during: list[Findings] = field(default_factory=list)
    ghosts: GhostLives = field(default_factory=GhostLives)
    _stopped: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def start(self) -> None:
        if self.every:
            self._thread = Thread(target=self._work, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread:
            self._thread.join()

    def at_rest(self, patience: float) -> Findings:
        """The last audit: what is wrong in it stays wrong. Raises `Trouble` if the read API cannot be asked."""
        deadline = time.monotonic() + patience
        while (findings := self._audit()).wrong and time.monotonic() < deadline:
            time.sleep(PAUSE)
        return findings

    def _work(self) -> None:
        while not self._stopped.wait(self.every):
            try:
                self.during.append(self._audit())
            except Trouble:
                continue  # faults may be part of a run; the audit at the end fails on them

    def _audit(self) -> Findings:
        findings = self.auditor.audit()
        with self.ledger.lock:
            truth = self.ledger.simulation.truth
            gone = [
                ((place, user), truth[App(place.provider, place.source)].gone.get((place.channel, user)))
                for place, user in findings.untrue
            ]
        self.ghosts.note(findings.at, [(who, round(self.pace.ours(at))) for who, at in gone if at is not None])
        return findings
