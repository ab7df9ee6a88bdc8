"""What a run came to: for people, and as JSON."""

from collections.abc import Mapping
from typing import Any

from tools.simulator.audit import Findings
from tools.simulator.ledger import Ledger
from tools.simulator.probes import Probes, percentile
from tools.simulator.watch import Watch
from tools.table import print_table

type Summary = dict[str, Any]


def summary(ledger: Ledger, watch: Watch, probes: Probes, rest: Findings, *, complete: bool, seconds: float) -> Summary:
    """Times are seconds."""
    simulation = ledger.simulation
    return {
        "seed": simulation.knobs.seed,
        "complete": complete,
        "sending": {
            "seconds of sending": round(seconds, 1),
            "events that happened": simulation.happened,
            "webhooks acknowledged": ledger.acknowledged,
            "events in these": ledger.events,
            "webhooks per second": round(ledger.acknowledged / seconds, 1) if seconds else 0.0,
            "attempts not acknowledged": dict(ledger.troubles.most_common()),
            "webhooks given up": ledger.given_up,
        },
        "events that providers never told": dict(simulation.lost.most_common()),
        "rollcall at rest": {
            "channels": rest.channels,
            "members": rest.members,
            "wrong": dict(rest.wrong.most_common()),
            "undecided members": rest.undecided,
            "examples": rest.examples,
        },
        "audits during the run": [
            {
                "members": one.members,
                "not yet right": sum(one.wrong.values()),
                "ghosts": len(one.untrue),
                "missing": len(one.missing),
            }
            for one in watch.during
        ],
        "against the truth at rest": {
            "members told": len(rest.told),
            "ghosts": len(rest.untrue),
            "missing": len(rest.missing),
            "ghost half-life": watch.ghosts.half_life(),
        },
        "time until right": {
            "probes": len(probes.since_acknowledged),
            "never": probes.never,
            "since acknowledged": _percentiles(probes.since_acknowledged),
            "since the event": _percentiles(probes.since_event),
        },
    }


def show(found: Summary) -> None:
    print()
    print_table(("what", "result"), list(_rows(found)))
    wrong = found["rollcall at rest"]["wrong"]
    print()
    for example in found["rollcall at rest"]["examples"]:
        print(f"  {example}")
    print(
        f"Rollcall is wrong in {sum(wrong.values())} answers."
        if wrong
        else "Rollcall is right: it answers what a perfect receiver knows."
    )


def _rows(found: Summary) -> list[tuple[str, str]]:
    sending, rest, truth, times = (
        found["sending"],
        found["rollcall at rest"],
        found["against the truth at rest"],
        found["time until right"],
    )
    during = found["audits during the run"]
    rows = [
        ("seed", str(found["seed"])),
        ("sent", "completely" if found["complete"] else "until interrupted"),
        *((name, _counted(value)) for name, value in sending.items()),
        ("events that providers never told", _counted(found["events that providers never told"])),
        ("at rest: channels, members", f"{rest['channels']}, {rest['members']}"),
        ("at rest: wrong answers of Rollcall", _counted(rest["wrong"])),
        ("at rest: undecided members", str(rest["undecided members"])),
        (
            "truth: ghosts, missing (to a perfect receiver too)",
            f"{truth['ghosts']}, {truth['missing']} of {truth['members told']} told",
        ),
        ("truth: half-life of a ghost", _seconds(truth["ghost half-life"])),
        ("probes, never right", f"{times['probes']}, {times['never']}"),
        *((f"right since {name}", _both(times[f"since {name}"])) for name in ("acknowledged", "the event")),
    ]
    if during:
        shares = [one["not yet right"] / max(one["members"], 1) for one in during]
        rows.insert(-5, ("during the run: not yet right, at most", f"{max(shares):.1%} in {len(during)} audits"))
    return rows


def _counted(value: object) -> str:
    if not isinstance(value, Mapping):
        return str(value)
    return ", ".join(f"{count} {name}" for name, count in value.items()) or "0"


def _percentiles(values: list[float]) -> dict[str, float | None]:
    return {name: percentile(values, share) for name, share in (("p50", 0.5), ("p99", 0.99))}


def _both(values: Mapping[str, float | None]) -> str:
    return ", ".join(f"{name} {_seconds(value)}" for name, value in values.items())


def _seconds(value: float | None) -> str:
    return "not known" if value is None else f"{value:.2f} s"
