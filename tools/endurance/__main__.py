"""`make endure`: lets Rollcall work while things break, on an embedded AWS of its own, and draws up the account."""

import argparse
import json
import shutil
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.embedded_aws import EmbeddedAws
from tools.endurance import endure, ghosts
from tools.endurance.plan import Plan
from tools.places import LOCAL
from tools.table import print_table
from tools.trouble import Trouble, run

FOLDER = LOCAL / "endurance"


def main() -> None:
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as a shell reports it; all blocks end, and stop the AWS
    with EmbeddedAws(keeps_state=True, state_dir=_fresh_folder()) as aws:
        if arguments.scenario == "ghosts":
            figures, wrong = ghosts.haunt(aws, arguments.webhooks, arguments.seed)
        else:
            plan = Plan(
                arguments.webhooks,
                arguments.seed,
                arguments.clients,
                arguments.rate,
                arguments.share,
                arguments.restarts,
            )
            outcome = endure.endure(aws, plan)
            figures, wrong = outcome.as_json(), outcome.wrong
    _print(figures)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")
    if wrong:
        raise Trouble(f"That is wrong: see above. What the AWS said is in {FOLDER}.")
    print("\nNothing is wrong.")


def _arguments() -> argparse.Namespace:
    usual = Plan()
    parser = argparse.ArgumentParser(prog="python -m tools.endurance", description=__doc__)
    parser.add_argument("--scenario", choices=["faults", "ghosts"], default="faults")
    parser.add_argument("--webhooks", type=int, default=usual.webhooks, help="different ones; a tenth comes twice")
    parser.add_argument("--seed", type=int, default=usual.seed)
    parser.add_argument("--clients", type=int, default=usual.clients, help="connections that send at once")
    parser.add_argument("--rate", type=float, default=usual.rate, help="webhooks a second")
    parser.add_argument("--share", type=float, default=usual.share, help="of the functions' requests to AWS fail")
    parser.add_argument("--restarts", type=int, default=usual.restarts)
    parser.add_argument("--json", type=Path, help="a file for the figures")
    return parser.parse_args()


def _fresh_folder() -> Path:
    if EmbeddedAws.running(FOLDER):
        raise Trouble("Another run is under way: two would spoil each other's figures.")
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    return FOLDER


def _print(figures: Mapping[str, object]) -> None:
    rows = [(name.replace("_", " "), _shown(value)) for name, value in figures.items()]
    print()
    print_table(("of this run", ""), rows)


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{count} {what}" for what, count in value.items()) or "none"
    return ", ".join(map(str, value)) or "nothing" if isinstance(value, list) else str(value)


if __name__ == "__main__":
    run(main)
