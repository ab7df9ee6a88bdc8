"""A batch of webhooks becomes presence: every one of them ends applied or parked, or comes again.

The events of the batch are merged per member before anything is written, so that a member costs one write. What
fails fails only the webhooks that carry it; they are applied again as a whole, which changes nothing twice.

Nor does a webhook that takes long hold up the others: whatever is large, or has come before, is read only after all the
rest is written.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import batched, groupby
from operator import attrgetter
from typing import NamedTuple, Protocol

from rollcall.batch import Batch
from rollcall.bounds import require_few, require_within
from rollcall.converge import Registers
from rollcall.each import Each
from rollcall.envelope import Envelope, is_heavy, open_envelope
from rollcall.errors import Hopeless, Unavailable
from rollcall.events import Kind, PresenceEvent
from rollcall.intake import Interpretation, StoredSecrets, interpret
from rollcall.keys import ChannelKey, MemberKey, SourceKey
from rollcall.merge import Channel, Member
from rollcall.tally import APPLIED, RETRIED, Account, Tally, tally_of

# Events. Merging gains little beyond, and what is applied stays so: large bodies that come in one batch must not all
# begin again because the time was over for the last of them.
APPLIED_TOGETHER = 2_000
LOGGED_TOGETHER = 25  # events; DynamoDB takes as many in a request, and what fails together comes again together


class Delivery(NamedTuple):
    """A message from the queue; `is_first` is false of one that has come before."""

    message_id: str
    body: str
    is_first: bool = True

    @property
    def doubts(self) -> tuple[bool, bool]:
        """How much time it may cost those that come with it: the more, the later is its turn.

        What has come before has failed before, and a large body takes seconds.
        """
        return not self.is_first, is_heavy(self.body)


@dataclass(slots=True)
class Outcome:
    """What became of a batch: the deliveries to `retry` (by message id), those `parked`, and figures.

    `hopeless` are those that no retry can help with: they are parked once all the rest of them is applied. `failures`
    has the deliveries that each error brings back, `accounts` those whose envelope could be read, and `uncounted` why
    figures could not be written.
    """

    retry: set[str] = field(default_factory=set)
    hopeless: dict[str, Hopeless] = field(default_factory=dict)
    parked: dict[str, Hopeless] = field(default_factory=dict)
    failures: list[tuple[Exception, frozenset[str]]] = field(default_factory=list)
    events: Counter[Kind] = field(default_factory=Counter)
    clock_ahead: int = 0
    may_have_lost_events: int = 0
    accounts: dict[str, Account] = field(default_factory=dict)
    tallies: dict[SourceKey, Tally] = field(default_factory=dict)
    uncounted: list[Exception] = field(default_factory=list)

    @property
    def errors(self) -> list[Exception]:
        return [error for error, _ in self.failures]

    def correlation_id(self, message_id: str) -> str | None:
        """What ingest answered to the provider; `None` where the envelope could not be read."""
        return self.accounts[message_id].request_id if message_id in self.accounts else None

    def correlation_ids(self, message_ids: Iterable[str]) -> list[str]:
        """Those of some deliveries, as far as their envelopes could be read."""
        return sorted(self.accounts[each].request_id for each in message_ids if each in self.accounts)


class Task(NamedTuple):
    """Something to write, and the deliveries that must come again if it cannot be written."""

    write: Callable[[], object]
    carriers: frozenset[str]


class Interpret(Protocol):
    """`intake.interpret`, wherever it runs."""

    def __call__(self, envelope: Envelope, stored_secrets: StoredSecrets, /) -> Interpretation: ...


class Receipts(Protocol):
    def date(self, envelope: Envelope, events: Iterable[PresenceEvent]) -> list[PresenceEvent]: ...


class Log(Protocol):
    def write(self, events: Iterable[PresenceEvent]) -> None: ...


class Directory(Protocol):
    def ensure(self, channel: ChannelKey) -> None: ...


class Parking(Protocol):
    def park(self, message: str, trouble: Hopeless) -> None: ...


class Figures(Protocol):
    def add(self, source: SourceKey, tally: Tally, now: int) -> None: ...


@dataclass(frozen=True)
class Consumer:
    """The way of a batch, from messages to tables. `is_late` says that no new write may be begun any more.

    `now` gives Unix milliseconds.
    """

    secrets: StoredSecrets
    receipts: Receipts
    members: Registers[MemberKey, Member]
    channels: Registers[ChannelKey, Channel]
    directory: Directory
    log: Log
    parking: Parking
    figures: Figures
    now: Callable[[], int]
    each: Each = map
    interpret: Interpret = interpret

    def consume(self, deliveries: Iterable[Delivery], is_late: Callable[[], bool]) -> Outcome:
        outcome = Outcome()
        in_turn = sorted(deliveries, key=lambda delivery: (delivery.doubts, len(delivery.body)))
        for _, alike in groupby(in_turn, key=attrgetter("doubts")):
            self._consume(alike, outcome, is_late)
        self._count(outcome, is_late)
        return outcome

    def _consume(self, deliveries: Iterable[Delivery], outcome: Outcome, is_late: Callable[[], bool]) -> None:
        batch, read = Batch(), list[Delivery]()
        for delivery in deliveries:
            if is_late():
                _fail(outcome, {delivery.message_id}, Unavailable("The function's time was over before this was read."))
                continue
            self._read(delivery, batch, outcome)
            read.append(delivery)
            if len(batch.logged) >= APPLIED_TOGETHER:
                self._apply(batch, read, outcome, is_late)
                batch, read = Batch(), []
        self._apply(batch, read, outcome, is_late)

    def _read(self, delivery: Delivery, batch: Batch, outcome: Outcome) -> None:
        try:
            envelope = open_envelope(delivery.body)
            source = SourceKey(envelope.provider, envelope.source)
            account = Account(source, envelope.request_id, envelope.received_at, delivery.is_first)
            # The queue may deliver a message twice even in one batch.
            account = outcome.accounts.setdefault(delivery.message_id, account)
            require_within(envelope.body, envelope.headers)
            interpretation = self.interpret(envelope, self.secrets)
            require_few(interpretation.events)
            events = self.receipts.date(envelope, interpretation.events)
        except Exception as error:  # noqa: BLE001  a fault in one dialect must not hold up everybody else's webhooks
            _fail(outcome, {delivery.message_id}, error)
            return
        account.not_understood += interpretation.not_understood
        account.may_have_lost_events |= interpretation.may_have_lost_events
        for event in events:
            batch.add(event, delivery.message_id)
            account.hear(event)
            outcome.events[event.kind] += 1
            outcome.clock_ahead += event.clock_ahead
        if interpretation.trouble:
            _fail(outcome, {delivery.message_id}, interpretation.trouble)
        outcome.may_have_lost_events += interpretation.may_have_lost_events

    def _apply(
        self, batch: Batch, deliveries: Iterable[Delivery], outcome: Outcome, is_late: Callable[[], bool]
    ) -> None:
        # The directory goes first: a channel that is occupied but not listed would not be found.
        unlisted = self._do(outcome, is_late, self._directory_tasks(batch))
        presence = self._presence_tasks(batch)
        for key in [key for key in presence if _channel(key) in unlisted]:
            _fail(outcome, presence.pop(key).carriers, unlisted[_channel(key)])
        self._do(outcome, is_late, presence)
        for message_id, repeated in batch.repeated().items():
            outcome.accounts[message_id].repeated += repeated
        self._do(outcome, is_late, self._log_tasks(batch))
        self._park(deliveries, outcome, is_late)

    def _park(self, deliveries: Iterable[Delivery], outcome: Outcome, is_late: Callable[[], bool]) -> None:
        tasks = {
            delivery.message_id: Task(
                partial(self.parking.park, delivery.body, outcome.hopeless[delivery.message_id]),
                frozenset({delivery.message_id}),
            )
            for delivery in deliveries
            if delivery.message_id in outcome.hopeless and delivery.message_id not in outcome.retry
        }
        left = self._do(outcome, is_late, tasks)
        outcome.parked |= {each: outcome.hopeless[each] for each in tasks if each not in left}

    def _count(self, outcome: Outcome, is_late: Callable[[], bool]) -> None:
        """Add to the figures; what cannot be written is forgotten, for no figure is worth applying a batch again."""
        now = self.now()
        for message_id, account in outcome.accounts.items():
            trouble = outcome.parked.get(message_id)
            became = RETRIED if message_id in outcome.retry else trouble.reason if trouble else APPLIED
            tally = tally_of(account, became, str(trouble or ""), now)
            outcome.tallies[account.source] = outcome.tallies.get(account.source, Tally()).merge(tally)
        tasks = [
            Task(partial(self.figures.add, source, tally, now), frozenset())
            for source, tally in outcome.tallies.items()
        ]
        outcome.uncounted = [error for error in self.each(partial(_attempt, is_late), tasks) if error is not None]

    def _do[Key](self, outcome: Outcome, is_late: Callable[[], bool], tasks: dict[Key, Task]) -> dict[Key, Exception]:
        """Carry out tasks, several at once; return why those failed that did."""
        errors = self.each(partial(_attempt, is_late), tasks.values())
        failed = {key: error for key, error in zip(tasks, errors, strict=True) if error is not None}
        for key, error in failed.items():
            _fail(outcome, tasks[key].carriers, error)
        return failed

    def _directory_tasks(self, batch: Batch) -> dict[ChannelKey, Task]:
        return {
            key: Task(partial(self.directory.ensure, key), frozenset(carriers))
            for key, carriers in batch.touched.items()
        }

    def _presence_tasks(self, batch: Batch) -> dict[MemberKey | ChannelKey, Task]:
        return {
            **{
                key: Task(partial(batch.bring_into, self.members, key, member), frozenset(batch.carriers[key]))
                for key, member in batch.members.items()
            },
            **{
                key: Task(partial(batch.bring_into, self.channels, key, channel), frozenset(batch.carriers[key]))
                for key, channel in batch.channels.items()
            },
        }

    def _log_tasks(self, batch: Batch) -> dict[int, Task]:
        return {
            number: Task(
                partial(self.log.write, [event for event, _ in logged]),
                frozenset(message_id for _, message_id in logged),
            )
            for number, logged in enumerate(batched(batch.logged, LOGGED_TOGETHER, strict=False))
        }


def _channel(key: MemberKey | ChannelKey) -> ChannelKey:
    return key.channel if isinstance(key, MemberKey) else key


def _attempt(is_late: Callable[[], bool], task: Task) -> Exception | None:
    if is_late():
        return Unavailable("The function's time was over before this was written.")
    try:
        task.write()
    except Exception as error:  # noqa: BLE001  one record's trouble must not fail the whole batch
        return error
    return None


def _fail(outcome: Outcome, carriers: Iterable[str], error: Exception) -> None:
    if isinstance(error, Hopeless):
        outcome.hopeless.update(dict.fromkeys(carriers, error))
    else:
        outcome.failures.append((error, frozenset(carriers)))
        outcome.retry.update(outcome.failures[-1][1])
