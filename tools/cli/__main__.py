"""The group that holds all commands, and what they have in common: which stack, and in which form to answer."""

import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import click

from tools.choice import DEFAULT_STACK, named_stack
from tools.session import Session
from tools.stack import Stack
from tools.trouble import told

# Tests hand in their own way to a stack as click's object: (name, region, profile) to a stack.
type Choose = Callable[[str, str | None, str | None], Stack]

_COMMON = ("--region", "--stack", "--profile", "--output")


class _Folder(click.Group):
    """The folder is the list: each file holds a `command` of the file's name, imported when it is asked for."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return sorted(file.stem for file in Path(__file__).parent.glob("[a-z]*.py"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"tools.cli.{cmd_name}").command
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, _common_first(args))

    def invoke(self, ctx: click.Context) -> Any:
        with told():  # in here, for click has an exit code of its own for Ctrl-C
            return super().invoke(ctx)


def _common_first(args: list[str]) -> list[str]:
    """The common options may stand behind the command as well, where people add what they forgot."""
    common: list[str] = []
    rest = args.copy()
    own: list[str] = []
    while rest and rest[0] != "--":
        given = rest.pop(0)
        if given.partition("=")[0] not in _COMMON:
            own.append(given)
            continue
        common.append(given)
        if "=" not in given and rest:
            common.append(rest.pop(0))
    return common + own + rest


@click.group(
    cls=_Folder,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    epilog="""\b
Examples:
  rollcall urls
  rollcall source add pusher/prod --region eu-west-1
  rollcall who lobby --output json

Exit codes: 0 done; 1 could not be done, with the reason on stderr; 2 wrong usage; 130 ended by Ctrl-C.""",
)
@click.option("--region", envvar="ROLLCALL_REGION", show_envvar=True, help="AWS region; without it, this machine.")
@click.option(
    "--stack",
    "name",
    envvar="ROLLCALL_STACK",
    show_envvar=True,
    default=DEFAULT_STACK,
    show_default=True,
    help="Name of its CloudFormation stack.",
)
@click.option("--profile", help="Profile of your AWS credentials; AWS's own variables count as well.")
@click.option(
    "--output",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="On stdout: for people, or one JSON document. All else is said on stderr.",
)
@click.version_option(package_name="rollcall")
@click.pass_context
def rollcall(ctx: click.Context, region: str | None, name: str, profile: str | None, output: str) -> None:
    """Operate a Rollcall: the one that `make up` started on this machine or, with --region, one on AWS.

    The options below may stand before or behind a command.
    """
    if profile and not region:
        raise click.UsageError("--profile says whose AWS it is, and --region must say where.")
    choose: Choose = ctx.obj or named_stack
    ctx.obj = Session(output, partial(choose, name, region, profile))


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names may hold what this terminal has no letters for
    with told():
        rollcall(prog_name="rollcall")


if __name__ == "__main__":
    main()
