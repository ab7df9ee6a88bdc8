"""What a month costs holds all that AWS bills: also what is logged, and the metrics made of it."""

import json
from dataclasses import replace

import pytest

from rollcall.trimming import Trimmed
from tools.costs import billing, logs
from tools.costs.bill import Bill
from tools.costs.logs import Metric
from tools.costs.metering import Consumption, Run
from tools.costs.months import idle_month, months
from tools.costs.prices import Unit, price_list
from tools.costs.processor import Measured
from tools.costs.scenarios import BY_TENS, SPARSE, nothing_to_trim, scenarios

NOW = 1_760_000_000_000  # Unix milliseconds
EMBEDDED = {
    "service": "rollcall",
    "kind": "members",
    "Trimmed": [2.0],
    "Late": [0.0],
    "_aws": {
        "CloudWatchMetrics": [
            {
                "Namespace": "Rollcall",
                "Dimensions": [["service", "kind"]],
                "Metrics": [{"Name": "Trimmed"}, {"Name": "Late"}],
            }
        ]
    },
}


def metric(name: str) -> Metric:
    return Metric("Rollcall", name, (("service", "rollcall"),))


def month(*, consumer: int, trimmer: int) -> list[Bill]:
    """The bills of which months are made, with so many metrics, and nothing consumed but a gigabyte of logs each."""
    names = {SPARSE, BY_TENS, *map(nothing_to_trim, Trimmed)}
    functions = {
        "Consumer": Measured(0, 0, billing.GB, frozenset(metric(str(number)) for number in range(consumer))),
        "Trimmer": Measured(0, 0, 0, frozenset(metric(str(number)) for number in range(trimmer))),
    }
    return [
        Bill(replace(scenario, counted=1), Consumption(runs=[Run("Consumer", waits=0)]), functions)
        if scenario.name in (SPARSE, BY_TENS)
        else Bill(scenario, Consumption(), functions)
        for scenario in scenarios(NOW)
        if scenario.name in names
    ]


def test_a_line_of_the_log_is_billed_with_26_bytes_and_lambdas_own_two_lines() -> None:
    own = logs.billed_bytes([], 1)
    assert 300 < own < 500
    assert logs.billed_bytes(["x" * 74, "\N{SNOWMAN}"], 2) == own + (74 + 26 + 3 + 26) / 2


def test_each_metric_of_an_embedded_line_is_billed_by_its_name_and_dimensions() -> None:
    lines = [json.dumps({"message": "trimmed"}), json.dumps(EMBEDDED), json.dumps(EMBEDDED)]
    dimensions = (("kind", "members"), ("service", "rollcall"))
    assert set(logs.metrics(lines)) == {
        Metric("Rollcall", "Trimmed", dimensions),
        Metric("Rollcall", "Late", dimensions),
    }


# "All custom metrics charges are prorated by the hour and metered only when you send metrics to CloudWatch."
# https://aws.amazon.com/cloudwatch/pricing/
@pytest.mark.parametrize(("times", "share"), [(0, 0), (73, 0.1), (730, 1), (1_000_000, 1)])
def test_a_metric_is_billed_for_the_hours_in_which_it_is_written(times: int, share: float) -> None:
    assert billing.metric_months(times) == pytest.approx(share)


def test_a_metric_that_two_schedules_write_is_billed_once_as_often_as_the_more_frequent_one_does() -> None:
    (line,) = (line for line in idle_month(month(consumer=0, trimmer=4)) if line.what.startswith("metrics"))
    assert line.amount == 4  # that of five minutes writes all of them in every hour
    assert line.dollars == pytest.approx(1.20)


def test_a_month_adds_the_logs_and_the_consumers_metrics_to_what_an_idle_stack_costs() -> None:
    bills = month(consumer=10, trimmer=4)
    none, ten_thousand, *_ = months(bills)
    assert none.total == none.idle == pytest.approx(sum(line.dollars for line in idle_month(bills)))
    assert ten_thousand.metrics == pytest.approx(3.00)
    assert ten_thousand.logs == pytest.approx(10_000 * price_list().of[Unit.LOG_GB])
    assert ten_thousand.total == pytest.approx(
        none.total + ten_thousand.passing + ten_thousand.logs + 3.00 + ten_thousand.stored
    )
    assert 0 < ten_thousand.stored < 0.01  # a week of them, some hundred bytes each
