"""What webhooks cost in write units, by the embedded AWS's own figures: `make up`, then `make bench`.

The webhooks go through the consumer's own code, with its writes metered. A unit is one write of up to 1 KB; DynamoDB
bills one, too, for a write whose condition fails, and one or two for each index that the write changes.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3

from rollcall.consume import Delivery
from rollcall.envelope import Envelope, seal
from tools.choice import chosen_stack
from tools.own_rollcall import OwnRollcall
from tools.stack import Stack
from tools.table import print_table
from tools.trouble import run


@dataclass
class Meter:
    """Adds up what DynamoDB says that a client's writes consumed, by table."""

    units: Counter[str] = field(default_factory=Counter)

    def watch(self, client: Any) -> None:
        client.meta.events.register("provide-client-params.dynamodb", self._ask)
        client.meta.events.register("after-call.dynamodb", self._add)

    def _ask(self, params: dict[str, Any], **_: object) -> dict[str, Any]:
        return {**params, "ReturnConsumedCapacity": "TOTAL"}

    def _add(self, parsed: Mapping[str, Any], **_: object) -> None:
        consumed = parsed.get("ConsumedCapacity")
        if consumed is None:  # a failed condition: the answer says what is stored, and not what it cost
            consumed = {"TableName": "failed", "CapacityUnits": 1}
        for part in consumed if isinstance(consumed, list) else [consumed]:
            self.units[part["TableName"]] += part["CapacityUnits"]


class Scenario:
    """Webhooks of one channel of its own, sent through a metered consumer."""

    def __init__(self, stack: Stack) -> None:
        session: boto3.Session = stack.aws.session
        client = session.client("dynamodb", endpoint_url=stack.aws.endpoint)
        self.meter = Meter()
        self.meter.watch(client)
        self._stack = stack
        self._at = self._begin = time.time_ns() // 1_000_000
        self._consumer = OwnRollcall.on(stack, client, lambda: self._begin).consumer()

    def cost_of(self, action: str, users: Iterable[str], *, later: int = 1) -> tuple[float, float]:
        """Units of Presence and of Events for one webhook with an event for each user."""
        self._at += later
        self.meter.units.clear()
        items = [
            {
                "action": action,
                "uuid": user,
                "channel": f"bench-{self._begin}",
                "timestamp": self._at,
                "data": {"n": later},
            }
            for user in users
        ]
        envelope = Envelope(
            provider="pubnub",
            source="bench",
            received_at=self._at,
            request_id="bench",
            headers={},
            body=json.dumps(items).encode(),
        )
        outcome = self._consumer.consume([Delivery("1", seal(envelope))], lambda: False)
        if outcome.errors:
            raise outcome.errors[0]
        events = self.meter.units[self._stack.events_table]
        return self.meter.units.total() - events, events


def measure(stack: Stack) -> dict[str, tuple[float, float]]:
    """Units of Presence and Events by what happened."""
    scenario = Scenario(stack)
    crowd = [f"user-{number:02}" for number in range(20)]
    steps: dict[str, Callable[[], tuple[float, float]]] = {
        "first join in a channel, with its directory entry": lambda: scenario.cost_of("join", ["ann"]),
        "first join of another member": lambda: scenario.cost_of("join", ["bob"]),
        "leave of a known member": lambda: scenario.cost_of("leave", ["bob"]),
        "join of a known member": lambda: scenario.cost_of("join", ["bob"]),
        "join of a member who is there": lambda: scenario.cost_of("join", ["bob"]),
        "duplicate of that join": lambda: scenario.cost_of("join", ["bob"], later=0),
        "state change": lambda: scenario.cost_of("state-change", ["bob"]),
        "one body of 20 first joins": lambda: scenario.cost_of("join", crowd),
        "one body of 20 leaves": lambda: scenario.cost_of("leave", crowd),
        "one body of 20 joins of known members": lambda: scenario.cost_of("join", crowd),
        "one body of 20 joins of one member": lambda: scenario.cost_of("join", ["bob"] * 20),
    }
    return {what: step() for what, step in steps.items()}


def main() -> None:
    rows = [(what, f"{presence:g}", f"{events:g}") for what, (presence, events) in measure(chosen_stack()).items()]
    print_table(("write units", "Presence", "Events"), rows)


if __name__ == "__main__":
    run(main)
