"""One run of the command `rollcall`: the stack that it is about, and the form in which it answers."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TextIO

import click
from click.core import ParameterSource
from click.decorators import pass_meta_key

from tools.aws import Aws
from tools.choice import DEFAULT_STACK, named_aws, named_stack
from tools.stack import Stack
from tools.table import print_table, visible

type Row = Mapping[str, object]
type Choose = Callable[[str, str | None, str | None], Stack]
"""(name, region, profile) to a stack. Tests hand in their own as click's object."""

_KEY = __name__  # of what click keeps for a whole command line


@dataclass
class Session:
    """What the options say that every command takes; the stack is looked for once, if at all."""

    choose: Choose
    region: str | None = None
    name: str = DEFAULT_STACK
    profile: str | None = None
    output: str = "table"

    @staticmethod
    def of(ctx: click.Context) -> "Session":
        session: Session = ctx.meta.setdefault(_KEY, Session(ctx.find_root().obj or named_stack))
        return session

    @staticmethod
    def note(ctx: click.Context, option: click.Parameter, value: str | None) -> None:
        """Keeps an option's value. Behind the command only what was typed there counts."""
        name = option.name or ""
        if ctx.parent is None or ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            setattr(Session.of(ctx), name, value)

    @cached_property
    def stack(self) -> Stack:
        self._require_region()
        return self.choose(self.name, self.region, self.profile)

    @cached_property
    def aws(self) -> Aws:
        """For a command that needs no stack yet."""
        self._require_region()
        return named_aws(self.region, self.profile)

    def _require_region(self) -> None:
        if self.profile and not self.region:
            raise click.UsageError("--profile says whose AWS it is, and --region must say where.")

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


pass_session = pass_meta_key(_KEY, doc_description="the session")
