"""`make prove`: whether presence is right over a million events, while a share of all calls to AWS fails.

Each seed is a world of its own, which its number replays exactly: `python -m tools.proof --seeds 7 --events 250000`.
"""

import argparse
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path

from tools.proof.run import Result, prove
from tools.table import print_table
from tools.trouble import run

_COLUMNS = ("events", "webhooks", "calls", "failed", "redriven", "comparisons")


def main() -> None:
    asked = _asked()
    with ProcessPoolExecutor(min(len(asked.seeds), os.cpu_count() or 1)) as processes:
        results = list(processes.map(partial(_proved, events=asked.events, share=asked.share), asked.seeds))
    wrong = sum(result.wrong.total() for result in results)
    _print(results)
    if asked.json:
        asked.json.write_text(json.dumps([asdict(result) for result in results], indent=2) + "\n")
    print(f"\n{wrong} divergences from the perfect receiver in {sum(result.events for result in results):,} events.")
    sys.exit(1 if wrong else 0)


def _proved(seed: int, events: int, share: float) -> Result:
    # Lines, and no bar: several seeds run at once.
    result = prove(seed, events, share, lambda told: print(f"seed {seed}: {told:,} events", flush=True))
    print(f"seed {seed}: done in {result.seconds:.0f} s, {result.wrong.total()} divergences", flush=True)
    return result


def _print(results: list[Result]) -> None:
    rows = [(result.seed, *(getattr(result, name) for name in _COLUMNS), result.wrong.total()) for result in results]
    totals = [sum(column) for column in zip(*(row[1:] for row in rows), strict=True)]
    print()
    print_table(("seed", *_COLUMNS, "divergences"), [*rows, ("all", *totals)])
    for result in results:
        for what, times in result.wrong.items():
            print(f"seed {result.seed}: {times} {what}")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.proof", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4], help="worlds (default: 1 2 3 4)")
    parser.add_argument("--events", type=int, default=250_000, help="that happen in each of them (default: 250000)")
    parser.add_argument("--share", type=float, default=0.02, help="of all calls to AWS that fail (default: 0.02)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
