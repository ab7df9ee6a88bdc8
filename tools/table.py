"""Tables for people."""

import sys
import unicodedata
from collections.abc import Sequence
from typing import TextIO


def print_table(head: Sequence[str], rows: Sequence[Sequence[object]], file: TextIO | None = None) -> None:
    print(as_table(head, rows), file=file or sys.stdout)


def as_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns as wide as what they hold; columns of numbers to the right, with equally many decimals."""
    columns = [_cells(column) for column in zip(*rows, strict=True)] or [[] for _ in head]
    widths = [max(map(_width, (name, *column))) for name, column in zip(head, columns, strict=True)]
    numeric = [all(_is_number(cell) for cell in column) for column in columns]
    lines = []
    for row in (head, ["-" * width for width in widths], *zip(*columns, strict=True)):
        padded = (
            _padded(cell, width, to_the_right=right) for cell, width, right in zip(row, widths, numeric, strict=True)
        )
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def visible(text: str) -> str:
    """The text as a terminal may show it: names come from outside, and could move its cursor or turn its lines round.

    What has no picture of its own is escaped, invisible joints of emoji included, so that no two names look the same.
    """
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _cells(column: Sequence[object]) -> list[str]:
    decimals = max((len(str(cell).partition(".")[2]) for cell in column if isinstance(cell, float)), default=0)
    return [f"{cell:.{decimals}f}" if isinstance(cell, float) else visible(str(cell)) for cell in column]


def _padded(cell: str, width: int, *, to_the_right: bool) -> str:
    space = " " * (width - _width(cell))
    return space + cell if to_the_right else cell + space


def _width(text: str) -> int:
    """Columns of a terminal: Chinese characters and emoji take two, accents none."""
    return sum(0 if unicodedata.combining(one) else 1 + (unicodedata.east_asian_width(one) in "WF") for one in text)


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").replace(".", "", 1).isdigit()
