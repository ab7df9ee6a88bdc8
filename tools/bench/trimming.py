"""What one run of the trimmer costs that finds 100 expired among ever more records that have not expired.

On a DynamoDB in memory that bills as the real one. The trimmer runs on its schedule all the time; measured is the run
that finds the 100. The other records are in the same channel, or in channels of 100 each.
"""

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from rollcall.trimming import Trimmed
from tools.bench.findings import Findings, growth
from tools.bench.worlds import DAY, HOUR, MINUTE, SECOND, Bill, World
from tools.progress import step
from tools.template import schedules
from tools.trouble import Trouble

_SIZES = (1_000, 10_000, 100_000)
_EXPIRED = 100
_TOGETHER = 100  # others that come at a time, and that share a channel where they have channels of their own
_MOST_GROWTH = 1.10  # from n to 10 n


class _Case(NamedTuple):
    """Times are milliseconds after the event of which records are left that expire."""

    kind: Trimmed
    event: str
    others_from: int
    others_until: int
    expired_by: int


_CASES = (
    _Case(Trimmed.MEMBERS, "joined", HOUR, 23 * HOUR, expired_by=DAY + 10 * MINUTE),  # the lease is a day
    _Case(Trimmed.TOMBSTONES, "left", 2 * DAY, 20 * DAY, expired_by=33 * DAY),  # kept 31 days
    _Case(Trimmed.EVENTS, "left", 2 * DAY, 5 * DAY, expired_by=9 * DAY),  # kept 7 days
)


class _Arrival(NamedTuple):
    after: int
    channel: str
    number: int


def measure(_rounds: int) -> Findings:
    findings = Findings(("trimmed", "others in", "n", "write units", "read units", "requests", "seconds"))
    for case in _CASES:
        for where in ("the same channel", "other channels"):
            bills = []
            for size in _SIZES:
                with step(f"  {case.kind}, {size:,} in {where}"):
                    bill = _measure(case, size, same_channel=where == "the same channel")
                figures = (bill.write_units, bill.read_units, bill.calls, round(bill.seconds, 2))
                findings.rows.append((case.kind.value, where, size, *figures))
                bills.append(bill.units)
            findings.ratios += growth(f"{case.kind}, n in {where}", _SIZES, bills, at_most=_MOST_GROWTH)
    return findings


def _measure(case: _Case, others: int, *, same_channel: bool) -> Bill:
    world = World(log=case.kind is Trimmed.EVENTS)
    began = world.now
    every = schedules()[case.kind.capitalize()] * SECOND
    world.hear(case.event, (("room", f"gone-{number}") for number in range(_EXPIRED)))
    waiting = deque(_arrivals(case, others, same_channel=same_channel))
    while world.now < began + case.expired_by:
        world.now += every
        while waiting and began + waiting[0].after <= world.now:
            arrival = waiting.popleft()
            users = (f"user-{arrival.number + place}" for place in range(_TOGETHER))
            world.hear(case.event, ((arrival.channel, user) for user in users))
        world.clear_meter()
        if trimmed := world.trim(case.kind):
            bill = world.bill()
            if trimmed != _EXPIRED:
                raise Trouble(f"{trimmed} {case.kind} were trimmed in one run, not the {_EXPIRED} that have expired.")
            return bill
    raise Trouble(f"No {case.kind} were trimmed, although {_EXPIRED} have expired.")


def _arrivals(case: _Case, others: int, *, same_channel: bool) -> Iterator[_Arrival]:
    """The others come evenly over their time."""
    parts = others // _TOGETHER
    for part in range(parts):
        after = case.others_from + (case.others_until - case.others_from) * part // parts
        yield _Arrival(after, "room" if same_channel else f"room-{part}", part * _TOGETHER)
