"""The world around the consumer: tables in memory, what goes wrong, and a queue as bad as queues may be."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from itertools import cycle

from rollcall.consume import Consumer, Delivery, Directory, Log, Parking
from rollcall.converge import Registers, converge
from rollcall.envelope import Envelope
from rollcall.errors import Hopeless, Unavailable
from rollcall.event_log import sort_key
from rollcall.events import PresenceEvent
from rollcall.keys import ChannelKey, MemberKey, SourceKey, event_channel
from rollcall.merge import Channel, Member, stamps
from rollcall.tally import Tally
from tests.histories import START, Plan, Trouble, stored_secrets
from tools.faulty_client import Crash


@dataclass
class MemoryRegisters[Key, Evidence: (Member, Channel)]:
    nothing: Evidence
    records: dict[Key, Evidence] = field(default_factory=dict)

    def write_newer(self, key: Key, evidence: Evidence) -> Evidence | None:
        stored = self.records.get(key, self.nothing)
        if stamps(stored) and _oldest(evidence) <= _newest(stored):
            return stored
        spoken_of = {each.name: getattr(evidence, each.name) for each in fields(evidence)}
        changes = {name: value for name, value in spoken_of.items() if value is not None}
        self.records[key] = replace(stored, **changes)
        return None

    def replace(self, key: Key, stored: Evidence, merged: Evidence) -> Evidence | None:
        current = self.records.get(key, self.nothing)
        if current != stored:
            return current
        self.records[key] = merged
        return None


@dataclass
class MemoryLog:
    records: dict[tuple[ChannelKey, str], PresenceEvent] = field(default_factory=dict)

    def write(self, events: Iterable[PresenceEvent]) -> None:
        self.records |= {(event_channel(event), sort_key(event)): event for event in events}


@dataclass
class MemoryDirectory:
    listed: set[ChannelKey] = field(default_factory=set)

    def ensure(self, channel: ChannelKey) -> None:
        self.listed.add(channel)


class EachReceiptIsTheFirst:
    """Every body of a history tells its time."""

    def date(self, _envelope: Envelope, events: Iterable[PresenceEvent]) -> list[PresenceEvent]:
        return list(events)


@dataclass
class MemoryParking:
    parked: list[tuple[str, Hopeless]] = field(default_factory=list)

    def park(self, message: str, trouble: Hopeless) -> None:
        self.parked.append((message, trouble))


@dataclass
class MemoryFigures:
    added: list[tuple[SourceKey, Tally]] = field(default_factory=list)

    def add(self, source: SourceKey, tally: Tally, _now: int) -> None:
        self.added.append((source, tally))


# ---- What goes wrong -----------------------------------------------------------------------------------


@dataclass
class Troubles:
    """What happens at which write, counted over everything that is written."""

    at: Mapping[int, Trouble] = field(default_factory=dict)
    meanwhile: Callable[[], object] = lambda: None
    failed: list[object] = field(default_factory=list)
    time_is_over: bool = False
    _count: int = 0

    @contextmanager
    def around(self, what: object) -> Iterator[None]:
        """A write of `what`, and the trouble that is due."""
        trouble = self.at.get(self._count)
        self._count += 1
        if trouble is Trouble.MEANWHILE:
            self.meanwhile()
        self.time_is_over |= trouble is Trouble.TIME_OVER
        self._break(what, trouble, Trouble.CRASH_BEFORE, Trouble.FAIL_BEFORE)
        yield
        self._break(what, trouble, Trouble.CRASH_AFTER, Trouble.FAIL_AFTER)

    def _break(self, what: object, trouble: Trouble | None, crash: Trouble, failure: Trouble) -> None:
        if trouble is crash:
            raise Crash
        if trouble is failure:
            self.failed.append(what)
            raise Unavailable("Throttled, as the plan has it.")


@dataclass(frozen=True)
class TroubledRegisters[Key, Evidence]:
    inner: Registers[Key, Evidence]
    troubles: Troubles

    def write_newer(self, key: Key, evidence: Evidence) -> Evidence | None:
        with self.troubles.around(key):
            return self.inner.write_newer(key, evidence)

    def replace(self, key: Key, stored: Evidence, merged: Evidence) -> Evidence | None:
        with self.troubles.around(key):
            return self.inner.replace(key, stored, merged)


@dataclass(frozen=True)
class TroubledLog:
    inner: Log
    troubles: Troubles

    def write(self, events: Iterable[PresenceEvent]) -> None:
        events = list(events)
        half = len(events) // 2  # so that trouble may leave a part of them written
        for part in filter(None, (events[:half], events[half:])):
            with self.troubles.around(part):
                self.inner.write(part)


@dataclass(frozen=True)
class TroubledDirectory:
    inner: Directory
    troubles: Troubles

    def ensure(self, channel: ChannelKey) -> None:
        with self.troubles.around(("directory", channel)):
            self.inner.ensure(channel)


@dataclass(frozen=True)
class TroubledParking:
    inner: Parking
    troubles: Troubles

    def park(self, message: str, trouble: Hopeless) -> None:
        with self.troubles.around(("parking", message)):
            self.inner.park(message, trouble)


@dataclass
class Contended[Key, Evidence: (Member, Channel)]:
    """Registers to which a rival writes before each step, as long as there is one; `None` leaves a step alone."""

    inner: Registers[Key, Evidence]
    rivals: deque[Evidence | None]
    steps: list[str] = field(default_factory=list)

    def write_newer(self, key: Key, evidence: Evidence) -> Evidence | None:
        self._let_a_rival_write(key)
        self.steps.append("write_newer")
        return self.inner.write_newer(key, evidence)

    def replace(self, key: Key, stored: Evidence, merged: Evidence) -> Evidence | None:
        self._let_a_rival_write(key)
        self.steps.append("replace")
        return self.inner.replace(key, stored, merged)

    def _let_a_rival_write(self, key: Key) -> None:
        if self.rivals and (rival := self.rivals.popleft()) is not None:
            converge(self.inner, key, rival)


def contended[Key, Evidence: (Member, Channel)](
    registers: Registers[Key, Evidence], key: Key, own: Iterable[Evidence], rivals: Iterable[Evidence | None]
) -> None:
    """Write one's own evidence while rivals write theirs, each between two steps of ours."""
    contended = Contended(registers, deque(rivals))
    for evidence in own:
        converge(contended, key, evidence)
    for rival in filter(None, contended.rivals):  # who found no step to come before comes now
        converge(registers, key, rival)


# ---- Delivering ----------------------------------------------------------------------------------------


@dataclass
class World:
    """Tables in memory, and consumers that write to them."""

    members: MemoryRegisters[MemberKey, Member] = field(default_factory=lambda: MemoryRegisters(Member()))
    channels: MemoryRegisters[ChannelKey, Channel] = field(default_factory=lambda: MemoryRegisters(Channel()))
    directory: MemoryDirectory = field(default_factory=MemoryDirectory)
    log: MemoryLog = field(default_factory=MemoryLog)
    parking: MemoryParking = field(default_factory=MemoryParking)
    figures: MemoryFigures = field(default_factory=MemoryFigures)
    time: int = START

    def consumer(self) -> Consumer:
        return Consumer(
            stored_secrets,
            EachReceiptIsTheFirst(),
            self.members,
            self.channels,
            self.directory,
            self.log,
            self.parking,
            self.figures,
            now=lambda: self.time,
        )


def troubled(consumer: Consumer, troubles: Troubles, *, backwards: bool = False) -> Consumer:
    return replace(
        consumer,
        members=TroubledRegisters(consumer.members, troubles),
        channels=TroubledRegisters(consumer.channels, troubles),
        directory=TroubledDirectory(consumer.directory, troubles),
        log=TroubledLog(consumer.log, troubles),
        parking=TroubledParking(consumer.parking, troubles),
        each=_backwards if backwards else map,
    )


@dataclass
class Queue:
    """Delivers as the plan has it, until everything was acknowledged: at least once, and in no order to rely on."""

    waiting: deque[Delivery]
    plan: Plan
    after_each: Callable[[], object] = lambda: None

    def deliver(self, instance: Callable[[], Consumer]) -> None:
        """Deliver to consumers; `instance` makes one, as Lambda starts one after a crash or beside a busy one."""
        sizes = cycle(self.plan.batch_sizes)
        troubles = Troubles(self.plan.troubles, meanwhile=lambda: self._invoke(start(), next(sizes), troubles))

        def start() -> Consumer:
            return troubled(instance(), troubles, backwards=self.plan.backwards)

        warm = start()
        while self.waiting:
            if not self._invoke(warm, next(sizes), troubles):
                warm = start()

    def _invoke(self, consumer: Consumer, size: int, troubles: Troubles) -> bool:
        batch = [self.waiting.popleft() for _ in range(min(size, len(self.waiting)))]
        survived = True
        try:
            outcome = consumer.consume(batch, lambda: troubles.time_is_over)
            again = [delivery for delivery in batch if delivery.message_id in outcome.retry]
            for error in outcome.errors:
                if not isinstance(error, Unavailable):
                    raise error  # a fault, which would come again for ever
        except Crash:
            again = batch
            survived = False
        troubles.time_is_over = False
        if self.plan.again_at_once:
            self.waiting.extendleft(reversed(again))
        else:
            self.waiting.extend(again)
        self.after_each()
        return survived


def _backwards[T, R](function: Callable[[T], R], things: Iterable[T], /) -> Iterator[R]:
    return reversed([function(thing) for thing in reversed(list(things))])


def _oldest(evidence: Member | Channel) -> int:
    return min(stamp.occurred_at for stamp in stamps(evidence))


def _newest(evidence: Member | Channel) -> int:
    return max(stamp.occurred_at for stamp in stamps(evidence))


@dataclass
class Secrets:
    """Secrets Manager with one secret; `trouble` is what it answers instead."""

    value: str
    trouble: Exception | None = None
    asked: int = 0

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803, ARG002  as boto3 has it
        self.asked += 1
        if self.trouble:
            raise self.trouble
        return {"SecretString": self.value}
