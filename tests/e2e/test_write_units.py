"""What webhooks may cost, by the embedded AWS's own figures."""

from tools.bench_writes import measure
from tools.stack import Stack

# Units in Presence and in Events.
EXPECTED: dict[str, tuple[float, float]] = {
    "leave of a known member": (2, 1),
    "join of a known member": (2, 1),
    "join of a member who is there": (2, 1),
    "duplicate of that join": (1, 1),
    "state change": (2, 1),
    "one body of 20 joins of known members": (40, 20),
}


def test_a_join_or_leave_of_a_known_member_costs_two_units_and_one_in_the_log(stack: Stack) -> None:
    units = measure(stack)
    assert {what: units[what] for what in EXPECTED} == EXPECTED
