"""The scenario `ghosts`: leaves that are never told, a short lease, and a trimmer that does not run."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence

from rollcall.keys import SourceKey
from rollcall.timestamps import to_milliseconds
from tools.demo.queue import wait_until_empty
from tools.embedded_aws import EmbeddedAws
from tools.endurance.disasters import switch_trimmer
from tools.endurance.traffic import Traffic
from tools.progress import step
from tools.read_api import ReadApi
from tools.simulator import Delivery, Knobs, Place, Simulation, run
from tools.simulator.audit import Auditor, Findings
from tools.simulator.ledger import Ledger
from tools.simulator.questions import Questions
from tools.simulator.target import Target
from tools.stack import Stack
from tools.trim import trim

LOST_LEAVES = 0.05
LEASE_MINUTES = 1
LEASE = LEASE_MINUTES * 60_000  # milliseconds
LASTS = 30  # seconds of each world: less than the lease, so that most who are there can be seen to be
LATER = 20  # of the webhooks of the first world, a part of the second: it must be told within its lease
CLOCKS_DIFFER = 3_000  # milliseconds; the audit does not judge a lease that ends as close as that
ENDLESS = 10**14  # milliseconds; a lease that has not ended
CLIENTS = 8
REST_SECONDS = 120


def haunt(aws: EmbeddedAws, webhooks: int, seed: int) -> tuple[Mapping[str, object], Mapping[str, int]]:
    """The figures of one run, and how often which promise was broken."""
    haunted = _Haunted(aws.deploy("ghosts"), seed)
    switch_trimmer(haunted.stack, on=False)
    first = haunted.live("first", webhooks)
    at_first = haunted.audit(first)
    with step("Waiting for the last lease to end"):
        time.sleep(max(0.0, (max(_last_signs(first).values()) + LEASE + CLOCKS_DIFFER) / 1000 - time.time()))
    afterwards = haunted.audit(first)
    overdue = haunted.in_index()
    second = haunted.live("second", webhooks // LATER)
    with step("Trimming, twice"):
        reports = [trim(haunted.stack, "members", dry_run=False) for _ in range(2)]
    trimmed = haunted.in_index()
    at_last = [haunted.audit(ledger) for ledger in (first, second)]
    expected = Counter((*member, seen + LEASE) for member, seen in _last_signs(first).items())
    logged = haunted.logged_as_expired(first)
    wrong = {
        "wrong while leases last": at_first.wrong.total(),
        "reported after the lease, without the trimmer": len(afterwards.told) + afterwards.wrong.total(),
        "ended leases that were trimmed though the trimmer was stopped": max(0, expected.total() - overdue),
        "entries of the index too many or too few after it": abs(trimmed - at_last[1].members),
        "ended leases that the log does not tell once": ((logged - expected) + (expected - logged)).total(),
        "wrong after the trimmer": sum(findings.wrong.total() for findings in at_last),
    }
    wrong = {what: times for what, times in wrong.items() if times}
    figures: dict[str, object] = {
        "webhooks": first.acknowledged + second.acknowledged,
        "leaves_lost": first.simulation.lost.total() + second.simulation.lost.total(),
        "reported_while_leases_last": len(at_first.told),
        "of_them_not_truly_there": len(at_first.untrue),
        "reported_after_the_lease": len(afterwards.told),
        "in_the_index_then": overdue,
        "reported_of_the_second_world": at_last[1].members,
        "in_the_index_after_trimming": trimmed,
        "leases_logged_as_expired": logged.total(),
        "trimmed": [report["trimmed"] for report in reports],
        "wrong": wrong,
    }
    return figures, wrong


class _Haunted:
    """A Rollcall in which nobody is trimmed, and the worlds that tell it of themselves."""

    def __init__(self, stack: Stack, seed: int) -> None:
        self.stack = stack
        self._seed = seed
        self._target = Target.of(stack)
        self._questions = Questions(self._target)

    def live(self, name: str, webhooks: int) -> Ledger:
        """A world of half a minute, as it happens; all that was acknowledged."""
        knobs = Knobs(
            seed=self._seed,
            events=2 * webhooks,
            rate=2 * webhooks / LASTS,
            vanishing=0.0,  # what providers notice only after minutes outlasts the lease anyway
            failures=0.0,
            late=0.0,
            reloads=0.0,  # where clocks count seconds, who leaves and comes at once would hang on the order of receipt
            lost_leaves=LOST_LEAVES,
            source=name,
            pusher_secret=self._target.pusher_secret,
        )
        simulation = run(knobs, time.time_ns() // 1_000_000)
        deliveries = list(simulation)
        for app in simulation.truth:
            self._target.prepare(app, knobs.pusher_key, LEASE_MINUTES)
        traffic = Traffic(self._target, rate=len(deliveries) / LASTS)
        with (
            step(f"The {name} world: {len(deliveries)} webhooks"),
            traffic.flowing(deliveries, CLIENTS) as clients,
        ):
            for client in clients:
                client.result()
        wait_until_empty(self.stack, REST_SECONDS)
        return _ledger(simulation, traffic.acknowledged)

    def audit(self, ledger: Ledger) -> Findings:
        return Auditor(self._questions, ledger, connections=CLIENTS, sample=20).audit()

    def in_index(self) -> int:
        """How many entries the index of those present holds, whoever they are."""
        pages = self.stack.aws.dynamodb.get_paginator("scan").paginate(
            TableName=self.stack.presence_table, IndexName="present", Select="COUNT"
        )
        return sum(page["Count"] for page in pages)

    def logged_as_expired(self, ledger: Ledger) -> Counter[tuple[Place, str, int]]:
        """Whose lease the log says has ended, and when."""
        api = ReadApi.of(self.stack)
        return Counter(
            (place, event["user"], to_milliseconds(event["occurred_at"]) or 0)
            for place in ledger.receiver.places()
            for event in api.events(SourceKey(place.provider, place.source), place.channel)
            if event["reason"] == "lease_expired"
        )


def _last_signs(ledger: Ledger) -> dict[tuple[Place, str], int]:
    """Of each member that has not left by all that was told: the last sign of it, in Unix milliseconds."""
    return {
        (place, user): stay.last_seen
        for place in ledger.receiver.places()
        for user, stay in ledger.receiver.members(*place, now=0, lease=ENDLESS).items()
    }


def _ledger(simulation: Simulation, acknowledged: Sequence[Delivery]) -> Ledger:
    ledger = Ledger(simulation, LEASE)
    for delivery in acknowledged:
        ledger.acknowledge(delivery, delivery.received_at, time.monotonic(), repeated=True)
    return ledger
