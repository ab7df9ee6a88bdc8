"""What is metered: each scenario says what happens before, and what happens while the meter runs."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import NamedTuple

from rollcall.trimming import Trimmed
from tools.costs.questions import Question
from tools.costs.webhooks import Change, Webhook, of_pubnub, of_pusher

_MINUTE = 60_000  # milliseconds
_DAY = 24 * 60 * _MINUTE
# Messages that the consumer is given at most, and as the default is; a test compares both with the template.
FULL_BATCH = 100
USUAL_BATCH = 10
# The scenarios by which whole months are reckoned.
SPARSE = "single webhooks, sparse"
BY_TENS = "single webhooks, by tens"
_ROOM = 10  # members of an ordinary channel
_TOGETHER = 20  # events that come in one webhook of Pusher's
_LEASE = _DAY  # as the template has it; and so are the two below
_TOMBSTONES = 31 * _DAY  # after the last sign of a member, lease included
_EVENTS = 7 * _DAY


class Batch(NamedTuple):
    """Webhooks that the consumer is given at once."""

    webhooks: tuple[Webhook, ...]


class Trim(NamedTuple):
    """A start of the trimmer."""

    kind: Trimmed


type Step = Batch | Trim | Question


@dataclass(frozen=True)
class Scenario:
    """`counted` things, which `of` names, happen in `measured`; what happens `before` is not metered.

    `aim` is the most that a million of `aimed_at` should cost, in dollars.
    """

    name: str
    of: str
    counted: int
    measured: Sequence[Step]
    before: Sequence[Step] = ()
    log: bool = True
    aim: float | None = None
    aimed_at: str = "webhooks"

    @property
    def events(self) -> int:
        return sum(hook.events for step in self.measured if isinstance(step, Batch) for hook in step.webhooks)


def scenarios(now: int) -> list[Scenario]:
    """All of them; `now` is in Unix milliseconds, and nothing happens later."""
    return [scenario for make in _MAKERS for scenario in make(now)]


def nothing_to_trim(kind: Trimmed) -> str:
    """The name of the scenario in which the trimmer is started and the tables are empty."""
    return f"trim {kind.value}, none there"


def _single_webhooks(now: int) -> Iterator[Scenario]:
    """Joins and leaves of known members, each in its own webhook, no two of one member in a batch."""
    crowd = _crowd(FULL_BATCH)
    before = [_singles("join", crowd, now - 3 * _MINUTE)]
    full = [_singles("leave", crowd, now - 2 * _MINUTE), _singles("join", crowd, now - _MINUTE)]
    tens = [Batch(some) for batch in full for some in batched(batch.webhooks, USUAL_BATCH, strict=True)]
    sparse = [Batch((webhook,)) for batch in full for webhook in batch.webhooks[:_ROOM]]
    yield Scenario("single webhooks, no log", "webhooks", 200, full, before, log=False, aim=3.00)
    yield Scenario("single webhooks", "webhooks", 200, full, before, aim=3.65)
    yield Scenario(BY_TENS, "webhooks", 200, tens, before)
    yield Scenario("single webhooks, no log, sparse", "webhooks", 20, sparse, before, log=False)
    yield Scenario(SPARSE, "webhooks", 20, sparse, before)


def _first_joins(now: int) -> Iterator[Scenario]:
    """Members who were never seen: in channels that are known, and each in a channel of its own."""
    crowd = _crowd(FULL_BATCH)
    others = [change._replace(user=f"other-{change.user}") for change in crowd]
    before = [_singles("join", others, now - 2 * _MINUTE)]
    yield Scenario("first joins", "webhooks", 100, [_singles("join", crowd, now - _MINUTE)], before)
    apart = [Change("join", f"room-{n:03}", "ann") for n in range(FULL_BATCH)]
    yield Scenario("first joins, in new channels", "webhooks", 100, [_singles("join", apart, now - _MINUTE)])


def _pusher_batches(now: int) -> Iterator[Scenario]:
    """Twenty events of twenty known members in each webhook."""
    crowd = _crowd(FULL_BATCH * _TOGETHER)
    before = [_twenties("join", crowd, now - 2 * _MINUTE)]
    full = _twenties("leave", crowd, now - _MINUTE)
    sparse = [Batch((webhook,)) for webhook in full.webhooks[:_ROOM]]
    yield Scenario("Pusher batches of 20", "webhooks", 100, [full], before, aim=2.00, aimed_at="events")
    yield Scenario("Pusher batches of 20, sparse", "webhooks", 10, sparse, before)


def _churn(now: int) -> Iterator[Scenario]:
    """20 members who come and go five times in each batch, so that each ends it otherwise than it began."""
    crowd = _crowd(FULL_BATCH // 5)
    turns = [[change._replace(action=action) for change in crowd] for action in ("leave", "join") * 5]
    batches = [
        _batch([change for turn in some for change in turn], now - at * _MINUTE)
        for some, at in ((turns[:5], 2), (turns[5:], 1))
    ]
    yield Scenario(
        "churn, 5 webhooks of a member together", "webhooks", 200, batches, [_batch(crowd, now - 3 * _MINUTE)]
    )


def _duplicates(now: int) -> Iterator[Scenario]:
    """Webhooks that were applied before, in an earlier batch, and come again half a minute later."""
    joins = _singles("join", _crowd(FULL_BATCH), now - _MINUTE)
    again = Batch(tuple(join._replace(received_at=join.received_at + _MINUTE // 2) for join in joins.webhooks))
    yield Scenario("duplicates", "webhooks", 100, [again], [joins])


def _state_changes(now: int) -> Iterator[Scenario]:
    crowd = _crowd(FULL_BATCH)
    before = [_singles("join", crowd, now - 2 * _MINUTE)]
    yield Scenario("state changes", "webhooks", 100, [_singles("state-change", crowd, now - _MINUTE)], before)


def _trims(now: int) -> Iterator[Scenario]:
    """A hundred records, in ten channels, that are due by the template's retention; and nothing at all."""
    for kind in Trimmed:
        # The first run of all looks back for weeks; here it is one of those that follow.
        yield Scenario(nothing_to_trim(kind), "starts", 1, [Trim(kind)], [Trim(kind)])
    crowd = _crowd(100)
    ended = [_singles("join", crowd, now - _LEASE - _MINUTE)]
    yield Scenario("trim members, lease ended", "members", 100, [Trim(Trimmed.MEMBERS)], ended)
    gone = [_singles(action, crowd, now - _TOMBSTONES - _DAY) for action in ("join", "leave")]
    yield Scenario("trim tombstones that TTL left", "tombstones", 100, [Trim(Trimmed.TOMBSTONES)], gone)
    logged = [_singles("join", crowd, now - _EVENTS - _DAY)]
    yield Scenario("trim events that TTL left", "events", 100, [Trim(Trimmed.EVENTS)], logged)


def _reads(now: int) -> Iterator[Scenario]:
    """Each question ten times."""
    for members in (10, 100, 1000):
        crowd = [Change("join", "room", f"user-{n:04}") for n in range(members)]
        joins = _singles("join", crowd, now - _MINUTE)
        yield _asked(f"read {members} members of a channel", joins, "members", channel="room", limit=str(members))
        if members == 100:
            yield _asked("read 100 events of a channel", joins, "events", channel="room")
    yield _asked("read 10 channels of 10 members", _singles("join", _crowd(100), now - _MINUTE), "channels")
    visits = [Change("join", f"room-{n}", "ann") for n in range(3)]
    yield _asked("read the 3 channels of a user", _singles("join", visits, now - _MINUTE), "whereabouts", user="ann")


def _asked(name: str, before: Batch, about: str, **parameters: str) -> Scenario:
    return Scenario(name, "answers", 10, [Question(about, parameters)] * 10, [before])


_MAKERS: tuple[Callable[[int], Iterator[Scenario]], ...] = (
    _single_webhooks,
    _first_joins,
    _pusher_batches,
    _churn,
    _duplicates,
    _state_changes,
    _trims,
    _reads,
)


def _crowd(members: int) -> list[Change]:
    return [Change("join", f"room-{n // _ROOM:03}", f"user-{n:04}") for n in range(members)]


def _singles(action: str, crowd: Sequence[Change], begin: int) -> Batch:
    """All do the same, each told in a webhook of its own, a millisecond after the other."""
    return _batch([change._replace(action=action) for change in crowd], begin)


def _batch(changes: Sequence[Change], begin: int) -> Batch:
    return Batch(tuple(of_pubnub(change, begin + n) for n, change in enumerate(changes)))


def _twenties(action: str, crowd: Sequence[Change], begin: int) -> Batch:
    changes = [change._replace(action=action) for change in crowd]
    return Batch(tuple(of_pusher(some, begin + n) for n, some in enumerate(batched(changes, _TOGETHER, strict=False))))
