"""The group that holds all commands, and the options that each of them takes: which stack, in which form to answer."""

import sys
from collections.abc import Mapping
from functools import partial
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import click

from tools.choice import DEFAULT_STACK
from tools.session import Session
from tools.trouble import told

_option = partial(click.Option, expose_value=False, callback=Session.note)
_EVERYWHERE = [
    _option(["--region"], envvar="ROLLCALL_REGION", show_envvar=True, help="AWS region; without it, this machine."),
    _option(
        ["--stack", "name"],
        envvar="ROLLCALL_STACK",
        show_envvar=True,
        default=DEFAULT_STACK,
        show_default=True,
        help="Name of its CloudFormation stack.",
    ),
    _option(["--profile"], help="Profile of your AWS credentials; AWS's own variables count as well."),
    _option(
        ["--output"],
        type=click.Choice(["table", "json"]),
        default="table",
        show_default=True,
        help="On stdout: for people, or one JSON document. All else is said on stderr.",
    ),
]


class _Folder(click.Group):
    """The folder is the list: each file holds a `command` of the file's name, imported when it is asked for."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return sorted(file.stem for file in Path(__file__).parent.glob("[a-z]*.py"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        return _with_options(import_module(f"tools.cli.{cmd_name}").command)

    def invoke(self, ctx: click.Context) -> Any:
        with told():  # in here, for click has an exit code of its own for Ctrl-C
            return super().invoke(ctx)


def _with_options(command: click.Command) -> click.Command:
    """They may stand behind each command as well, where people add what they forgot, and where they look for them."""
    command.params.extend(option for option in _EVERYWHERE if option not in command.params)
    inner: Mapping[str, click.Command] = command.commands if isinstance(command, click.Group) else {}
    for one in inner.values():
        _with_options(one)
    return command


@click.group(
    cls=_Folder,
    params=[*_EVERYWHERE],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    epilog="""\b
Examples:
  rollcall urls
  rollcall source add pusher/prod --region eu-west-1
  rollcall who lobby --output json

Exit codes: 0 done; 1 could not be done, with the reason on stderr; 2 wrong usage; 130 ended by Ctrl-C.""",
)
@click.version_option(package_name="rollcall")
def rollcall() -> None:
    """Operate a Rollcall: the one that `make up` started on this machine or, with --region, one on AWS.

    --region, --stack, --profile and --output may stand before or behind a command.
    """


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names may hold what this terminal has no letters for
    with told():
        rollcall(prog_name="rollcall")


if __name__ == "__main__":
    main()
