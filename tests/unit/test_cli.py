"""The command line, as far as it can be used without any AWS."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import click
import pytest
from botocore.compat import HAS_CRT
from botocore.exceptions import (
    LoginInsufficientPermissions,
    LoginRefreshRequired,
    LoginTokenLoadError,
    MissingDependencyException,
    NoAuthTokenError,
    NoCredentialsError,
)
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

from rollcall import provider
from tools.cli.__main__ import rollcall
from tools.places import ROOT
from tools.session import Session
from tools.stack import Stack
from tools.trouble import Trouble

CONTEXT = click.Context(rollcall, info_name="rollcall")


class Api:
    """No AWS: enough of one to make a stack of."""

    endpoint = None


class Known(Stack):
    url_secret = "secret"
    read_key = "key\u00e9"


def known(*_asked: object) -> Stack:
    aws: Any = Api()
    return Known("rollcall", aws, {"ApiUrl": "https://api", "ParameterPrefix": "/rollcall/rollcall"})


def invoke(*arguments: str, stack: Any = known) -> Result:
    return CliRunner(env={"ROLLCALL_REGION": None, "ROLLCALL_STACK": None}).invoke(rollcall, arguments, obj=stack)


def commands(group: click.Group = rollcall, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """All commands and groups, by the words that lead to them."""
    for name in group.list_commands(CONTEXT):
        command = group.get_command(CONTEXT, name)
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


COMMANDS = list(commands())


# ---- Help --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [(), *COMMANDS])
def test_every_level_explains_itself_with_examples(path: tuple[str, ...]) -> None:
    told = invoke(*path, "--help")
    assert told.exit_code == 0
    assert "Example" in told.output
    assert f"rollcall {' '.join(path)}".strip() in told.output.partition("Example")[2]


def test_the_exit_codes_are_told() -> None:
    told = " ".join(invoke("--help").output.split())
    assert "0 done; 1 could not be done, with the reason on stderr; 2 wrong usage; 130 ended by Ctrl-C" in told


@pytest.mark.parametrize("path", [(), ("source",), ("parked",)])
def test_the_list_of_commands_tells_each_in_a_whole_sentence(path: tuple[str, ...]) -> None:
    lines = invoke(*path, "--help").output.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert len(lines) > 2
    assert [line for line in lines if line.endswith("...") or not line.endswith(".")] == []


@pytest.mark.parametrize("path", [(), *COMMANDS])
def test_every_level_shows_the_options_that_all_take(path: tuple[str, ...]) -> None:
    lines = invoke(*path, "--help").output.partition("Options:\n")[2].splitlines()
    options = [line.split()[0] for line in lines if line.startswith("  --")]
    assert [options.count(one) for one in ("--region", "--stack", "--profile", "--output")] == [1, 1, 1, 1]


@pytest.mark.parametrize("path", COMMANDS)
def test_no_option_takes_a_secret_which_other_programs_could_read(path: tuple[str, ...]) -> None:
    options = invoke(*path, "--help").output.partition("Example")[0].lower()
    assert not [option for option in ("--secret", "--token", "--key", "--password") if option in options]


# ---- Wrong usage and troubles ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["urls", "Not A Name"],
        ["source", "add"],
        ["source", "add", "pusher"],
        ["source", "add", "nobody/main"],
        ["parked", "discard"],
        ["parked", "discard", "--all", "--reason", "unverified"],
        ["parked", "show", "--limit", "0"],
        ["trim", "--kind", "everything"],
        ["who"],
        ["completion", "csh"],
        ["--output", "yaml", "urls"],
        ["--profile", "me", "urls"],
        ["--profile", "me", "adopt", "--events", "left"],
        ["adopt"],
        ["rotate"],
        ["rotate", "everything"],
        ["urls", "--region"],
    ],
)
def test_wrong_usage_ends_with_2_and_says_why_on_stderr(arguments: list[str]) -> None:
    told = invoke(*arguments)
    assert (told.exit_code, told.stdout) == (2, "")
    assert told.stderr


@pytest.mark.parametrize(
    "arguments", [["parked", "redrive"], ["parked", "discard", "--all"], ["source", "remove", "pusher/a"]]
)
def test_what_must_be_confirmed_is_refused_where_nobody_can_be_asked(arguments: list[str]) -> None:
    told = invoke(*arguments)
    assert (told.exit_code, told.stdout) == (2, "")
    assert "--yes" in told.stderr


@pytest.mark.parametrize(
    ("error", "code", "word"),
    [
        (Trouble("There is none."), 1, "There is none."),
        (NoCredentialsError(), 1, "sign in"),
        (NoAuthTokenError(), 1, "sign in"),
        (LoginRefreshRequired(), 1, "sign in again"),
        (LoginTokenLoadError(error_msg="none"), 1, "sign in again"),
        (LoginInsufficientPermissions(), 1, "SignInLocalDevelopmentAccess"),
        (MissingDependencyException(msg="botocore[crt]"), 1, "make environments"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_trouble_is_a_sentence_on_stderr_and_an_exit_code(error: BaseException, code: int, word: str) -> None:
    def fails(*_asked: object) -> Stack:
        raise error

    told = invoke("urls", stack=fails)
    assert (told.exit_code, told.stdout) == (code, "")
    assert "Traceback" not in told.stderr
    assert word in told.stderr


def test_the_library_that_profiles_of_aws_login_need_is_installed() -> None:
    """botocore asks for it only when such a profile is used."""
    assert HAS_CRT


def test_a_stack_that_is_no_rollcall_is_named_as_such() -> None:
    class CloudFormation:
        @staticmethod
        def describe_stacks(**_question: str) -> Any:
            return {"Stacks": [{"Outputs": [{"OutputKey": "Url", "OutputValue": "https://shop"}]}]}

    class Shop:
        endpoint = None
        cloudformation = CloudFormation()

        class session:  # noqa: N801  as boto3 has it
            region_name = "eu-west-1"

    aws: Any = Shop()
    told = invoke("urls", stack=lambda name, _region, _profile: Stack.read(name, aws))
    assert told.exit_code == 1
    assert told.stderr == "The stack rollcall in eu-west-1 is not (or not completely) a Rollcall.\n"


# ---- Which stack, and in which form -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["--region", "eu-west-1", "--stack", "mine", "--profile", "me", "urls"],
        ["urls", "--region", "eu-west-1", "--stack=mine", "--profile", "me"],
        ["--stack", "mine", "urls", "--profile=me", "prod", "--region=eu-west-1"],
        ["--region", "us-east-1", "--stack", "mine", "--profile", "me", "urls", "--region", "eu-west-1"],
        ["source", "--stack", "mine", "list", "--region", "eu-west-1", "--profile", "me"],
    ],
)
def test_the_common_options_may_stand_before_and_behind_a_command(arguments: list[str]) -> None:
    asked: list[object] = []

    def choose(*choice: object) -> Stack:
        asked.append(choice)
        return known()

    invoke(*arguments, stack=choose)
    assert asked == [("mine", "eu-west-1", "me")]


def test_behind_two_hyphens_there_are_names_only() -> None:
    assert "'--region'" in invoke("urls", "--", "--region").stderr


def test_region_and_stack_may_stand_in_the_environment() -> None:
    asked: list[object] = []

    def choose(*choice: object) -> Stack:
        asked.append(choice)
        return known()

    environment = {"ROLLCALL_REGION": "eu-west-1", "ROLLCALL_STACK": "mine"}
    CliRunner(env=environment).invoke(rollcall, ["urls"], obj=choose)
    CliRunner(env=environment).invoke(rollcall, ["urls", "--stack", "other"], obj=choose)
    assert asked == [("mine", "eu-west-1", None), ("other", "eu-west-1", None)]


def test_no_stack_is_looked_for_before_one_is_needed() -> None:
    def choose(*_choice: object) -> Stack:
        raise AssertionError

    assert invoke("completion", "bash", stack=choose).exit_code == 0
    assert invoke("source", "--help", stack=choose).exit_code == 0


def test_urls_are_a_table_for_people_and_one_document_for_programs() -> None:
    table = invoke("urls", "prod", "staging").stdout
    told = json.loads(invoke("urls", "prod", "staging", "--output", "json").stdout)["urls"]
    assert [one["source"] for one in told] == [
        f"{name}/{source}" for source in ("prod", "staging") for name in provider.names()
    ]
    assert all(one["url"] in table and f"/webhooks/{one['source']}/" in one["url"] for one in told)


def test_the_console_is_an_address_and_the_hint_about_the_key_does_not_get_into_a_pipe() -> None:
    told = invoke("console")
    assert told.stdout == "https://api/console\n"
    assert "rollcall key" in told.stderr
    assert json.loads(invoke("console", "--output", "json").stdout) == {"url": "https://api/console"}


def test_the_key_and_nothing_else_goes_into_a_pipe() -> None:
    told = invoke("key")
    assert (told.stdout, told.stderr) == ("key\u00e9\n", "")
    assert json.loads(invoke("key", "--output", "json").stdout) == {"read_key": "key\u00e9"}


def test_rows_are_a_list_of_a_documented_name_even_where_there_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    Session(known, output="json").show_rows("urls", [], "There is nothing.")
    assert json.loads(capsys.readouterr().out) == {"urls": []}
    Session(known).show_rows("urls", [], "There is \x1b[31mnothing.")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "There is \\x1b[31mnothing.\n")


# ---- Completion --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_a_script_of_its_own(shell: str) -> None:
    told = invoke("completion", shell)
    assert told.exit_code == 0
    assert f"_ROLLCALL_COMPLETE={shell}_complete" in told.stdout


def completed(*arguments: str, incomplete: str = "") -> set[str]:
    complete = ShellComplete(rollcall, {}, "rollcall", "_ROLLCALL_COMPLETE")
    return {item.value for item in complete.get_completions(list(arguments), incomplete)}


def test_commands_sources_and_reasons_are_completed() -> None:
    assert {"urls", "source", "parked"} <= completed()
    # With a region nothing is looked up, so what is known here is known everywhere.
    assert completed("--region", "eu-west-1", "source", "add") == {f"{name}/main" for name in provider.names()}
    assert completed("--region", "eu-west-1", "source", "add", incomplete="pus") == {"pusher/main"}
    assert completed("parked", "redrive", "--reason", incomplete="un") >= {"unverified", "unreadable_body"}


# ---- The handbook ------------------------------------------------------------------------------------------


def written_commands() -> set[str]:
    """What the README and the handbook tell people to type: lines of their blocks, and words in the text."""
    texts = [(ROOT / name).read_text() for name in ("README.md", "docs/operations.md", "docs/capacity.md")]
    pieces = [piece for text in texts for piece in re.split(r"^```", text, flags=re.MULTILINE)]
    blocks = [line for piece in pieces if piece.startswith("\n") for line in piece.splitlines()]
    spans = [span for piece in pieces for span in re.findall(r"`([^`]+)`", piece)]
    flat = [" ".join(one.partition("#")[0].split()) for one in (*blocks, *spans)]
    # The list of commands writes `add\\|list` and `[SOURCE…]`, which nobody types.
    return {one for one in flat if one.startswith("rollcall ") and not re.search(r"[|…\[]", one)}


@pytest.mark.parametrize("line", sorted(written_commands()))
def test_what_people_are_told_to_type_is_understood(line: str) -> None:
    words = shlex.split(line.partition(" < ")[0])[1:]
    assert invoke(*words, "--help").exit_code == 0  # which an unknown command or option does not survive
    if "--reason" in words:
        assert words[words.index("--reason") + 1] in completed("parked", "redrive", "--reason")


def test_a_start_costs_no_command_that_is_not_asked_for() -> None:
    code = "import sys, tools.cli.__main__; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "tools.cli.parked" not in done.stdout.split()
