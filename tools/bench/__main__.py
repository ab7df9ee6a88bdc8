"""`python -m tools.bench` runs all benchmarks, `python -m tools.bench ingest trimming` two of them."""

import argparse
from importlib import import_module
from pathlib import Path

from tools import blocks
from tools.bench.findings import Findings, as_text, write_json
from tools.choice import chosen_stack
from tools.places import ROOT
from tools.trouble import run

# In the order in which they run, with their rounds. Units do not vary, so those that count them have one.
_ROUNDS = {"ingest": 11, "cold": 7, "consumer": 5, "trimming": 1, "reading": 1, "journey": 3, "batch": 3}

_PAGE = ROOT / "docs/benchmarks.md"
_OF_THE_STACK = {"journey", "batch"}


def main() -> None:
    arguments = _arguments()
    names = arguments.names or list(_ROUNDS)
    if _OF_THE_STACK.intersection(names):
        chosen_stack()  # if it does not run, that is better said now than after minutes
    found: list[tuple[str, Findings]] = []
    for name in names:
        benchmark = import_module(f"tools.bench.{name}")  # one at a time, as each needs other libraries
        what_it_measures = (benchmark.__doc__ or "").partition("\n")[0]
        print(f"\n{name}: {what_it_measures}", flush=True)
        findings: Findings = benchmark.measure(arguments.rounds or _ROUNDS[name])
        print(f"\n{as_text(findings)}")
        found.append((name, findings))
    if arguments.write:
        blocks.write(_PAGE, "make bench", {name: as_text(findings) for name, findings in found})
    if arguments.json:
        write_json(arguments.json, found)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description="Measures Rollcall, mostly as ratios.")
    parser.add_argument("names", nargs="*", metavar="NAME", choices=_ROUNDS, help=f"one of {', '.join(_ROUNDS)}")
    parser.add_argument("--rounds", type=int, help="how often each runs, in turn; medians are shown")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/benchmarks.md, too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found there, too")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
