"""One run of the command `rollcall`: the stack that it is about, and the form in which it answers."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TextIO

import click

from tools.stack import Stack
from tools.table import print_table, visible

type Row = Mapping[str, object]


@dataclass(frozen=True)
class Session:
    """`output` is `table` or `json`; `choose` finds the stack, and is asked once, if at all."""

    output: str
    choose: Callable[[], Stack]

    @cached_property
    def stack(self) -> Stack:
        return self.choose()

    @property
    def is_json(self) -> bool:
        return self.output == "json"

    def show_rows(self, name: str, rows: Sequence[Row], nothing: str) -> None:
        """Rows of the same keys: as a table or, where there are none, a sentence; or as a list under one name."""
        if self.is_json:
            self.show_json({name: rows})
        elif rows:
            _print_rows(rows, sys.stdout)
        else:
            self.say(nothing)

    def preview(self, rows: Sequence[Row]) -> None:
        """Rows to decide by: for people, whatever the answer's form."""
        _print_rows(rows, sys.stderr)

    def show_fields(self, title: str, fields: Row) -> None:
        """One thing: a line for each of its fields, or an object."""
        if self.is_json:
            self.show_json(fields)
        else:
            print_table((title, ""), [(name.replace("_", " "), _text(value)) for name, value in fields.items()])

    def show_json(self, document: object) -> None:
        print(json.dumps(document, indent=2))

    def say(self, sentence: str) -> None:
        """What is said besides the answer."""
        print(visible(sentence), file=sys.stderr, flush=True)


def _print_rows(rows: Sequence[Row], file: TextIO) -> None:
    heads = [name.replace("_", " ") for name in rows[0]]
    print_table(heads, [["" if cell is None else cell for cell in row.values()] for row in rows], file)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


pass_session = click.make_pass_decorator(Session)
