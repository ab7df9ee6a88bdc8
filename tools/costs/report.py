"""What the meter has found: tables for people, and a file for programs."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rollcall.trimming import Trimmed
from tools import template
from tools.costs import billing
from tools.costs.bill import ALL, ROUND_TRIP, STEADY, UNSTEADY, Bill
from tools.costs.prices import Unit, price_list
from tools.costs.scenarios import nothing_to_trim
from tools.table import print_table

_PARTS = {
    "HTTP API": Unit.HTTP_API_REQUESTS,
    "Lambda": Unit.LAMBDA_REQUESTS,
    "GB-seconds": Unit.LAMBDA_GB_SECONDS,
    "SQS": Unit.SQS_REQUESTS,
    "fair queue": Unit.SQS_FAIR_QUEUE_REQUESTS,
    "writes": Unit.WRITE_UNITS,
    "reads": Unit.READ_UNITS,
    "schedule": Unit.SCHEDULE_STARTS,
}
_WORDS = {True: "reached", False: "NOT REACHED"}


class MonthlyLine(NamedTuple):
    """What a stack costs in a month in which nothing happens."""

    what: str
    amount: int
    dollars: float


def show(bills: Sequence[Bill]) -> None:
    print("\nUnits for one of what is counted; milliseconds of one invocation\n")
    shown = {name: unit for name, unit in _PARTS.items() if name not in ("GB-seconds", "fair queue", "schedule")}
    print_table(("scenario", "of", *shown, "milliseconds"), [_units(bill, shown.values()) for bill in bills])
    print(f"\nDollars per million, at the prices of {price_list().as_of}; {STEADY} of 1,000 invocations starts cold\n")
    head = ("scenario", "of", *_PARTS, "total", f"{UNSTEADY} of 1,000 cold", "a million events")
    print_table(head, [_dollars(bill) for bill in bills])
    print("\nAn idle stack, per month\n")
    month = list(idle_month(bills))
    rows = [(what, amount, f"{dollars:.2f}") for what, amount, dollars in month]
    print_table(("", "amount", "dollars"), [*rows, ("total", "", f"{sum(line.dollars for line in month):.2f}")])
    print("\nDollars per million to reach\n")
    head = ("", "of", "at most", "is", "", "with FairQueue=DISABLED", "")
    print_table(head, [_aim(bill, bill.scenario.aim) for bill in bills if bill.scenario.aim is not None])


def write_json(file: Path, bills: Sequence[Bill]) -> None:
    content = {
        "prices_as_of": price_list().as_of.isoformat(),
        "round_trip_milliseconds": ROUND_TRIP,
        "cold_of_1000_invocations": STEADY,
        "scenarios": [_as_json(bill) for bill in bills],
        "idle_month": [line._asdict() for line in idle_month(bills)],
    }
    file.write_text(json.dumps(content, indent=2) + "\n")


def idle_month(bills: Iterable[Bill]) -> Iterator[MonthlyLine]:
    """Schedules start a trimmer that has gone cold, Lambda asks the empty queue, and secrets and alarms are kept."""
    by_name = {bill.scenario.name: bill for bill in bills}
    for kind, seconds in template.schedules().items():
        starts = billing.starts_per_month(seconds)
        start = by_name[nothing_to_trim(Trimmed(kind.lower()))]
        yield MonthlyLine(
            f"starts of the trimmer of {kind.lower()}", starts, starts * start.total(cold=ALL) / 1_000_000
        )
    for what, amount, unit in (
        ("empty receives of Webhooks", billing.empty_receives_per_month(), Unit.SQS_REQUESTS),
        ("secrets", len(template.resources("AWS::SecretsManager::Secret")), Unit.SECRET_MONTHS),
        ("alarms", len(template.resources("AWS::CloudWatch::Alarm")), Unit.ALARM_MONTHS),
    ):
        yield MonthlyLine(what, amount, amount * price_list().of[unit])


def _units(bill: Bill, shown: Iterable[Unit]) -> tuple[str, ...]:
    each = ", ".join(f"{function} {milliseconds:.1f}" for function, milliseconds in bill.milliseconds().items())
    return (bill.scenario.name, bill.scenario.of, *(f"{bill.units(unit):.2f}" for unit in shown), each)


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
        "processor_milliseconds": {function: times._asdict() for function, times in bill.times.items()},
        "milliseconds": bill.milliseconds(),
        "dollars_per_million": {name: bill.dollars(unit) for name, unit in _PARTS.items()},
        "total_per_million": bill.total(),
        "total_per_million_if_unsteady": bill.total(cold=UNSTEADY),
        "aim": scenario.aim,
        "aimed_at": scenario.aimed_at if scenario.aim is not None else None,
        "is": bill.of_the_aim() if scenario.aim is not None else None,
    }
