"""The command's options: every knob, then how to send and how to audit."""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

from tools.simulator.knobs import DIALECTS, Knobs
from tools.trouble import BadInput

USUAL_LEASE = 1440  # minutes, the template's default
USUAL = Knobs(events=3_000, rate=3.0)  # with the usual speed some thirty webhooks a second: a laptop can follow


@dataclass(frozen=True)
class Options:
    """`lease` is in minutes; `speed` and `retry_speed` are factors; `audit_every` and `patience` are seconds."""

    knobs: Knobs
    url: str
    speed: float
    retry_speed: float
    connections: int
    lease: int
    audit_every: float
    patience: float
    sample: int
    json: Path | None


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Raises `BadInput` for knobs that make no sense; argparse itself ends the program for what it cannot read."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.simulator",
        description="Simulates providers, sends what they would send to a Rollcall, and audits its answers.",
        epilog="Without --url it is the Rollcall that make up started, or the one that REGION and STACK name. With it,"
        " ROLLCALL_URL_SECRET and ROLLCALL_READ_KEY must be in the environment, and for Pusher's dialects"
        " ROLLCALL_PUSHER_SECRET. Exits with 1 if Rollcall was wrong.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    _add_knobs(parser.add_argument_group("the world, the providers and the way"))
    _add_sending(parser.add_argument_group("sending"))
    _add_auditing(parser.add_argument_group("auditing"))
    given = vars(parser.parse_args(arguments))
    try:
        knobs = Knobs(
            mix=_mix(given.pop("mix")),
            source=f"sim-{int(time.time()):x}",  # its own for each run, so that none sees what an earlier one left
            **{name: given.pop(name) for name in _turned()},
        )
    except ValueError as error:
        raise BadInput(str(error)) from error
    if min(given["speed"], given["retry_speed"]) <= 0 or min(given["connections"], given["lease"]) < 1:
        raise BadInput("speed and retry-speed must be more than 0; of connections and minutes there must be one.")
    return Options(knobs=knobs, **given)


def _add_knobs(group: Any) -> None:
    for name, (kind, text, default) in _turned().items():
        option = f"--{name.replace('_', '-')}"
        if kind is bool:
            group.add_argument(option, action=argparse.BooleanOptionalAction, default=default, help=text)
        else:
            group.add_argument(option, type=kind, default=default, metavar=kind.__name__.upper(), help=text)
    group.add_argument(
        "--mix",
        default=",".join(DIALECTS),
        help="dialects that take part, as in pusher=3,pubnub (1 where no weight is given)",
    )


def _add_sending(group: Any) -> None:
    group.add_argument("--url", default="", help="any other Rollcall: what /webhooks is appended to")
    group.add_argument(
        "--speed", type=float, default=20.0, help="seconds of the world in one of ours; above 1 it began in the past"
    )
    group.add_argument(
        "--retry-speed", type=float, default=60.0, help="by how much providers' waits before a retry are shortened"
    )
    group.add_argument("--connections", type=int, default=4, help="open at once; a source keeps to one of them")


def _add_auditing(group: Any) -> None:
    group.add_argument(
        "--lease", type=int, default=USUAL_LEASE, help="minutes; stored for the sources, unless --url is given"
    )
    group.add_argument(
        "--audit-every", type=float, default=60.0, help="seconds between audits during the run; 0 for none"
    )
    group.add_argument(
        "--patience", type=float, default=120.0, help="seconds in which Rollcall must be right once all is sent"
    )
    group.add_argument("--sample", type=int, default=20, help="users per source whose whereabouts are asked")
    group.add_argument("--json", type=Path, help="file to write the results to")


def _turned() -> dict[str, tuple[type, str, object]]:
    """The knobs that have a help text: their type, the text, and the default."""
    hints = get_type_hints(Knobs, include_extras=True)
    return {
        one.name: (*get_args(hints[one.name])[:2], getattr(USUAL, one.name))
        for one in fields(Knobs)
        if hasattr(hints[one.name], "__metadata__")
    }


def _mix(text: str) -> dict[str, float]:
    parts = (part.partition("=") for part in text.split(",") if part)
    return {name.strip(): float(weight) if weight else 1.0 for name, _, weight in parts}
