"""Rollcall's functions as AWS runs them on a bad day: at once, twice, late, killed, and out of time."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from rollcall.consume import Consumer, Delivery
from rollcall.each import Each
from rollcall.errors import Unavailable
from rollcall.parking import Parking
from rollcall.presence_table import RetentionOf
from rollcall.trimming import Bookmark, Order, Report, Run, Trimmed
from tests.histories import stored_secrets
from tools.faulty_client import Crash, Faults, FaultyClient
from tools.own_rollcall import OwnRollcall

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_MOST_RECEIVES = 7  # then a message is parked; as template.yaml has it
_MOST_AT_ONCE = 4  # functions that run inside one another; more find nothing that two do not
_A_MOMENT = 1_000  # milliseconds, the most that pass within one run; the consumer's time-out is 90 s


class Turn(NamedTuple):
    """Whose turn it is, after so many milliseconds: the trimmer's, or the consumer's with so large a batch."""

    passes: int
    batch: int
    trims: bool = False


@dataclass
class MemorySqs:
    """A queue that only takes."""

    messages: list[str] = field(default_factory=list)

    def send_message(self, **request: Any) -> None:
        self.messages.append(request["MessageBody"])


@dataclass
class _Message:
    delivery: Delivery
    receives: int = 0


@dataclass
class Functions:
    """The consumer and the trimmer of members, on one clock, with clients that fail.

    `turns` says endlessly what runs next; a fault `MEANWHILE` gives the next turn away while a function still runs.
    """

    dynamodb: Any
    faults: Faults
    turns: Iterator[Turn]
    retention: RetentionOf
    time: int  # Unix milliseconds
    again_at_once: bool = False
    each: Each = map
    parked: MemorySqs = field(default_factory=MemorySqs)
    waiting: deque[_Message] = field(default_factory=deque)
    given_up: list[Delivery] = field(default_factory=list)  # parked by SQS, after too many receives
    _warm: list[Consumer] = field(default_factory=list)
    _running: int = 0

    def __post_init__(self) -> None:
        self.faults.meanwhile = self._next_turn
        self.rollcall = OwnRollcall(
            FaultyClient(self.dynamodb, self.faults).as_boto3,
            lambda: self.time,
            retention=self.retention,
            secrets=stored_secrets,
            parking=Parking(cast("SQSClient", FaultyClient(self.parked, self.faults)), "parked"),
            each=self.each,
            sleep=lambda _seconds: None,
        )

    def deliver(self, deliveries: Iterable[Delivery]) -> None:
        """Run until every message was acknowledged, or given up."""
        self.waiting.extend(map(_Message, deliveries))
        while self.waiting:
            self._next_turn()

    def recover(self) -> None:
        """From now on nothing fails any more, and what was given up is delivered again."""
        self.faults.cease()
        given_up, self.given_up = self.given_up, []
        self.deliver(given_up)

    def trim(self) -> None:
        """One run of the trimmer, as its function has it."""
        bookmark = Bookmark(self.rollcall.client, self.rollcall.presence_table)
        kind = Trimmed.MEMBERS
        with suppress(Unavailable), self._run():
            report = Report(Order(kind=kind))
            end = self.rollcall.trimmer(kind).run(report, bookmark.read(kind).position, self._is_late)
            bookmark.write(kind, end, Run(self.time, report.complete))

    def _next_turn(self) -> None:
        if self._running >= _MOST_AT_ONCE:
            return
        turn = next(self.turns)
        self.time += min(turn.passes, _A_MOMENT) if self._running else turn.passes
        if turn.trims:
            self.trim()
        else:
            self._consume(turn.batch)

    def _consume(self, size: int) -> None:
        batch = [self.waiting.popleft() for _ in range(min(size, len(self.waiting)))]
        again = batch  # unless the consumer lives to tell
        with self._run():
            consumer = self._warm.pop() if self._warm else self.rollcall.consumer()
            outcome = consumer.consume([message.delivery for message in batch], self._is_late)
            for error in outcome.errors:
                if not isinstance(error, Unavailable):
                    raise error  # a fault of Rollcall's own, which would come again for ever
            self._warm.append(consumer)
            again = [message for message in batch if message.delivery.message_id in outcome.retry]
        for message in again:
            message.receives += 1
        self.given_up += [message.delivery for message in again if message.receives >= _MOST_RECEIVES]
        left = [message for message in again if message.receives < _MOST_RECEIVES]
        if self.again_at_once:
            self.waiting.extendleft(reversed(left))
        else:
            self.waiting.extend(left)

    def _is_late(self) -> bool:
        return self.faults.time_is_over

    def _run(self) -> "_Run":
        return _Run(self)


@dataclass
class _Run:
    """One run of a function, which may be killed; it has time of its own."""

    functions: Functions
    _time_was_over: bool = False

    def __enter__(self) -> None:
        self.functions._running += 1
        self._time_was_over, self.functions.faults.time_is_over = self.functions.faults.time_is_over, False

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        self.functions._running -= 1
        self.functions.faults.time_is_over = self._time_was_over
        return kind is not None and issubclass(kind, Crash)


def backwards[T, R](function: Callable[[T], R], things: Iterable[T], /) -> Iterator[R]:
    """The writes of a batch may be done in any order."""
    return reversed([function(thing) for thing in reversed(list(things))])
