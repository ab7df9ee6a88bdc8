"""One seed's run: a world of many hours, told to Rollcall while everything fails, and compared again and again."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from rollcall.keys import channel_of
from rollcall.trimming import Trimmed
from tools.proof.machine import Machine
from tools.proof.verdict import divergences
from tools.simulator import Delivery, Knobs, PerfectReceiver, run

START = 1_754_042_400_000  # Unix milliseconds; a whole second, so that runs differ in their seed alone
LEASE_MINUTES = 240  # shorter than by default, so that in a run of hours many leases end
_LEASE = LEASE_MINUTES * 60_000
_COMPARED_EVERY = 20_000  # events; each comparison asks for every channel
_REDRIVES = 10  # of what fails every time while everything fails; each leaves only some
_LOOKS = 4  # comparisons while leases end, and then starts of the trimmer until nothing can be due any more
_SETTLES_AFTER = 241 * 60_000  # milliseconds between those; longer than a lease, so that each looks into every channel


@dataclass
class Result:
    """What one seed's run came to; `wrong` counts divergences from the perfect receiver by what was wrong."""

    seed: int
    events: int = 0
    webhooks: int = 0
    calls: int = 0
    failed: int = 0
    redriven: int = 0
    comparisons: int = 0
    seconds: float = 0.0
    wrong: Counter[str] = field(default_factory=Counter)


def prove(seed: int, events: int, share: float, told: Callable[[int], object] = lambda _events: None) -> Result:
    """`told` hears now and then how many events have been told."""
    began = monotonic()
    knobs = Knobs(
        seed=seed,
        events=events,
        rate=5.0,  # a second, over all sources: a hundred thousand events last longer than a lease
        channels=200,  # per source, and more than its users fill: channels empty and fill all the time
        duplication=0.2,
        late=1.0,
        window=3600.0,  # seconds: every webhook is up to an hour late
        lost_leaves=0.05,
    )
    secrets = {"tokens": [{"key": knobs.pusher_key, "secret": knobs.pusher_secret}]}
    trial = _Trial(Machine(seed, START, lease_minutes=LEASE_MINUTES, share=share, secrets=secrets), Result(seed))
    due = _COMPARED_EVERY
    for delivery in run(knobs, START):
        trial.deliver(delivery)
        if trial.result.events >= due:
            due += _COMPARED_EVERY
            trial.machine.work_off()
            trial.redrive()
            trial.compare()
            told(trial.result.events)
    trial.end()
    trial.result.seconds = monotonic() - began
    return trial.result


@dataclass
class _Trial:
    machine: Machine
    result: Result
    receiver: PerfectReceiver = field(default_factory=PerfectReceiver)
    distinct: set[int] = field(default_factory=set)  # of the events, by what tells them apart; numbers, to save memory

    def deliver(self, delivery: Delivery) -> None:
        self.machine.now = delivery.received_at
        self.machine.ingest(delivery)
        self.receiver.receive(delivery)
        self.result.webhooks += 1
        self.result.events += len(delivery.events)
        for event in delivery.events:
            told_apart = event._replace(position=0) if event.event_id else event
            self.distinct.add(hash((delivery.provider, delivery.source, told_apart)))
        self.machine.tick()
        self.machine.work()

    def redrive(self) -> None:
        for _ in range(_REDRIVES):
            self.result.redriven += (parked := self.machine.redrive())
            self.machine.work_off()
            if not parked:
                return

    def compare(self) -> None:
        wrong = divergences(self.machine.reading(), self.receiver, self.machine.now, _LEASE)
        self.result.comparisons += 1
        self.result.wrong.update(wrong)

    def end(self) -> None:
        """Nothing fails any more; then the trimmer stands still until all leases have ended, and runs again."""
        faults = self.machine.faults
        self.result.calls, self.result.failed = faults.calls, faults.struck.total()
        faults.cease()
        self.machine.work_off()
        self.redrive()
        self.compare()
        ends = {
            (*place, user, stay.last_seen + _LEASE)
            for place in self.receiver.places()
            for user, stay in self.receiver.members(*place, self.machine.now, _LEASE).items()
        }
        for _ in range(_LOOKS):
            self.machine.now += _LEASE // _LOOKS
            self.compare()
        for _ in range(_LOOKS):
            self.machine.now += _SETTLES_AFTER
            self.machine.trim(Trimmed.MEMBERS)
        self.compare()
        left = self.machine.leftovers()
        self.result.wrong.update(+Counter({"left in the index": left.indexed, "left in the directory": left.listed}))
        self._check_log(ends)

    def _check_log(self, ends: set[tuple[str, str, str, str, int]]) -> None:
        logged: Counter[str] = Counter()
        for item in self.machine.log():
            ended = item.get("reason", {}).get("S") == "lease_expired"
            logged["ends" if ended else "events"] += 1
            if ended:
                ends.discard((*channel_of(item["pk"]["S"]), item["user"]["S"], int(item["occurred_at"]["N"])))
        self.result.wrong.update(
            +Counter(
                {
                    "events logged too often or not at all": abs(logged["events"] - len(self.distinct)),
                    "ended leases that are not logged": len(ends),
                }
            )
        )
