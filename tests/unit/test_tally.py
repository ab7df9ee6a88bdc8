"""What the consumer counts of webhooks and their events, and that counting never stands in the way."""

import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.consume import Delivery, Outcome
from rollcall.envelope import Envelope, seal
from rollcall.errors import Unavailable
from rollcall.keys import MemberKey, SourceKey
from rollcall.merge import Member, channel_evidence, member_evidence
from rollcall.tally import APPLIED, RETRIED, Last, Tally
from tests.fakes import World
from tests.histories import SECOND, START, History, Plan, delivered_histories

MINUTE = 60 * SECOND
MAIN = SourceKey("pubnub", "main")


def delivery(
    *events: tuple[str, str, int],
    name: str = "1",
    source: str = "main",
    received_at: int = START,
    is_first: bool = True,
) -> Delivery:
    """A webhook of (action, user, Unix milliseconds)."""
    items = [
        {"action": action, "channel": "room", "uuid": user, "timestamp": occurred_at}
        for action, user, occurred_at in events
    ]
    envelope = Envelope(
        provider="pubnub",
        source=source,
        received_at=received_at,
        request_id=f"answer-{name}",
        headers={"content-type": "application/json"},
        body=json.dumps(items).encode() if items else b"nonsense",
    )
    return Delivery(name, seal(envelope), is_first)


def counted(outcome: Outcome, source: SourceKey = MAIN) -> dict[str, int]:
    return {name: count for name, count in outcome.tallies[source].counts.items() if count}


def never() -> bool:
    return False


class Broken:
    """Whatever is to be written, it is not."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def add(self, _source: SourceKey, _tally: Tally, _now: int) -> None:
        raise self.error

    def write(self, _events: object) -> None:
        raise self.error

    def write_newer(self, _key: MemberKey, _evidence: Member) -> Member | None:
        raise self.error

    def replace(self, _key: MemberKey, _stored: Member, _merged: Member) -> Member | None:
        raise self.error


# ---- Webhooks ------------------------------------------------------------------------------------------


def test_a_webhook_is_received_once_however_often_it_comes() -> None:
    consumer = World().consumer()
    join = delivery(("join", "ann", START))
    first, again = (consumer.consume([join._replace(is_first=is_first)], never) for is_first in (True, False))
    assert (first.tallies[MAIN].counts["received"], again.tallies[MAIN].counts["received"]) == (1, 0)


def test_a_webhook_is_counted_by_what_became_of_it() -> None:
    world = World()
    join = delivery(("join", "ann", START), name="good")
    outcome = world.consumer().consume([join, delivery(name="bad")], never)
    assert counted(outcome) == {"received": 2, APPLIED: 1, "parked_unreadable_body": 1, "events": 1}
    failing = replace(world.consumer(), members=Broken(Unavailable("Throttled.")))
    assert counted(failing.consume([delivery(("join", "ben", START))], never)) == {"received": 1, RETRIED: 1}


def test_a_message_that_is_no_envelope_has_no_source_to_be_counted_for() -> None:
    outcome = World().consumer().consume([Delivery("1", "nonsense")], never)
    assert (outcome.tallies, list(outcome.parked)) == ({}, ["1"])


def test_the_last_webhook_is_the_one_that_was_received_last() -> None:
    old, new = delivery(name="1"), delivery(("join", "ann", START), name="2", received_at=START + 1)
    for order in ([old, new], [new, old]):
        outcome = World().consumer().consume(order, never)
        assert outcome.tallies[MAIN].last == Last(START + 1, APPLIED)
    outcome = World().consumer().consume([old], never)
    assert outcome.tallies[MAIN].last == Last(START, "unreadable_body", "The body is no event of PubNub's.")


def test_the_longest_wait_is_from_receipt_until_applied() -> None:
    world = World(time=START + 5_000)
    waits = [
        delivery(("join", user, START), name=user, received_at=START + wait) for user, wait in (("a", 0), ("b", 9))
    ]
    assert world.consumer().consume(waits, never).tallies[MAIN].longest_wait == 5_000
    assert world.consumer().consume([delivery()], never).tallies[MAIN].longest_wait is None
    world.time = START - 1  # AWS's clocks differ, too
    assert world.consumer().consume(waits[:1], never).tallies[MAIN].longest_wait == 0


def test_each_source_of_a_batch_is_written_once() -> None:
    world = World()
    batch = [
        delivery(("join", "ann", START), name=f"{source}{number}", source=source)
        for source in ("main", "test")
        for number in range(3)
    ]
    world.consumer().consume(batch, never)
    assert [(source.source, tally.counts[APPLIED]) for source, tally in world.figures.added] == [
        ("main", 3),
        ("test", 3),
    ]


# ---- Events --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("after", "late"), [(MINUTE, 0), (MINUTE + 1, 1)])
def test_an_event_is_late_that_is_received_more_than_a_minute_after_it_occurred(after: int, late: int) -> None:
    join = delivery(("join", "ann", START), received_at=START + after)
    assert World().consumer().consume([join], never).tallies[MAIN].counts["late"] == late


@pytest.mark.parametrize(
    ("first", "second"), [(("join", START), ("join", START)), (("leave", START), ("leave", START - SECOND))]
)
@pytest.mark.parametrize("in_one_batch", [True, False])
def test_an_event_is_repeated_if_it_or_something_newer_was_known(
    first: tuple[str, int], second: tuple[str, int], in_one_batch: bool
) -> None:
    consumer = World().consumer()
    told, again = (
        delivery((action, "ann", at), name=str(number)) for number, (action, at) in enumerate((first, second))
    )
    batches = [[told, again]] if in_one_batch else [[told], [again]]
    repeated = [consumer.consume(batch, never).tallies[MAIN].counts["repeated"] for batch in batches]
    assert repeated == [1] if in_one_batch else [0, 1]


def test_news_and_repetition_of_two_members_are_told_apart() -> None:
    consumer = World().consumer()
    consumer.consume([delivery(("join", "ann", START))], never)
    both = delivery(("join", "ann", START), ("join", "ben", START), ("leave", "ben", START - SECOND))
    assert counted(consumer.consume([both], never)) == {"received": 1, APPLIED: 1, "events": 3, "repeated": 1}


def test_events_of_a_webhook_that_comes_again_are_counted_when_it_is_applied() -> None:
    world = World()
    failing = replace(world.consumer(), log=Broken(Unavailable("Throttled.")))
    join = delivery(("join", "ann", START))
    assert counted(failing.consume([join], never)) == {"received": 1, RETRIED: 1}
    again = world.consumer().consume([join._replace(is_first=False)], never)
    assert counted(again) == {APPLIED: 1, "events": 1, "repeated": 1}  # for its first half had been written


def told(of: Outcome, name: str) -> int:
    return sum(tally.counts[name] for tally in of.tallies.values())


@given(delivered_histories())
def test_whatever_is_delivered_a_second_time_is_repeated_as_far_as_it_is_evidence(
    delivered: tuple[History, Plan],
) -> None:
    history, plan = delivered
    consumer = World().consumer()
    deliveries = history.deliveries()
    first, second = (
        consumer.consume(deliveries, never),
        consumer.consume(deliveries[:: -1 if plan.backwards else 1], never),
    )
    evidence = [event for event in history.events if member_evidence(event) or channel_evidence(event)]
    assert told(first, "events") == told(second, "events") == len(history.events)
    assert told(first, "repeated") <= len(evidence)
    assert told(second, "repeated") == len(evidence)


# ---- Counting stands in nobody's way -------------------------------------------------------------------


@pytest.mark.parametrize("error", [Unavailable("Throttled."), UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogate")])
def test_figures_that_cannot_be_written_are_told_and_forgotten(error: Exception) -> None:
    world = World()
    consumer = replace(world.consumer(), figures=Broken(error))
    outcome = consumer.consume([delivery(("join", "ann", START))], never)
    assert (outcome.retry, outcome.parked, outcome.errors, outcome.uncounted) == (set(), {}, [], [error])


def test_figures_are_not_begun_when_the_time_is_over() -> None:
    world = World()
    # It is asked before the webhook is read, and before each of the three writes.
    outcome = world.consumer().consume([delivery(("join", "ann", START))], _Countdown(4))
    assert (outcome.retry, world.figures.added, len(outcome.uncounted)) == (set(), [], 1)


class _Countdown:
    def __init__(self, left: int) -> None:
        self.left = left

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0


# ---- Merging -------------------------------------------------------------------------------------------

LASTS = st.none() | st.builds(Last, st.integers(1, 3), st.sampled_from((APPLIED, RETRIED)))
TALLIES = st.builds(
    Tally,
    st.dictionaries(st.sampled_from(("received", APPLIED)), st.integers(1, 3)).map(Counter),
    st.none() | st.integers(0, 3),
    LASTS,
)


@given(TALLIES, TALLIES, TALLIES)
def test_figures_are_the_same_in_whatever_order_they_are_put_together(one: Tally, two: Tally, three: Tally) -> None:
    assert one.merge(two) == two.merge(one)
    assert one.merge(two).merge(three) == one.merge(two.merge(three))
    assert one.merge(Tally()) == one


def test_what_is_not_understood_is_counted_and_named_beside_what_is_applied() -> None:
    outcome = World().consumer().consume([delivery(("join", "ann", START), ("rebind", "bob", START))], never)
    tally = outcome.tallies[MAIN]
    assert (tally.counts[APPLIED], tally.counts["not_understood"]) == (1, 1)
    assert tally.unknown_kinds == {"rebind"}


def test_a_webhook_of_which_nothing_is_understood_is_parked_and_never_applied() -> None:
    outcome = World().consumer().consume([delivery(("rebind", "bob", START))], never)
    assert counted(outcome) == {"received": 1, "parked_not_understood": 1}
