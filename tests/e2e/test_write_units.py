"""The meter's write units are those that the embedded AWS tells, for the same webhooks through the same code."""

import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from tools.costs.metering import Consumption, Meter, consumption
from tools.costs.prices import Unit
from tools.costs.scenarios import Scenario, scenarios
from tools.stack import Stack

HOUR = 3_600_000  # milliseconds
# In this order, for the tables are the same throughout: so a first join must be the first of all.
CONFIRMED = (
    "first joins",
    "single webhooks",
    "single webhooks, no log",
    "duplicates",
    "state changes",
    "churn, 5 webhooks of a member together",
    "Pusher batches of 20, sparse",
)


class Told:
    """Adds up what DynamoDB says that a client's writes consumed, by table."""

    def __init__(self, client: Any) -> None:
        self.units: Counter[str] = Counter()
        client.meta.events.register("provide-client-params.dynamodb", self._ask)
        client.meta.events.register("after-call.dynamodb", self._add)

    def _ask(self, params: dict[str, Any], **_: object) -> dict[str, Any]:
        return {**params, "ReturnConsumedCapacity": "TOTAL"}

    def _add(self, parsed: Mapping[str, Any], **_: object) -> None:
        consumed = parsed.get("ConsumedCapacity")
        if consumed is None:  # a failed condition, on Presence: the answer says what is stored, and not what it cost
            self.units["Presence"] += 1
            return
        for part in consumed if isinstance(consumed, list) else [consumed]:
            self.units["Events" if "Events" in part["TableName"] else "Presence"] += part["CapacityUnits"]


@pytest.mark.parametrize("number", range(len(CONFIRMED)), ids=CONFIRMED)
def test_the_embedded_aws_tells_the_write_units_that_the_meter_counts(stack: Stack, number: int) -> None:
    now = time.time_ns() // 1_000_000 + number * HOUR  # so that no scenario comes before the one that was before it
    (scenario,) = (each for each in scenarios(now) if each.name == CONFIRMED[number])
    assert told(stack, scenario, now) == counted(consumption(scenario, now))


def told(stack: Stack, scenario: Scenario, now: int) -> Counter[str]:
    client = stack.aws.session.client("dynamodb", endpoint_url=stack.aws.endpoint)
    meter = Meter(client, now, log=scenario.log, tables=(stack.presence_table, stack.events_table))
    for batch in scenario.before:
        meter.take(batch)
    units = Told(client)
    for step in scenario.measured:
        meter.take(step)
    return units.units


def counted(consumed: Consumption) -> Counter[str]:
    units: Counter[str] = Counter()
    for (unit, of), amount in consumed.units.items():
        if unit is Unit.WRITE_UNITS:
            units[of.partition("/")[0]] += amount
    return units
