"""Rollcall in one process, with all that AWS does around it: on a virtual clock, and with all that may go wrong."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from rollcall import settings
from rollcall.consume import Consumer, Delivery
from rollcall.envelope import Envelope, seal
from rollcall.errors import Unavailable
from rollcall.parking import Parking
from rollcall.reading import Reading
from rollcall.sources import RetentionOfSources, Sources
from rollcall.trimming import Bookmark, Order, Report, Run, Trimmed
from tools import simulator, template
from tools.faulty_client import Crash, Faults, FaultyClient, by_chance
from tools.own_rollcall import USUAL_RETENTION, OwnRollcall, tables_in_memory
from tools.proof.bad_queue import BadQueue
from tools.proof.memory_services import MemoryParameters, MemoryParked

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

_WORKERS = 3  # consumers that are warm at a time, and meet at the same members
_BATCHES = (1, 10, 100)  # messages; the largest as in the template
_RETRY_SECONDS = settings.seconds(template.environment("Consumer")["RETRY_SECONDS"])
_TRIMMED_EVERY = 5 * 60_000  # milliseconds; as in the template
_UNPUNCTUAL = 0.2  # share of the trimmer's starts that do not take place, and of those that take place twice


class Leftovers(NamedTuple):
    indexed: int
    listed: int


class Machine:
    """Whoever has it winds its clock, `now`, in Unix milliseconds. `share` of all calls to AWS fail."""

    def __init__(self, seed: int, start: int, *, lease_minutes: int, share: float, secrets: object) -> None:
        self.now = start
        self.memory = tables_in_memory()
        self._chance = Random(f"{seed}/machine")  # noqa: S311  it must repeat itself
        self.queue = BadQueue(self._chance, share)
        self.faults = Faults(by_chance(self._chance, share), meanwhile=self._meanwhile)
        self._busy: set[int] = set()
        self._parameters = MemoryParameters({"/rollcall/secrets/pusher": secrets})
        self._parked = MemoryParked(self.queue.parked)
        self._retention = USUAL_RETENTION.model_copy(update={"lease_minutes": lease_minutes})
        self._workers = [self._cold() for _ in range(_WORKERS)]
        self._trimmed_at = start

    def ingest(self, delivery: simulator.Delivery) -> None:
        """Queue a webhook as often as its provider must send it until it is acknowledged."""
        message = seal(
            Envelope(
                provider=delivery.provider,
                source=delivery.source,
                received_at=delivery.received_at,
                request_id=str(delivery.number),
                headers={name.lower(): value for name, value in delivery.headers.items()},
                body=delivery.body,
            )
        )
        queue = FaultyClient(self.queue, self.faults)
        while True:
            with suppress(Exception, Crash):
                queue.put(body=message, now=self.now)
                return

    def work(self, *, all_are_visible: bool = False) -> bool:
        """Let a consumer have a batch; `False` if there was none."""
        batch = self.queue.receive(self.now, self._chance.choice(_BATCHES), all_are_visible=all_are_visible)
        if not batch:
            return False
        number = self._chance.choice([free for free in range(_WORKERS) if free not in self._busy])
        was_over = self.faults.time_is_over
        self.faults.time_is_over = False
        self._busy.add(number)
        try:
            outcome = self._workers[number].consume(
                [Delivery(message.message_id, message.body) for message in batch], self._is_time_over
            )
        except Crash:
            self._workers[number] = self._cold()
            return True
        finally:
            self._busy.discard(number)
            self.faults.time_is_over = was_over
        for error in outcome.errors:
            if not isinstance(error, Unavailable):
                raise error  # a fault of Rollcall's own, which would come again for ever
        for message in batch:
            if message.message_id not in outcome.retry:
                self.queue.delete(message, self.now)
            elif not message.deleted and message.receives <= len(_RETRY_SECONDS):
                self.queue.hide(message, _RETRY_SECONDS[message.receives - 1], self.now)
        return True

    def work_off(self) -> None:
        """Let the consumers have everything, as if the visibility time-outs were over."""
        while self.work(all_are_visible=True):
            pass

    def redrive(self) -> int:
        """Put what is parked back into the queue; return how much it was."""
        parked = self.queue.parked.copy()
        self.queue.parked.clear()
        for message in parked:
            self.queue.put(message, self.now)
        return len(parked)

    def tick(self) -> None:
        """Start the trimmer if it is time to; not always, and sometimes twice."""
        if self.now - self._trimmed_at < _TRIMMED_EVERY:
            return
        self._trimmed_at = self.now
        self.memory.expire(self.now // 1000)
        for _ in range(self._chance.choices((0, 1, 2), (_UNPUNCTUAL, 1 - 2 * _UNPUNCTUAL, _UNPUNCTUAL))[0]):
            for kind in Trimmed:
                with suppress(Unavailable, Crash):
                    self.trim(kind)

    def trim(self, kind: Trimmed) -> Report:
        """One run, as the trimmer's function does it."""
        own = self._own()
        bookmark = Bookmark(own.client, own.presence_table)
        report = Report(Order(kind=kind))
        try:
            begin = bookmark.read(kind).position
            end = own.trimmer(kind).run(report, begin, self._is_time_over)
            bookmark.write(kind, end, Run(self.now, report.complete))
        finally:
            self.faults.time_is_over = False
        return report

    def leftovers(self) -> "Leftovers":
        """What the trimmer should have taken away once nobody is there."""
        indexed = self.memory.scan(TableName="Presence", IndexName="present")["Count"]
        listed = len(list(self._own(faulty=False).reader().listed("")))
        return Leftovers(indexed, listed)

    def log(self) -> Iterator[Mapping[str, Any]]:
        """All events in the log."""
        scan: dict[str, Any] = {"TableName": "Events"}
        while True:
            page = self.memory.scan(**scan)
            yield from (item for item in page["Items"] if "kind" in item)  # the others are the calendar
            if "LastEvaluatedKey" not in page:
                return
            scan["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def reading(self) -> Reading:
        """What the read API answers; here nothing fails."""
        return self._own(faulty=False).reading()

    def _is_time_over(self) -> bool:
        return self.faults.time_is_over

    def _meanwhile(self) -> None:
        if len(self._busy) < _WORKERS:
            self.work()

    def _cold(self) -> Consumer:
        return self._own().consumer()

    def _own(self, *, faulty: bool = True) -> OwnRollcall:
        faults = self.faults if faulty else Faults(lambda _call: None)
        parameters = cast("SSMClient", FaultyClient(self._parameters, faults))
        sources = Sources(parameters, "/rollcall", clock=lambda: self.now / 1000)
        return OwnRollcall(
            FaultyClient(self.memory, faults).as_boto3,
            self._clock,
            retention=RetentionOfSources(self._retention, sources),
            secrets=sources.secrets,
            parking=Parking(cast("SQSClient", FaultyClient(self._parked, faults)), "parked"),
            sleep=lambda _seconds: None,  # time here is the machine's own
        )

    @property
    def _clock(self) -> Callable[[], int]:
        return lambda: self.now
