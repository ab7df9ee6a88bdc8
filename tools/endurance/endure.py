"""The scenario `faults`: webhooks of all providers while AWS fails, functions die and all of it is restarted."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from random import Random

from tools.demo.queue import wait_until_empty
from tools.embedded_aws import EmbeddedAws
from tools.endurance import account, patience, progress, story
from tools.endurance.account import Account
from tools.endurance.disasters import Disasters
from tools.endurance.faulty_aws import FaultyAws, faulty_aws
from tools.endurance.plan import Plan
from tools.endurance.probes import Probes
from tools.endurance.traffic import Traffic
from tools.parked import FAILED, Choice
from tools.progress import step
from tools.redrive import redrive
from tools.simulator import Delivery, Simulation
from tools.simulator.audit import Auditor, Findings
from tools.simulator.ledger import Ledger
from tools.simulator.probes import percentile
from tools.simulator.questions import Questions
from tools.simulator.target import Target
from tools.stack import Stack

COMES_AGAIN = 10  # seconds, far below the template's minutes: what fails comes again while one still looks
CONSUMERS = 6  # at once, fewer than the template's ten: all start cold after a restart, on two processors
REST_SECONDS = 300  # seven tries of ten seconds each, and a busy machine
LEASE = 86_400_000  # milliseconds; the template's
ASKING = 4  # connections of the audit
USERS_LOOKED_FOR = 50  # per source
OFTEN = {"TrimMembersSchedule": "rate(1 minute)"}  # so that the trimmer runs beside the traffic, too


@dataclass
class Outcome:
    """All that one run has shown."""

    plan: Plan
    disasters: Disasters
    probes: Probes
    seconds: float  # of traffic
    before: Account
    redriven: int
    after: Account
    presence: Findings

    @property
    def wrong(self) -> dict[str, int]:
        """How often which promise was broken; nothing if all is well."""
        forged = len({one.number for one in self.disasters.traffic.acknowledged if not story.is_genuine(one)})
        found = {
            "webhooks that were never acknowledged": self.disasters.traffic.given_up,
            "acknowledged webhooks that are neither applied nor parked": len(self.before.lost),
            "of them after the redrive": len(self.after.lost),
            "genuine webhooks that are still parked, or forged ones that are not": abs(
                self.after.parked.total() - forged
            ),
            "forged webhooks that were applied": self.after.forged_applied,
            "events in the log that nobody told": self.after.invented,
            **self.presence.wrong,
        }
        return {what: times for what, times in found.items() if times}

    def as_json(self) -> Mapping[str, object]:
        """All figures, for a table and a file."""
        disasters, traffic = self.disasters, self.disasters.traffic
        seconds = self.probes.seconds
        return {
            **asdict(self.plan),
            "seconds_of_traffic": round(self.seconds),
            "acknowledgements": len(traffic.acknowledged),
            "attempts_not_acknowledged": dict(traffic.refused),
            "requests_to_aws": disasters.faulty.requests,
            "of_them_failed": dict(_by_fault(disasters.faulty)),
            "functions_killed": disasters.kills,
            "restarted": disasters.restarted,
            "seconds_away": round(disasters.seconds_away),
            "messages_delivered_once_more": disasters.copies,
            "acknowledged_webhooks": len({delivery.number for delivery in traffic.acknowledged}),
            "applied": self.before.applied,
            "parked": dict(self.before.parked),
            "neither": len(self.before.lost),
            "redriven": self.redriven,
            "parked_after_redrive": dict(self.after.parked),
            "channels": self.presence.channels,
            "members": self.presence.members,
            "members_that_hang_on_the_order_of_receipt": self.presence.undecided,
            "probes": len(seconds),
            "seconds_until_told": {
                "p50": round(percentile(seconds, 0.50) or 0, 3),
                "p99": round(percentile(seconds, 0.99) or 0, 3),
                "most": round(max(seconds, default=0), 3),
            },
            "wrong": self.wrong,
            "examples": self.presence.examples,
        }


def endure(aws: EmbeddedAws, plan: Plan) -> Outcome:
    """On an embedded AWS that keeps its state, and has nothing deployed yet."""
    with faulty_aws(aws.endpoint, share=0, seed=plan.seed) as faulty:
        # All that the functions ask of AWS goes through it.
        stack = aws.deploy(story.SOURCE, {"EndpointUrl": faulty.endpoint, **OFTEN})
        target = Target.of(stack)
        with step("Writing the story"):
            simulation = story.world(plan.webhooks, plan.seed, target.pusher_secret, now=time.time_ns() // 1_000_000)
            deliveries = list(story.deliveries(simulation, plan.webhooks))
        _prepare(stack, target, simulation)
        traffic, questions = Traffic(target, plan.rate), Questions(target)
        probes = Probes(traffic, questions)
        disasters = Disasters(aws, stack, faulty, traffic, len(deliveries), plan.restarts, Random(plan.seed))  # noqa: S311  seeded
        began = time.monotonic()
        with probes.running():
            faulty.share = plan.share
            with progress.shown(disasters), traffic.flowing(deliveries, plan.clients) as clients:
                disasters.strike_until(clients)
            seconds = time.monotonic() - began
            probes.rest()
            faulty.share = 0
            _rest(stack)
        with step("Asking what became of each webhook"):
            before = account.draw_up(stack, traffic.acknowledged)
        with step("Redriving what failed every time"):
            redriven = redrive(stack, Choice(FAILED)).total()
        _rest(stack)
        with step("Asking again, and who is where"):
            after = account.draw_up(stack, traffic.acknowledged)
            presence = Auditor(questions, _ledger(simulation, traffic.acknowledged), ASKING, USERS_LOOKED_FOR).audit()
    return Outcome(plan, disasters, probes, seconds, before, redriven, after, presence)


def _prepare(stack: Stack, target: Target, simulation: Simulation) -> None:
    for app in simulation.truth:
        target.prepare(app, simulation.knobs.pusher_key, lease_minutes=None)
    patience.set_up(stack, patience.impatient(patience.environment(stack), COMES_AGAIN), COMES_AGAIN)
    (mapping,) = stack.aws.functions.list_event_source_mappings(FunctionName=stack.consumer)["EventSourceMappings"]
    stack.aws.functions.update_event_source_mapping(
        UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": CONSUMERS}
    )


def _rest(stack: Stack) -> None:
    with step("Waiting for rest"):
        wait_until_empty(stack, REST_SECONDS)


def _ledger(simulation: Simulation, acknowledged: list[Delivery]) -> Ledger:
    """What a perfect receiver knows of all that was acknowledged."""
    ledger = Ledger(simulation, LEASE)
    for delivery in acknowledged:
        if story.is_genuine(delivery):
            # Of two webhooks of one time nobody outside knows which was received first: many were sent at once.
            ledger.acknowledge(delivery, delivery.received_at, time.monotonic(), repeated=True)
    return ledger


def _by_fault(faulty: FaultyAws) -> Counter[str]:
    found: Counter[str] = Counter()
    for (_, fault), times in faulty.failures.items():
        found[fault.value] += times
    return found
