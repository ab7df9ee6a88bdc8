"""A body that tells no time is one event, however often it comes."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.envelope import Envelope
from rollcall.events import Kind, PresenceEvent
from rollcall.first_receipts import FirstReceipts
from tools.memory_dynamodb import MemoryDynamoDB
from tools.template import table_definition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

AT = 1_795_693_600_000  # Unix milliseconds
MINUTE = 60_000
DAY = 1440 * MINUTE
UNTIMED = PresenceEvent(
    provider="pusher",
    source="prod",
    channel="room",
    kind=Kind.CHANNEL_VACATED,
    occurred_at=AT,
    received_at=AT,
    timed=False,
)


@pytest.fixture
def receipts() -> FirstReceipts:
    return _receipts()


def _receipts() -> FirstReceipts:
    dynamodb = MemoryDynamoDB()
    dynamodb.create_table(TableName="presence", **table_definition("Presence"))
    return FirstReceipts(cast("DynamoDBClient", dynamodb), "presence")


def _envelope(received_at: int, body: bytes = b"{}", source: str = "prod") -> Envelope:
    return Envelope(
        provider="pusher", source=source, received_at=received_at, request_id="request", headers={}, body=body
    )


def _dated(receipts: FirstReceipts, envelope: Envelope) -> int:
    event = replace(UNTIMED, occurred_at=envelope.received_at, received_at=envelope.received_at)
    (dated,) = receipts.date(envelope, [event])
    assert dated.occurred_at == dated.received_at
    return dated.occurred_at


def test_a_repeated_body_counts_from_its_first_receipt(receipts: FirstReceipts) -> None:
    assert _dated(receipts, _envelope(AT)) == AT
    assert _dated(receipts, _envelope(AT + 5 * MINUTE)) == AT


def test_the_same_webhook_may_come_again_from_the_queue(receipts: FirstReceipts) -> None:
    assert [_dated(receipts, _envelope(AT)) for _ in range(3)] == [AT] * 3


def test_an_original_that_is_read_after_its_retry_counts_from_its_own_receipt(receipts: FirstReceipts) -> None:
    assert _dated(receipts, _envelope(AT + MINUTE)) == AT + MINUTE
    assert _dated(receipts, _envelope(AT)) == AT
    assert _dated(receipts, _envelope(AT + 2 * MINUTE)) == AT


def test_what_comes_when_nobody_repeats_any_more_is_something_new(receipts: FirstReceipts) -> None:
    assert _dated(receipts, _envelope(AT)) == AT
    assert _dated(receipts, _envelope(AT + 5 * MINUTE + 1)) == AT + 5 * MINUTE + 1


def test_a_webhook_that_is_redriven_days_later_does_not_disturb_what_came_since(receipts: FirstReceipts) -> None:
    assert _dated(receipts, _envelope(AT + DAY)) == AT + DAY
    assert _dated(receipts, _envelope(AT)) == AT
    assert _dated(receipts, _envelope(AT + DAY + MINUTE)) == AT + DAY


def test_another_body_and_another_source_are_something_else(receipts: FirstReceipts) -> None:
    assert _dated(receipts, _envelope(AT)) == AT
    assert _dated(receipts, _envelope(AT + 1, body=b"[]")) == AT + 1
    assert _dated(receipts, _envelope(AT + 2, source="staging")) == AT + 2


def test_events_with_a_time_keep_it_and_cost_nothing(receipts: FirstReceipts) -> None:
    timed = replace(UNTIMED, timed=True)
    assert replace(receipts, table="none such").date(_envelope(AT + MINUTE), [timed]) == [timed]


@given(waits=st.lists(st.integers(0, 10 * MINUTE), max_size=8))
def test_no_body_counts_later_than_it_came_or_earlier_than_anybody_repeats(waits: list[int]) -> None:
    receipts, at = _receipts(), AT
    for wait in waits:
        at += wait
        assert at - 5 * MINUTE <= _dated(receipts, _envelope(at)) <= at
