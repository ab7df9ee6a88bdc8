"""What a benchmark has found: a table for people, and a file for programs, the same for all of them."""

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tools.table import as_table

type Cell = str | int | float


@dataclass(frozen=True, slots=True)
class Ratio:
    """One figure against another of the same run, and what it is meant to reach."""

    of: str
    value: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def reached(self) -> bool | None:
        """`None` where nothing was aimed at."""
        if self.at_least is None and self.at_most is None:
            return None
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )

    @property
    def aim(self) -> str:
        if self.at_least is not None:
            return f"at least {self.at_least:g}"
        return "" if self.at_most is None else f"at most {self.at_most:g}"


@dataclass(slots=True)
class Findings:
    """`head` names the columns of `rows`, with their units."""

    head: tuple[str, ...]
    rows: list[tuple[Cell, ...]] = field(default_factory=list)
    ratios: list[Ratio] = field(default_factory=list)


def as_text(findings: Findings) -> str:
    tables = [as_table(findings.head, findings.rows)]
    if findings.ratios:
        tables.append(_table_of(findings.ratios))
    return "\n\n".join(tables)


def _table_of(ratios: Iterable[Ratio]) -> str:
    words = {True: "reached", False: "NOT REACHED", None: ""}
    rows = [(ratio.of, round(ratio.value, 2), ratio.aim, words[ratio.reached]) for ratio in ratios]
    return as_table(("ratio", "is", "aim", ""), rows)


def write_json(file: Path, named: Iterable[tuple[str, Findings]]) -> None:
    """One file for all that ran: when, on what, and of each benchmark its rows and ratios."""
    benchmarks = [
        {
            "name": name,
            "rows": [dict(zip(findings.head, row, strict=True)) for row in findings.rows],
            "ratios": [_as_json(ratio) for ratio in findings.ratios],
        }
        for name, findings in named
    ]
    content = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "benchmarks": benchmarks,
    }
    file.write_text(json.dumps(content, indent=2) + "\n")


def machine() -> dict[str, Cell]:
    """What of a machine can make a difference, and nothing that tells whose it is."""
    return {
        "processors": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "architecture": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def growth(of: str, sizes: Sequence[int], figures: Sequence[float], at_most: float | None = None) -> list[Ratio]:
    """How a figure grows from each size to the next."""
    steps = zip(sizes, sizes[1:], figures, figures[1:], strict=False)
    return [
        Ratio(f"{of}, {larger:,} to {smaller:,}", after / before, at_most=at_most)
        for smaller, larger, before, after in steps
    ]


def _as_json(ratio: Ratio) -> dict[str, object]:
    return {
        "of": ratio.of,
        "value": round(ratio.value, 4),
        "at_least": ratio.at_least,
        "at_most": ratio.at_most,
        "reached": ratio.reached,
    }
