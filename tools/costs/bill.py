"""From what a scenario consumes, and how long its functions run, to dollars."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from tools import template
from tools.costs import billing
from tools.costs.metering import Consumption, Run
from tools.costs.prices import Unit, price_list
from tools.costs.processor import Measured
from tools.costs.scenarios import Scenario

ROUND_TRIP = 5  # milliseconds from a function to SQS or DynamoDB and back, a usual figure within a region
# Of a thousand invocations, those that start cold: one with steady traffic, and ten at the most, for AWS says that it
# is under 1 % of invocations. https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
STEADY, UNSTEADY, ALL = 1, 10, 1000

_MILLION = 1_000_000


@dataclass(frozen=True)
class Bill:
    """What a scenario costs, in dollars for a million of what it counts."""

    scenario: Scenario
    consumption: Consumption
    measured: Mapping[str, Measured]
    """By function."""

    def total(self, *, cold: int = STEADY) -> float:
        """With so many of a thousand invocations starting cold."""
        return sum(self.dollars(unit, cold=cold) for unit in Unit)

    def dollars(self, unit: Unit, *, cold: int = STEADY) -> float:
        match unit:
            case Unit.LAMBDA_GB_SECONDS:
                amount = self.gb_seconds(cold)
            case Unit.LOG_GB:
                amount = self.log_bytes() / billing.GB
            case _:
                amount = self.units(unit)
        return amount * price_list().of[unit] * _MILLION

    def units(self, unit: Unit) -> float:
        """For one of what is counted."""
        consumed = self.consumption.units.items()
        return sum(amount for billed, amount in consumed if billed.unit is unit) / self.scenario.counted

    def gb_seconds(self, cold: int) -> float:
        """For one of what is counted."""
        return sum(self._gb_seconds(run, cold / 1000) for run in self.consumption.runs) / self.scenario.counted

    def log_bytes(self) -> float:
        """For one of what is counted."""
        return sum(self.measured[run.function].logged for run in self.consumption.runs) / self.scenario.counted

    def milliseconds(self) -> dict[str, float]:
        """How long a warm invocation takes on average, by function."""
        totals: Counter[str] = Counter()
        for run in self.consumption.runs:
            totals[run.function] += self._warm(run)  # type: ignore[assignment]  # a Counter is typed for whole numbers
        invocations = Counter(run.function for run in self.consumption.runs)
        return {function: total / invocations[function] for function, total in totals.items()}

    def of_the_aim(self, *, fair: bool = True) -> float:
        """Dollars for a million of what the scenario's aim is about; `fair` with what the fair queue costs.

        Without the logs, which the aims do not cover.
        """
        total = self.total() - self.dollars(Unit.LOG_GB) - (0 if fair else self.dollars(Unit.SQS_FAIR_QUEUE_REQUESTS))
        return (
            total
            if self.scenario.aimed_at == self.scenario.of
            else total * self.scenario.counted / self.scenario.events
        )

    def _gb_seconds(self, run: Run, cold: float) -> float:
        memory = template.memory_mb(run.function)
        warm = self._warm(run)
        init = billing.wall_milliseconds(self.measured[run.function].init, 0, memory)
        return (1 - cold) * billing.gb_seconds(warm, memory) + cold * billing.gb_seconds(warm + init, memory)

    def _warm(self, run: Run) -> float:
        memory = template.memory_mb(run.function)
        return billing.wall_milliseconds(self.measured[run.function].invocation, run.waits * ROUND_TRIP, memory)
