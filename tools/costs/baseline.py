"""The units that each scenario is known to need, so that nobody makes Rollcall dearer without noticing.

Requests, chunks and units only, which come out the same on every machine; never milliseconds.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from tools.costs.metering import Consumption, consumption
from tools.costs.scenarios import scenarios

FILE = Path(__file__).with_name("baseline.json")
NOW = 1_760_000_000_000  # Unix milliseconds; any fixed time does
RENEW = "python -m tools.costs --write-baseline"

type Baseline = Mapping[str, Mapping[str, float]]
"""Units by what they are billed for, by scenario; for all that the scenario counts."""


def measured() -> Baseline:
    return {scenario.name: _units(consumption(scenario, NOW)) for scenario in scenarios(NOW)}


def written() -> Baseline:
    baseline: Baseline = json.loads(FILE.read_text())
    return baseline


def write(baseline: Baseline) -> None:
    FILE.write_text(json.dumps(baseline, indent=2) + "\n")


def differences(was: Baseline, now: Baseline) -> Iterator[str]:
    """A sentence for each unit of which there are more, or fewer, than there were."""
    for scenario in sorted(was.keys() | now.keys()):
        before, after = was.get(scenario, {}), now.get(scenario, {})
        for unit in sorted(before.keys() | after.keys()):
            then, since = before.get(unit, 0), after.get(unit, 0)
            if then != since:
                yield f"{scenario}: {unit} {'rose' if since > then else 'fell'} from {then:g} to {since:g}."


def _units(consumed: Consumption) -> dict[str, float]:
    return {f"{unit.value} of {of}": float(amount) for (unit, of), amount in sorted(consumed.units.items()) if amount}
