"""The sender: what it does with each answer, and in which order it sends."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from tools.simulator import App, Delivery, Knobs, Place, run
from tools.simulator import sender as sending
from tools.simulator.connection import Unanswered
from tools.simulator.ledger import Ledger
from tools.simulator.pace import Pace, now
from tools.simulator.sender import Sender
from tools.simulator.target import Target

KNOBS = Knobs(events=60, rate=50, users=5, channels=2, crowd=6, failures=0, duplication=0, late=0, vanishing=0)
QUICK = 1e5  # times faster
TARGET = Target("https://rollcall.example", "url secret", "read key", "pusher secret")

type Answer = Callable[[int], int]  # the status for the n-th time that a body is sent; 0 for none


class Wire:
    """Takes the place of connections, and keeps what is sent."""

    def __init__(self, answer: Answer) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self._answer = answer

    def __call__(self, _url: str) -> "Wire":
        return self

    def ask(self, method: str, url: str, _headers: Mapping[str, str], body: bytes, _within: float) -> tuple[int, bytes]:
        assert method == "POST"
        self.sent.append((url, body))
        status = self._answer(self.sent.count((url, body)))
        if not status:
            raise Unanswered("nothing came back")
        return status, b""

    def close(self) -> None:
        """Nothing is open."""


def send(monkeypatch: pytest.MonkeyPatch, dialect: str, answer: Answer) -> tuple[Wire, Ledger, list[Delivery]]:
    wire = Wire(answer)
    monkeypatch.setattr(sending, "Connection", wire)
    knobs = replace(KNOBS, mix={dialect: 1.0})
    deliveries = list(run(knobs, 10**12))
    ledger = Ledger(run(knobs, 10**12), lease=86_400_000)
    assert Sender(TARGET, ledger, Pace(now(), 10**12, QUICK), 2, retry_speed=QUICK).run(len(deliveries))
    return wire, ledger, deliveries


def test_all_is_sent_once_to_the_urls_of_its_source_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    wire, ledger, deliveries = send(monkeypatch, "yalgaar", lambda _n: 200)
    url = TARGET.webhook_url(App("yalgaar", "sim-yalgaar-0"))
    assert url.startswith("https://rollcall.example/webhooks/yalgaar/sim-yalgaar-0/")
    assert wire.sent == [(url, delivery.body) for delivery in deliveries]
    assert (ledger.acknowledged, ledger.given_up, ledger.troubles) == (len(deliveries), 0, {})
    assert ledger.receiver.places()


def test_a_provider_that_retries_does_so_until_it_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    wire, ledger, deliveries = send(monkeypatch, "pusher", lambda n: 200 if n == 3 else 503)
    assert len(wire.sent) == 3 * len(deliveries)
    assert (ledger.acknowledged, ledger.given_up) == (len(deliveries), 0)
    assert ledger.troubles == {"503": 2 * len(deliveries)}


def test_a_provider_gives_up_by_its_own_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    wire, ledger, deliveries = send(monkeypatch, "pubnub-legacy", lambda _n: 404)
    assert len(wire.sent) == 4 * len(deliveries)
    assert (ledger.acknowledged, ledger.given_up) == (0, len(deliveries))
    assert ledger.receiver.places() == []


def test_what_was_never_answered_leaves_its_members_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    _, ledger, deliveries = send(monkeypatch, "soketi", lambda _n: 0)
    assert ledger.given_up == len(deliveries)
    assert ledger.troubles == {"nothing came back": len(deliveries)}
    assert all(ledger.is_doubtful(place, user) for place, user in members(deliveries))


def test_what_was_clearly_refused_is_not_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    _, ledger, deliveries = send(monkeypatch, "soketi", lambda _n: 404)
    assert not any(ledger.is_doubtful(place, user) for place, user in members(deliveries))


def members(deliveries: list[Delivery]) -> list[tuple[Place, str]]:
    return [
        (Place(delivery.provider, delivery.source, event.channel), event.user)
        for delivery in deliveries
        for event in delivery.events
        if event.user
    ]
