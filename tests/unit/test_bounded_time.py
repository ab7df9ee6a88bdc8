"""A batch that does not fit into the function's time gets on with each try, until all of it is applied."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from rollcall.consume import APPLIED_TOGETHER, Delivery
from rollcall.envelope import Envelope, seal
from rollcall.intake import Interpretation, StoredSecrets, interpret
from rollcall.keys import MemberKey
from rollcall.merge import Member
from tests.fakes import MemoryRegisters, World

TRIES = 5  # as many as the queue grants


@dataclass
class Slow:
    """Members whose every write takes a while of the function's time."""

    inner: MemoryRegisters[MemberKey, Member]
    time: int
    spent: int = 0

    def is_over(self) -> bool:
        return self.spent >= self.time

    def write_newer(self, key: MemberKey, evidence: Member) -> Member | None:
        self.spent += 1
        return self.inner.write_newer(key, evidence)

    def replace(self, key: MemberKey, stored: Member, merged: Member) -> Member | None:
        self.spent += 1
        return self.inner.replace(key, stored, merged)


def body_of(events: int, number: int) -> Delivery:
    items = [
        {"channel": f"room-{number}", "userId": f"user-{n}", "timestamp": 1_754_042_400_000} for n in range(events)
    ]
    envelope = Envelope(
        provider="pubnub",
        source="main",
        received_at=1_754_042_400_500,
        request_id=str(number),
        headers={},
        body=json.dumps({"schema": "presence.user.channel.joined", "data": items}).encode(),
    )
    return Delivery(str(number), seal(envelope))


def tries_needed(deliveries: Iterable[Delivery], writes_in_time: int) -> int:
    world = World()
    waiting = list(deliveries)
    for tried in range(1, TRIES + 1):
        slow = Slow(world.members, writes_in_time)
        outcome = replace(world.consumer(), members=slow).consume(waiting, slow.is_over)
        waiting = [delivery for delivery in waiting if delivery.message_id in outcome.retry]
        if not waiting:
            return tried
    raise AssertionError(f"{len(waiting)} deliveries are left after {TRIES} tries")


def test_what_is_large_or_has_come_before_is_read_after_all_the_rest_is_written() -> None:
    world = World()
    seen: list[tuple[str, int]] = []

    def seen_reading(envelope: Envelope, secrets: StoredSecrets) -> Interpretation:
        seen.append((envelope.request_id, len(world.members.records)))
        return interpret(envelope, secrets)

    large = 4_000  # events, which make more than 200 KB
    sizes = {0: large, 1: 3, 2: 1, 3: 2, 4: 1, 5: large}
    deliveries = [body_of(events, number)._replace(is_first=number < 4) for number, events in sizes.items()]
    replace(world.consumer(), interpret=seen_reading).consume(deliveries, lambda: False)
    assert [name for name, _ in seen] == ["2", "3", "1", "0", "4", "5"]
    written = dict(seen)
    assert (written["1"], written["0"], written["4"], written["5"]) == (0, 6, 6 + large, 7 + large)


def test_large_bodies_that_come_together_do_not_all_begin_again() -> None:
    large = [body_of(APPLIED_TOGETHER, number) for number in range(4)]
    assert tries_needed(large, writes_in_time=APPLIED_TOGETHER + 1) == 4


def test_many_middling_bodies_that_come_together_do_not_all_begin_again() -> None:
    middling = [body_of(APPLIED_TOGETHER // 2, number) for number in range(8)]
    assert tries_needed(middling, writes_in_time=2 * APPLIED_TOGETHER + 1) <= 3
