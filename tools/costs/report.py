"""What the meter has found: tables for people, and a file for programs."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tools.costs.bill import ROUND_TRIP, STEADY, UNSTEADY, Bill
from tools.costs.months import Month, idle_month, months
from tools.costs.prices import Unit, price_list
from tools.table import as_table

_PARTS = {
    "HTTP API": Unit.HTTP_API_REQUESTS,
    "Lambda": Unit.LAMBDA_REQUESTS,
    "GB-seconds": Unit.LAMBDA_GB_SECONDS,
    "SQS": Unit.SQS_REQUESTS,
    "fair queue": Unit.SQS_FAIR_QUEUE_REQUESTS,
    "writes": Unit.WRITE_UNITS,
    "reads": Unit.READ_UNITS,
    "schedule": Unit.SCHEDULE_STARTS,
    "logs": Unit.LOG_GB,
}
_WORDS = {True: "reached", False: "NOT REACHED"}


def tables(bills: Sequence[Bill]) -> dict[str, str]:
    """Text by what it shows; the names are those of the blocks in docs/costs.md."""
    return {
        "units": _units_of(bills),
        "dollars per million": _dollars_of(bills),
        "months": _months_of(bills),
        "an idle stack": _idle_of(bills),
        "to reach": _aims_of(bills),
    }


def _units_of(bills: Sequence[Bill]) -> str:
    shown = {
        name: unit for name, unit in _PARTS.items() if name not in ("GB-seconds", "fair queue", "schedule", "logs")
    }
    head = ("scenario", "of", *shown, "log bytes", "milliseconds")
    return as_table(head, [_units(bill, shown.values()) for bill in bills])


def _dollars_of(bills: Sequence[Bill]) -> str:
    head = ("scenario", "of", *_PARTS, "total", f"{UNSTEADY} of 1,000 cold", "a million events")
    return as_table(head, [_dollars(bill) for bill in bills])


def _months_of(bills: Sequence[Bill]) -> str:
    head = ("webhooks a month", "as", "without any", "passing them on", "logs", "metrics", "stored events", "total")
    return as_table(head, [_month(month) for month in months(bills)])


def _idle_of(bills: Sequence[Bill]) -> str:
    lines = list(idle_month(bills))
    rows = [(line.what, f"{line.amount:,.6g}", f"{line.dollars:.2f}") for line in lines]
    return as_table(("", "amount", "dollars"), [*rows, ("total", "", f"{sum(line.dollars for line in lines):.2f}")])


def _aims_of(bills: Sequence[Bill]) -> str:
    head = ("", "of", "at most", "is", "", "with FairQueue=DISABLED", "")
    return as_table(head, [_aim(bill, bill.scenario.aim) for bill in bills if bill.scenario.aim is not None])


def write_json(file: Path, bills: Sequence[Bill]) -> None:
    content = {
        "prices_as_of": price_list().as_of.isoformat(),
        "round_trip_milliseconds": ROUND_TRIP,
        "cold_of_1000_invocations": STEADY,
        "scenarios": [_as_json(bill) for bill in bills],
        "idle_month": [line._asdict() for line in idle_month(bills)],
        "months": [{**month._asdict(), "total": month.total} for month in months(bills)],
    }
    file.write_text(json.dumps(content, indent=2) + "\n")


def _units(bill: Bill, shown: Iterable[Unit]) -> tuple[str, ...]:
    each = ", ".join(f"{function} {milliseconds:.1f}" for function, milliseconds in bill.milliseconds().items())
    return (
        bill.scenario.name,
        bill.scenario.of,
        *(f"{bill.units(unit):.2f}" for unit in shown),
        f"{bill.log_bytes():.0f}",
        each,
    )


def _dollars(bill: Bill) -> tuple[str, ...]:
    events = bill.scenario.events
    return (
        bill.scenario.name,
        bill.scenario.of,
        *(f"{bill.dollars(unit):.2f}" for unit in _PARTS.values()),
        f"{bill.total():.2f}",
        f"{bill.total(cold=UNSTEADY):.2f}",
        f"{bill.total() * bill.scenario.counted / events:.2f}" if events else "",
    )


def _month(month: Month) -> tuple[str, ...]:
    dollars = (month.idle, month.passing, month.logs, month.metrics, month.stored, month.total)
    return (f"{month.webhooks:,}", month.scenario if month.webhooks else "", *(f"{each:,.2f}" for each in dollars))


def _aim(bill: Bill, at_most: float) -> tuple[str, ...]:
    figures = (bill.of_the_aim(), bill.of_the_aim(fair=False))
    judged = [cell for figure in figures for cell in (f"{figure:.3f}", _WORDS[figure <= at_most])]
    return (bill.scenario.name, bill.scenario.aimed_at, f"{at_most:.2f}", *judged)


def _as_json(bill: Bill) -> dict[str, Any]:
    scenario = bill.scenario
    return {
        "scenario": scenario.name,
        "of": scenario.of,
        "events_of_each": scenario.events / scenario.counted,
        "units_of_each": {unit.value: bill.units(unit) for unit in _PARTS.values() if bill.units(unit)},
        "gb_seconds_of_each": bill.gb_seconds(STEADY),
        "processor_milliseconds": {
            function: {"init": found.init, "invocation": found.invocation} for function, found in bill.measured.items()
        },
        "log_bytes_of_each": bill.log_bytes(),
        "milliseconds": bill.milliseconds(),
        "dollars_per_million": {name: bill.dollars(unit) for name, unit in _PARTS.items()},
        "total_per_million": bill.total(),
        "total_per_million_if_unsteady": bill.total(cold=UNSTEADY),
        "aim": scenario.aim,
        "aimed_at": scenario.aimed_at if scenario.aim is not None else None,
        "is": bill.of_the_aim() if scenario.aim is not None else None,
    }
