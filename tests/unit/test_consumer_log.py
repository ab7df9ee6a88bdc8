"""What the consumer logs and counts: where a fault is and which webhook it met, and nothing that a webhook holds."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any, NamedTuple, cast

import pytest
from botocore.exceptions import EndpointConnectionError

from rollcall.consume import Delivery
from rollcall.errors import Unavailable
from rollcall.faults import in_words
from rollcall.keys import SourceKey
from rollcall.redelivery import Redelivery
from rollcall.sources import Sources
from rollcall.tally import Tally
from rollcall.waiting import Waiting
from tests.apps import imported
from tests.fakes import World
from tests.histories import START
from tests.unit.test_redelivery import Sqs
from tests.unit.test_sources import Clock, Store
from tests.unit.test_tally import Broken, delivery
from tools.own_rollcall import tables_in_memory


@pytest.fixture
def consumer(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return imported("Consumer", monkeypatch)


def test_a_fault_is_told_by_its_kind_and_place_and_not_in_its_own_words() -> None:
    try:
        int("a body's secret")
    except ValueError as error:
        words = in_words(error)
    assert "secret" not in words
    assert words.startswith("ValueError in test_a_fault_is_told")


def test_a_sentence_of_our_own_is_told_as_it_is() -> None:
    assert in_words(Unavailable("Throttled.")) == "Throttled."


# ---- Of a batch ----------------------------------------------------------------------------------------


class Context:
    """As much of Lambda's as the handler asks for."""

    function_name = "consumer"

    def get_remaining_time_in_millis(self) -> int:
        return 90_000


class Spoken(NamedTuple):
    answer: dict[str, Any]
    lines: list[dict[str, Any]]

    def line(self, message: str) -> dict[str, Any]:
        (line,) = (line for line in self.lines if line.get("message") == message)
        return line

    def metric(self, name: str) -> Any:
        (line,) = (line for line in self.lines if "_aws" in line and name in line)
        return line[name]


@pytest.fixture
def sqs() -> Sqs:
    return Sqs()


@pytest.fixture
def handle(
    consumer: ModuleType, sqs: Sqs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Spoken]:
    def handle(*deliveries: Delivery, **broken: Any) -> Spoken:
        world = World(time=START + 70_000)
        monkeypatch.setattr(consumer, "_consumer", replace(world.consumer(), **broken))
        monkeypatch.setattr(consumer, "_now", lambda: world.time)
        redelivery = Redelivery(
            cast("Any", sqs), "webhooks", (10, 30), Waiting(tables_in_memory().as_boto3, "Presence")
        )
        monkeypatch.setattr(consumer, "_redelivery", redelivery)
        records = [
            {
                "messageId": one.message_id,
                "body": one.body,
                "receiptHandle": f"receipt of {one.message_id}",
                "attributes": {
                    "ApproximateReceiveCount": "1" if one.is_first else "2",
                    "SentTimestamp": str(START),
                },
                "messageAttributes": {"redriven": {"stringValue": "yes"}} if one.message_id == "redriven" else {},
            }
            for one in deliveries
        ]
        # The logger keeps the output that there was when the first of its name was made.
        monkeypatch.setattr(consumer._logger.registered_handler, "stream", sys.stdout)
        answer = consumer.handler({"Records": records}, Context())
        return Spoken(answer, [json.loads(line) for line in capsys.readouterr().out.splitlines()])

    return handle


def test_a_webhook_is_followed_by_what_ingest_answered_to_its_provider(handle: Callable[..., Spoken]) -> None:
    spoken = handle(delivery(("join", "ann", START), name="good"), delivery(name="bad"), Delivery("none", "nonsense"))
    assert spoken.line("batch consumed")["correlation_ids"] == ["answer-bad", "answer-good"]
    parked = [line for line in spoken.lines if line.get("message") == "webhook parked"]
    assert {line["message_id"]: line.get("correlation_id") for line in parked} == {"bad": "answer-bad", "none": None}


def test_what_is_to_be_retried_is_told_by_its_cause_and_its_webhooks(handle: Callable[..., Spoken]) -> None:
    deliveries = [delivery(("join", user, START), name=user) for user in ("ann", "ben")]
    spoken = handle(*deliveries, members=Broken(Unavailable("Throttled.")))
    line = spoken.line("webhooks to be retried")
    assert (line["error"], line["writes"], line["correlation_ids"]) == ("Throttled.", 2, ["answer-ann", "answer-ben"])
    assert spoken.answer == {"batchItemFailures": [{"itemIdentifier": "ann"}, {"itemIdentifier": "ben"}]}


def test_what_failed_comes_again_after_seconds_and_what_did_not_does_not(
    handle: Callable[..., Spoken], sqs: Sqs
) -> None:
    first, again = (delivery(("join", user, START), name=user) for user in ("ann", "ben"))
    handle(first, again._replace(is_first=False), delivery(name="bad"), members=Broken(Unavailable("Throttled.")))
    assert sqs.hidden == {"receipt of ann": 10, "receipt of ben": 30}
    sqs.hidden.clear()
    handle(first, delivery(name="bad"))
    assert sqs.hidden == {}


def test_while_sqs_does_not_answer_what_failed_comes_again_nevertheless(
    handle: Callable[..., Spoken], sqs: Sqs
) -> None:
    sqs.trouble = EndpointConnectionError(endpoint_url="https://sqs.example/")
    spoken = handle(delivery(("join", "ann", START), name="ann"), members=Broken(Unavailable("Throttled.")))
    assert spoken.answer == {"batchItemFailures": [{"itemIdentifier": "ann"}]}
    assert spoken.line("webhooks come again late")["error"] == "Bringing a failed webhook back in time failed."


@pytest.mark.parametrize(("name", "parked"), [("redriven", 0), ("new", 1)])
def test_for_a_redriven_webhook_secrets_that_were_mended_are_read_at_once(
    handle: Callable[..., Spoken], consumer: ModuleType, monkeypatch: pytest.MonkeyPatch, name: str, parked: int
) -> None:
    store, clock = Store({"/rollcall/secrets/pubnub/main": '{"subscribe_keys": ["wrong"]}'}), Clock()
    sources = Sources(cast("Any", store), "/rollcall", clock)
    monkeypatch.setattr(consumer, "_sources", sources)
    webhook = delivery(("join", "ann", START))
    assert handle(webhook, secrets=sources.secrets).metric("WebhooksApplied") == [0]
    clock.now += 1  # for five minutes secrets are remembered, and for ten seconds even those that prove nothing
    store.values["/rollcall/secrets/pubnub/main"] = "{}"
    spoken = handle(webhook._replace(message_id=name), secrets=sources.secrets)
    assert spoken.metric("WebhooksApplied") == [1 - parked]


def test_figures_that_cannot_be_written_are_a_warning_and_no_webhook_comes_again(handle: Callable[..., Spoken]) -> None:
    deliveries = [delivery(("join", "ann", START), name=source, source=source) for source in ("main", "test")]
    spoken = handle(*deliveries, figures=Broken(Unavailable("Throttled.")))
    line = spoken.line("figures not written")
    assert (line["level"], line["error"], line["sources"]) == ("WARNING", "Throttled.", 2)
    assert spoken.answer == {"batchItemFailures": []}


def test_metrics_tell_of_late_and_repeated_events_and_the_longest_wait(handle: Callable[..., Spoken]) -> None:
    late = [delivery(("join", "ann", START - 61_000), ("join", "ben", START), name=name) for name in ("one", "two")]
    spoken = handle(*late)
    assert [spoken.metric(name) for name in ("Events", "LateEvents", "RepeatedEvents", "LongestWait")] == [
        [4],
        [2],
        [2],
        [70_000],
    ]


def test_a_batch_of_which_nothing_was_applied_tells_no_wait(handle: Callable[..., Spoken]) -> None:
    assert not any("LongestWait" in line for line in handle(delivery()).lines)


def test_a_webhook_that_comes_again_is_not_received_again(
    handle: Callable[..., Spoken], monkeypatch: pytest.MonkeyPatch
) -> None:
    added: list[int] = []

    def add(_self: object, _source: SourceKey, tally: Tally, _now: int) -> None:
        added.append(tally.counts["received"])

    monkeypatch.setattr("tests.fakes.MemoryFigures.add", add)
    for is_first in (True, False):
        handle(delivery(("join", "ann", START))._replace(is_first=is_first))
    handle(delivery(("join", "ann", START), name="redriven"))
    assert added == [1, 0, 0]


def test_nothing_that_is_logged_or_counted_names_a_user_or_a_channel(handle: Callable[..., Spoken]) -> None:
    spoken = handle(delivery(("join", "a-user-of-ours", START)), delivery(name="bad"))
    assert "a-user-of-ours" not in json.dumps(spoken.lines)
    assert "room" not in json.dumps(spoken.lines)
