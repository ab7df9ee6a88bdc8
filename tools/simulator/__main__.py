"""`make simulate`: sends what simulated providers would send to a Rollcall, and audits what it answers."""

import json
import sys
import time
from dataclasses import replace

from tools.progress import step
from tools.simulator.audit import Auditor
from tools.simulator.ledger import Ledger
from tools.simulator.options import Options, parse
from tools.simulator.pace import Pace, now
from tools.simulator.probes import Probes
from tools.simulator.questions import Questions
from tools.simulator.sender import Sender
from tools.simulator.simulation import App, run
from tools.simulator.summary import Summary, show, summary
from tools.simulator.target import Target
from tools.simulator.watch import Watch
from tools.trouble import BadInput
from tools.trouble import run as run_command

MINUTE = 60_000  # milliseconds


def simulate(options: Options, target: Target) -> Summary:
    """One run against one Rollcall, from the rehearsal to the last audit."""
    if not target.pusher_secret and any(
        weight and name in ("pusher", "soketi") for name, weight in options.knobs.mix.items()
    ):
        raise BadInput("Pusher's dialects need ROLLCALL_PUSHER_SECRET in the environment, or leave them out by --mix.")
    knobs = replace(options.knobs, pusher_secret=target.pusher_secret)
    with step("Rehearsing"):
        total, lasts, apps = _rehearse(replace(options, knobs=knobs))
    past = round(lasts * (1 - 1 / max(options.speed, 1)))  # milliseconds by which a fast world begins before us
    if past > options.lease * MINUTE:
        raise BadInput(
            f"At this speed the world begins {past // MINUTE} minutes ago, and a lease of {options.lease} would be over"
            " before it is told: take a lower --speed or a longer --lease."
        )
    questions = Questions(target)
    with step(f"Preparing {len(apps)} sources"):
        for app in apps:
            target.prepare(app, knobs.pusher_key, options.lease)
            questions.channels(app)  # a wrong read key had better be seen now
    pace = Pace.ending_now(now(), lasts, options.speed)
    ledger = Ledger(run(knobs, pace.world_began), options.lease * MINUTE)
    probes = Probes(ledger, questions, pace)
    watch = Watch(Auditor(questions, ledger, options.connections, options.sample), ledger, pace, options.audit_every)
    probes.start()
    watch.start()
    began = time.monotonic()
    complete = Sender(target, ledger, pace, options.connections, options.retry_speed).run(total)
    seconds = time.monotonic() - began
    probes.stop()
    watch.stop()
    with step("Auditing"):
        rest = watch.at_rest(options.patience)
    return summary(ledger, watch, probes, rest, complete=complete, seconds=seconds)


def _rehearse(options: Options) -> tuple[int, int, list[App]]:
    """How many webhooks there will be, how many milliseconds of the world it takes, and for which sources."""
    start = 1_000_000_000_000  # any whole second: what happens does not depend on it
    simulation = run(options.knobs, start)
    return sum(1 for _ in simulation), simulation.now - start, list(simulation.truth)


def main() -> None:
    options = parse()
    found = simulate(options, Target.at(options.url) if options.url else Target.of_stack())
    show(found)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    if found["rollcall at rest"]["wrong"]:
        sys.exit(1)


if __name__ == "__main__":
    run_command(main)
