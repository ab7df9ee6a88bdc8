"""What became of webhooks, counted per source: for people who watch the intake. Nothing is decided by it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from rollcall.events import PresenceEvent
from rollcall.keys import SourceKey

APPLIED = "applied"
RETRIED = "retried"
PARKED = "parked_"  # with the reason, the name of a count

MOST_KINDS = 10  # names of what is not understood; figures are for people to look at

_LATE = 60_000  # milliseconds from an event to its receipt; only a retry, or a provider in trouble, takes longer


@dataclass(slots=True)
class Account:
    """One delivery of a webhook, and what its events were; `received_at` is Unix milliseconds.

    `not_understood` counts by name what Rollcall does not know, of a webhook that it understands in part.
    `request_id` is what ingest answered to the provider. `is_first` is false of a delivery that has come again.
    """

    source: SourceKey
    request_id: str
    received_at: int
    is_first: bool
    events: int = 0
    late: int = 0
    repeated: int = 0
    not_understood: Counter[str] = field(default_factory=Counter)
    may_have_lost_events: bool = False

    def hear(self, event: PresenceEvent) -> None:
        self.events += 1
        self.late += event.received_at - event.occurred_at > _LATE


class Last(NamedTuple):
    """The webhook that was received last (Unix milliseconds): applied, retried, or the reason for which it was parked,
    and that in a sentence."""

    received_at: int
    outcome: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """The figures of one source, over some time.

    `counts` has received, applied, retried, parked_REASON and may_have_lost of webhooks, and events, late, repeated and
    not_understood of events. `unknown_kinds` names some of the latter: the first in the order of the alphabet.
    `longest_wait` is in milliseconds, from receipt until applied; `None` where nothing was applied.
    """

    counts: Counter[str] = field(default_factory=Counter)
    longest_wait: int | None = None
    last: Last | None = None
    unknown_kinds: frozenset[str] = frozenset()

    def merge(self, other: Self) -> Self:
        waits = [tally.longest_wait for tally in (self, other) if tally.longest_wait is not None]
        lasts = [tally.last for tally in (self, other) if tally.last is not None]
        return type(self)(
            self.counts + other.counts,
            max(waits, default=None),
            max(lasts, default=None),
            _some_of(self.unknown_kinds | other.unknown_kinds),
        )


def tally_of(account: Account, outcome: str, sentence: str, now: int) -> Tally:
    """The figures of one delivery, with what became of it by `now` (Unix milliseconds).

    The events of one that comes again are counted then; if some of them were applied before, they are repeated.
    """
    counts = Counter(received=int(account.is_first))
    counts[outcome if outcome in (APPLIED, RETRIED) else PARKED + outcome] += 1
    if outcome != RETRIED:
        counts.update(events=account.events, late=account.late, repeated=account.repeated)
        counts.update(not_understood=account.not_understood.total(), may_have_lost=int(account.may_have_lost_events))
    # Two clocks of AWS's: the consumer's may be behind the one that stamped the receipt.
    wait = max(0, now - account.received_at) if outcome == APPLIED else None
    kinds = _some_of(account.not_understood) if outcome != RETRIED else frozenset[str]()
    return Tally(counts, wait, Last(account.received_at, outcome, sentence), kinds)


def _some_of(kinds: Iterable[str]) -> frozenset[str]:
    return frozenset(sorted(kinds)[:MOST_KINDS])
