"""Tables for people."""

from collections.abc import Sequence


def print_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Columns as wide as what they hold; columns of numbers to the right, with equally many decimals."""
    columns = [_cells(column) for column in zip(*rows, strict=True)] or [[] for _ in head]
    widths = [max(map(len, (name, *column))) for name, column in zip(head, columns, strict=True)]
    numeric = [all(_is_number(cell) for cell in column) for column in columns]
    for row in (head, ["-" * width for width in widths], *zip(*columns, strict=True)):
        padded = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        )
        print("  ".join(padded).rstrip())


def _cells(column: Sequence[object]) -> list[str]:
    decimals = max((len(str(cell).partition(".")[2]) for cell in column if isinstance(cell, float)), default=0)
    return [f"{cell:.{decimals}f}" if isinstance(cell, float) else str(cell) for cell in column]


def _is_number(cell: str) -> bool:
    return cell.replace(".", "", 1).isdigit()
