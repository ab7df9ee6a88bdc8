"""A batch of webhooks becomes presence: every one of them ends applied or parked, or comes again.

The events of the batch are merged per member before anything is written, so that a member costs one write. What
fails fails only the webhooks that carry it; they are applied again as a whole, which changes nothing twice.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import batched
from typing import NamedTuple, Protocol

from rollcall.converge import Registers, converge
from rollcall.each import Each
from rollcall.envelope import open_envelope
from rollcall.errors import Hopeless, Unavailable
from rollcall.events import Kind, PresenceEvent
from rollcall.intake import StoredSecrets, interpret
from rollcall.keys import ChannelKey, MemberKey, event_channel, event_member
from rollcall.merge import Channel, Member, channel_evidence, member_evidence

# Events. Merging gains little beyond, and what is applied stays so: large bodies that come in one batch must not all
# begin again because the time was over for the last of them.
APPLIED_TOGETHER = 2_000
LOGGED_TOGETHER = 25  # events; DynamoDB takes as many in a request, and what fails together comes again together


class Delivery(NamedTuple):
    """A message from the queue."""

    message_id: str
    body: str


@dataclass(slots=True)
class Outcome:
    """What became of a batch: the deliveries to `retry` (by message id), those `parked`, and figures.

    `hopeless` are those that no retry can help with: they are parked once all the rest of them is applied.
    """

    retry: set[str] = field(default_factory=set)
    hopeless: dict[str, Hopeless] = field(default_factory=dict)
    parked: list[tuple[str, Hopeless]] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    events: Counter[Kind] = field(default_factory=Counter)
    clock_ahead: int = 0
    may_have_lost_events: int = 0


class Task(NamedTuple):
    """Something to write, and the deliveries that must come again if it cannot be written."""

    write: Callable[[], object]
    carriers: frozenset[str]


class Log(Protocol):
    def write(self, events: Iterable[PresenceEvent]) -> None: ...


class Directory(Protocol):
    def ensure(self, channel: ChannelKey) -> None: ...


class Parking(Protocol):
    def park(self, message: str, trouble: Hopeless) -> None: ...


@dataclass(frozen=True)
class Consumer:
    """The way of a batch, from messages to tables. `is_late` says that no new write may be begun any more."""

    secrets: StoredSecrets
    members: Registers[MemberKey, Member]
    channels: Registers[ChannelKey, Channel]
    directory: Directory
    log: Log
    parking: Parking
    each: Each = map

    def consume(self, deliveries: Iterable[Delivery], is_late: Callable[[], bool]) -> Outcome:
        outcome = Outcome()
        batch = _Batch()
        for delivery in deliveries:
            if is_late():
                _fail(outcome, {delivery.message_id}, Unavailable("The function's time was over before this was read."))
                continue
            self._read(delivery, batch, outcome)
            if len(batch.logged) >= APPLIED_TOGETHER:
                self._apply(batch, outcome, is_late)
                batch = _Batch()
        self._apply(batch, outcome, is_late)
        return outcome

    def _read(self, delivery: Delivery, batch: "_Batch", outcome: Outcome) -> None:
        batch.deliveries.append(delivery)
        try:
            interpretation = interpret(open_envelope(delivery.body), self.secrets)
        except Exception as error:  # noqa: BLE001  a fault in one dialect must not hold up everybody else's webhooks
            _fail(outcome, {delivery.message_id}, error)
            return
        for event in interpretation.events:
            batch.add(event, delivery.message_id)
            outcome.events[event.kind] += 1
            outcome.clock_ahead += event.clock_ahead
        if interpretation.trouble:
            _fail(outcome, {delivery.message_id}, interpretation.trouble)
        outcome.may_have_lost_events += interpretation.may_have_lost_events

    def _apply(self, batch: "_Batch", outcome: Outcome, is_late: Callable[[], bool]) -> None:
        # The directory goes first: a channel that is occupied but not listed would not be found.
        unlisted = self._do(outcome, is_late, self._directory_tasks(batch))
        presence = self._presence_tasks(batch)
        for key in [key for key in presence if _channel(key) in unlisted]:
            _fail(outcome, presence.pop(key).carriers, unlisted[_channel(key)])
        self._do(outcome, is_late, presence)
        self._do(outcome, is_late, self._log_tasks(batch))
        for delivery in batch.deliveries:
            trouble = outcome.hopeless.get(delivery.message_id)
            if trouble and delivery.message_id not in outcome.retry:
                self._park(delivery, trouble, outcome)

    def _park(self, delivery: Delivery, trouble: Hopeless, outcome: Outcome) -> None:
        try:
            self.parking.park(delivery.body, trouble)
        except Unavailable as error:
            _fail(outcome, {delivery.message_id}, error)
        else:
            outcome.parked.append((delivery.message_id, trouble))

    def _do[Key](self, outcome: Outcome, is_late: Callable[[], bool], tasks: dict[Key, Task]) -> dict[Key, Exception]:
        """Carry out tasks, several at once; return why those failed that did."""
        errors = self.each(partial(_attempt, is_late), tasks.values())
        failed = {key: error for key, error in zip(tasks, errors, strict=True) if error is not None}
        for key, error in failed.items():
            _fail(outcome, tasks[key].carriers, error)
        return failed

    def _directory_tasks(self, batch: "_Batch") -> dict[ChannelKey, Task]:
        return {
            key: Task(partial(self.directory.ensure, key), frozenset(carriers))
            for key, carriers in batch.touched.items()
        }

    def _presence_tasks(self, batch: "_Batch") -> dict[MemberKey | ChannelKey, Task]:
        return {
            **{
                key: Task(partial(converge, self.members, key, member), frozenset(batch.carriers[key]))
                for key, member in batch.members.items()
            },
            **{
                key: Task(partial(converge, self.channels, key, channel), frozenset(batch.carriers[key]))
                for key, channel in batch.channels.items()
            },
        }

    def _log_tasks(self, batch: "_Batch") -> dict[int, Task]:
        return {
            number: Task(
                partial(self.log.write, [event for event, _ in logged]),
                frozenset(message_id for _, message_id in logged),
            )
            for number, logged in enumerate(batched(batch.logged, LOGGED_TOGETHER, strict=False))
        }


class _Batch:
    """The events of deliveries that are applied together, merged, and which deliveries carry what."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.members: dict[MemberKey, Member] = {}
        self.channels: dict[ChannelKey, Channel] = {}
        self.carriers: dict[MemberKey | ChannelKey, set[str]] = defaultdict(set)
        self.touched: dict[ChannelKey, set[str]] = defaultdict(set)
        self.logged: list[tuple[PresenceEvent, str]] = []

    def add(self, event: PresenceEvent, message_id: str) -> None:
        self.logged.append((event, message_id))
        channel = event_channel(event)
        of_member, of_channel = member_evidence(event), channel_evidence(event)
        if of_member:
            member = event_member(event)
            self.members[member] = self.members.get(member, Member()).merge(of_member)
            self.carriers[member].add(message_id)
        if of_channel:
            self.channels[channel] = self.channels.get(channel, Channel()).merge(of_channel)
            self.carriers[channel].add(message_id)
        if of_member or of_channel:
            self.touched[channel].add(message_id)


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
        outcome.retry.update(carriers)
        outcome.errors.append(error)
