"""What AWS bills for Rollcall, scenario by scenario: `make costs`, or `python -m tools.costs --help`."""

import argparse
import sys
import time
from pathlib import Path

from tools import blocks
from tools.costs import baseline
from tools.costs.bill import STEADY, Bill
from tools.costs.metering import consumption
from tools.costs.mix import mixes
from tools.costs.prices import price_list
from tools.costs.processor import measure
from tools.costs.report import tables, write_json
from tools.costs.scenarios import scenarios
from tools.places import ROOT
from tools.progress import step
from tools.trouble import run

_PAGE = ROOT / "docs/costs.md"
_HEADS = {
    "units": "Units for one of what is counted; milliseconds of one invocation",
    "dollars per million": (
        f"Dollars per million, at the prices of {price_list().as_of}; {STEADY} of 1,000 invocations starts cold"
    ),
    "months": "Dollars a month, by how many webhooks come",
    "an idle stack": "An idle stack, per month",
    "to reach": "Dollars per million to reach",
}
_ROUNDS = 5  # processes whose median counts; fewer and a busy machine shows


def main() -> None:
    options = _options()
    if options.write_baseline:
        baseline.write(baseline.measured())
        print(f"Written: {baseline.FILE}")
        return
    bills = _bills(options.rounds)
    found = tables(bills)
    for what, table in found.items():
        print(f"\n{_HEADS[what]}\n\n{table}")
    if options.write:
        blocks.write(_PAGE, "make costs", found)
    if options.json:
        write_json(options.json, bills)


def _bills(rounds: int) -> list[Bill]:
    now = time.time_ns() // 1_000_000  # the functions have real clocks
    bills = []
    for scenario in [*scenarios(now), *mixes(now)]:
        with step(scenario.name):
            bills.append(Bill(scenario, consumption(scenario, now), measure(scenario, now, rounds)))
    return bills


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.costs", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to this file, too")
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help="processes for each median (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/costs.md, too")
    parser.add_argument("--write-baseline", action="store_true", help="write the units that tests compare with anew")
    return parser.parse_args(sys.argv[1:])


if __name__ == "__main__":
    run(main)
