"""No scenario may become dearer unnoticed, nor cheaper without the baseline saying so."""

import pytest

from tools.costs import baseline
from tools.costs.baseline import NOW, Baseline, differences
from tools.costs.scenarios import scenarios


@pytest.fixture(scope="module")
def measured() -> Baseline:
    return baseline.measured()


def test_every_scenario_needs_the_units_of_the_baseline(measured: Baseline) -> None:
    found = list(differences(baseline.written(), measured))
    assert not found, "\n".join([*found, f"If that is meant, write the baseline anew: {baseline.RENEW}"])


# The write units of one webhook in Presence with its indexes, and in Events; the figures of its batch come on top.
@pytest.mark.parametrize(
    ("name", "presence", "events"),
    [
        ("single webhooks", 2, 1),
        ("single webhooks, no log", 2, 0),
        ("first joins", 4, 1),
        ("duplicates", 1, 1),
        ("state changes", 2, 1),
        ("Pusher batches of 20", 40, 20),
    ],
)
def test_a_join_or_leave_of_a_known_member_costs_two_units_and_one_in_the_log(
    measured: Baseline, name: str, presence: int, events: int
) -> None:
    (scenario,) = (scenario for scenario in scenarios(NOW) if scenario.name == name)
    batches = len(scenario.measured)  # all of one source
    written = {of: units for of, units in measured[name].items() if of.startswith("write_units of ")}
    assert written.pop("write_units of Events", 0) == events * scenario.counted
    assert sum(written.values()) == presence * scenario.counted + batches


def test_what_rises_falls_comes_and_goes_is_told_by_scenario_and_unit() -> None:
    was = {
        "joins": {"write_units of Presence": 2.0, "sqs_requests of send": 1.0},
        "gone": {"read_units of Events": 1.0},
    }
    now = {"joins": {"write_units of Presence": 3.0}, "new": {"read_units of Events": 1.5}}
    assert list(differences(was, now)) == [
        "gone: read_units of Events fell from 1 to 0.",
        "joins: sqs_requests of send fell from 1 to 0.",
        "joins: write_units of Presence rose from 2 to 3.",
        "new: read_units of Events rose from 0 to 1.5.",
    ]
    assert list(differences(was, was)) == []
