"""A webhook that cannot be read, in whatever way, harms no other."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import NoReturn

import pytest

from rollcall import sandbox
from rollcall.consume import Delivery
from rollcall.envelope import Envelope, seal
from rollcall.errors import Fault, MissingSecret, RollcallError, TooLarge, Unavailable
from rollcall.keys import SourceKey
from rollcall.provider import load
from rollcall.sandbox import Sandbox
from tests.fakes import World
from tools.own_rollcall import no_secrets

JOIN = b'{"schema": "presence.user.channel.joined", "data": [{"channel": "room", "userId": "%s"}]}'


def envelope(body: bytes, provider: str = "pubnub") -> Envelope:
    return Envelope(
        provider=provider, source="main", received_at=1_754_042_400_500, request_id="r", headers={}, body=body
    )


def spins(_body: bytes) -> NoReturn:
    while True:
        pass


def sleeps(_body: bytes) -> NoReturn:
    while True:
        time.sleep(60)


def spins_in_c(_body: bytes) -> None:
    sum(range(10**15))


def takes_all_memory(_body: bytes) -> None:
    bytearray(4 * 1024**3)


def is_killed(_body: bytes) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def crashes(_body: bytes) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def leaves(_body: bytes) -> None:
    raise SystemExit


def ends_as_if_all_were_well(_body: bytes) -> None:
    os._exit(0)


def fails(body: bytes) -> None:
    raise ValueError(body)


POISONS: dict[Callable[[bytes], object], type[RollcallError]] = {
    spins: Unavailable,
    sleeps: Unavailable,
    spins_in_c: Unavailable,
    takes_all_memory: TooLarge,
    is_killed: Unavailable,
    crashes: Unavailable,
    leaves: Unavailable,
    ends_as_if_all_were_well: Unavailable,
    fails: Fault,
}


@contextmanager
def poisoned(monkeypatch: pytest.MonkeyPatch, **poisons: Callable[[bytes], object]) -> Iterator[Sandbox]:
    """A sandbox in which bodies do as they are named, and all others are read as ever."""
    pubnub = load("pubnub")
    parse = pubnub.parse

    def poisoned_parse(envelope: Envelope) -> object:
        poison = poisons.get(envelope.body.decode())
        return poison(envelope.body) if poison else parse(envelope)

    monkeypatch.setattr(pubnub, "parse", poisoned_parse)
    monkeypatch.setattr(sandbox, "_PATIENCE", 0.3)
    with closing(Sandbox()) as made:
        yield made


@pytest.mark.parametrize("poison", POISONS)
def test_a_poison_fails_alone_and_what_comes_after_it_is_read(
    monkeypatch: pytest.MonkeyPatch, poison: Callable[[bytes], object]
) -> None:
    with poisoned(monkeypatch, poison=poison) as guarded:
        for _ in range(2):
            with pytest.raises(POISONS[poison]) as found:
                guarded.interpret(envelope(b"poison"), no_secrets)
            assert "poison" not in str(found.value)  # which is the body
            (event,) = guarded.interpret(envelope(JOIN % b"ann"), no_secrets).events
            assert event.user == "ann"


def test_of_a_batch_of_a_hundred_the_others_are_applied_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    poisons = {poison.__name__: poison for poison in POISONS}
    bodies = [name.encode() for name in poisons] + [JOIN % b"%d" % n for n in range(100 - len(poisons))]
    deliveries = [Delivery(body.decode(), seal(envelope(body))) for body in bodies]
    world = World()
    with poisoned(monkeypatch, **poisons) as guarded:
        outcome = replace(world.consumer(), interpret=guarded.interpret).consume(deliveries, lambda: False)
    assert outcome.retry | outcome.parked.keys() == poisons.keys()
    assert len(world.members.records) == 100 - len(poisons)


def test_secrets_are_asked_for_anew_where_they_prove_nothing() -> None:
    asked: list[bool] = []

    def secrets(_source: SourceKey, *, doubted: bool = False) -> object:
        asked.append(doubted)
        return {}

    with closing(Sandbox()) as guarded, pytest.raises(MissingSecret):
        guarded.interpret(envelope(b"{}", "pusher"), secrets)
    assert asked == [False, True]


def test_what_cannot_be_asked_for_leaves_the_reader_as_it_was() -> None:
    def silent(_source: SourceKey, *, doubted: bool = False) -> object:  # noqa: ARG001  as StoredSecrets has it
        raise Unavailable("SSM does not answer.")

    with closing(Sandbox()) as guarded:
        with pytest.raises(Unavailable):
            guarded.interpret(envelope(JOIN % b"ann"), silent)
        assert guarded.interpret(envelope(JOIN % b"ann"), no_secrets).events
