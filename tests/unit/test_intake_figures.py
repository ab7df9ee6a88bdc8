"""The figures of the intake, as the table keeps them: cheap to add to, and told for an hour."""

from collections import Counter
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.errors import Unavailable
from rollcall.intake_figures import KEPT, SPAN, IntakeFigures
from rollcall.keys import SourceKey
from rollcall.tally import APPLIED, MOST_KINDS, RETRIED, Last, Tally
from tools.faulty_client import Fault, Faults, FaultyClient
from tools.memory_dynamodb import MemoryDynamoDB
from tools.own_rollcall import tables_in_memory

MAIN = SourceKey("pubnub", "main")
NOW = 1_000_000 * SPAN + 17  # Unix milliseconds
HOUR = 12 * SPAN


def figures(memory: MemoryDynamoDB) -> IntakeFigures:
    return IntakeFigures(memory.as_boto3, "Presence")


def tally(wait: int | None = None, at: int = NOW, sentence: str = "", **counts: int) -> Tally:
    return Tally(Counter(counts), wait, Last(at, APPLIED, sentence))


def test_what_was_added_is_told_as_one() -> None:
    kept = figures(tables_in_memory())
    kept.add(MAIN, tally(7, NOW - SPAN, received=2, applied=1, parked_unverified=1), NOW - SPAN)
    kept.add(MAIN, tally(5, NOW, "Why.", received=1, events=3), NOW)
    assert kept.of(MAIN, NOW - HOUR, NOW) == tally(7, NOW, "Why.", received=3, applied=1, parked_unverified=1, events=3)
    assert kept.of(SourceKey("pubnub", "mai"), NOW - HOUR, NOW) == Tally()
    without_last = SourceKey("pubnub", "other")
    kept.add(without_last, Tally(Counter(received=1)), NOW)
    assert kept.of(without_last, NOW - HOUR, NOW) == Tally(Counter(received=1))


@pytest.mark.parametrize("waits", list(permutations((20, 3_000, 100))))
def test_the_longest_wait_is_the_same_in_whatever_order_batches_come(waits: tuple[int, ...]) -> None:
    kept = figures(tables_in_memory())
    for wait in waits:
        kept.add(MAIN, tally(wait), NOW)
    assert kept.of(MAIN, NOW - HOUR, NOW).longest_wait == 3_000


@given(st.integers(0, 4 * 86_400_000))
def test_a_wait_is_told_to_two_digits_and_never_too_short(wait: int) -> None:
    kept = figures(tables_in_memory())
    kept.add(MAIN, tally(wait), NOW)
    told = kept.of(MAIN, NOW - HOUR, NOW).longest_wait
    assert told is not None
    assert wait <= told <= wait * 1.1 + 1
    assert len(str(told).rstrip("0")) <= 2


def test_figures_of_before_are_not_told_but_the_last_webhook_is() -> None:
    kept = figures(tables_in_memory())
    since = NOW - NOW % SPAN - HOUR
    kept.add(MAIN, tally(5, since - 1, received=1), since - 1)
    assert kept.of(MAIN, since, NOW) == Tally(Counter(), None, Last(since - 1, APPLIED))
    kept.add(MAIN, tally(6, since, received=1), since)
    assert kept.of(MAIN, since, NOW) == tally(6, since, received=1)


@pytest.mark.parametrize("later", [1, SPAN])  # in the same record, and in another
@pytest.mark.parametrize(
    ("first", "then"), [(RETRIED, APPLIED), (RETRIED, "missing_secret"), ("missing_secret", APPLIED)]
)
def test_of_a_webhook_that_comes_again_or_is_redriven_it_is_told_what_became_of_it_then(
    later: int, first: str, then: str
) -> None:
    kept = figures(tables_in_memory())
    for outcome, at in ((first, NOW), (then, NOW + later)):
        kept.add(MAIN, Tally(Counter(events=1), None, Last(NOW - 9, outcome)), at)
    assert kept.of(MAIN, NOW - HOUR, NOW + later).last == Last(NOW - 9, then)


@pytest.mark.parametrize("later", [1, SPAN])
def test_webhooks_of_before_that_are_redriven_are_counted_and_are_not_the_last(later: int) -> None:
    kept = figures(tables_in_memory())
    kept.add(MAIN, tally(7, NOW, "The newest.", received=1), NOW)
    kept.add(MAIN, tally(9, NOW - KEPT, "Of last week.", received=2), NOW + later)
    assert kept.of(MAIN, NOW - HOUR, NOW + later) == tally(9, NOW, "The newest.", received=3)


def test_after_a_week_a_source_has_not_sent_whether_or_not_its_records_have_been_deleted() -> None:
    memory = tables_in_memory()
    kept = figures(memory)
    kept.add(MAIN, tally(received=1), NOW)
    assert kept.of(MAIN, NOW + KEPT - SPAN - HOUR, NOW + KEPT - SPAN).last is not None
    assert kept.of(MAIN, NOW + KEPT + SPAN - HOUR, NOW + KEPT + SPAN) == Tally()
    assert memory.expire((NOW + KEPT) // 1000 + 1) == 1


def test_a_batch_costs_one_write_unit_however_many_batches_came_before_it() -> None:
    memory = tables_in_memory()
    kept = figures(memory)
    reasons = {f"parked_{reason}": 1_000_000 for reason in ("unverified", "missing_secret", "unreadable_body")}
    source = SourceKey("pubnub", "s" * 63)
    # A backlog of five minutes that is worked off: all waits from five minutes to one tenth of a second.
    for wait in (300_000 * 0.97**number for number in range(260)):
        memory.consumed.clear()
        counts = {"received": 1_000_000, "applied": 1, "retried": 1, "events": 1, "late": 1, "repeated": 1, **reasons}
        kept.add(
            source, tally(int(wait), NOW, "The signature is not one that the source's tokens make.", **counts), NOW
        )
        assert memory.consumed == {("Presence", "write"): 1}


def test_an_hour_of_a_source_is_one_read() -> None:
    memory = tables_in_memory()
    kept = figures(memory)
    for number in range(100):
        kept.add(MAIN, tally(5, received=1), NOW - number * SPAN)
    memory.consumed.clear()
    since = NOW - NOW % SPAN - HOUR
    assert kept.of(MAIN, since, NOW).counts == Counter(received=13)
    assert memory.consumed[("Presence", "read")] <= 1


@pytest.mark.parametrize("method", ["add", "of"])
def test_a_table_that_does_not_answer_is_unavailable(method: str) -> None:
    faults = Faults(lambda _call: Fault.UNREACHABLE)
    broken = IntakeFigures(FaultyClient(tables_in_memory(), faults).as_boto3, "Presence")
    with pytest.raises(Unavailable):
        broken.add(MAIN, tally(), NOW) if method == "add" else broken.of(MAIN, NOW - HOUR, NOW)


_KINDS = st.frozensets(st.text(min_size=1, max_size=100), max_size=MOST_KINDS)


@given(batches=st.lists(_KINDS, max_size=30))
def test_names_of_unknown_kinds_never_fill_a_record_and_never_cost_a_count(batches: list[frozenset[str]]) -> None:
    memory = tables_in_memory()
    kept = figures(memory)
    for kinds in batches:
        kept.add(MAIN, Tally(Counter(not_understood=1), unknown_kinds=kinds), NOW)
    told = kept.of(MAIN, NOW - HOUR, NOW)
    assert told.counts["not_understood"] == len(batches)
    assert len(told.unknown_kinds) < 2 * MOST_KINDS
    assert bool(told.unknown_kinds) == any(batches)


@given(tallies=st.lists(st.builds(Tally, unknown_kinds=_KINDS), min_size=3, max_size=3))
def test_which_kinds_are_named_does_not_depend_on_the_order_of_batches(tallies: list[Tally]) -> None:
    one, two, three = tallies
    assert one.merge(two).merge(three) == three.merge(one.merge(two)) == two.merge(three).merge(one)
