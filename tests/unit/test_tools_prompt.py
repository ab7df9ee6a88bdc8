"""Asking before what cannot be taken back, and for what must not be seen."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
import pytest
from click.testing import CliRunner

from rollcall import provider
from tools.prompt import ask_openly, ask_secrets, confirm
from tools.trouble import BadInput, Trouble, told


@contextmanager
def terminal(typed: str) -> Iterator[Callable[[], str]]:
    """Somebody types this and then Ctrl-D; gives what can be seen."""
    with CliRunner().isolation(input=typed) as (_, _, output), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.stdin, "isatty", lambda: True)

        def seen() -> str:
            sys.stderr.flush()
            return output.getvalue().decode()

        yield seen


@pytest.mark.parametrize("answer", ["y", "Y", "yes"])
def test_a_yes_lets_it_go_on(answer: str) -> None:
    with terminal(f"{answer}\n"):
        confirm("Really?")


@pytest.mark.parametrize("answer", ["", "n", "no"])
def test_a_no_ends_it(answer: str) -> None:
    with terminal(f"{answer}\n"), pytest.raises(Trouble, match="Nothing was done"):
        confirm("Really?")


@pytest.mark.parametrize("typed", ["", "yess\nj\n"])
def test_the_end_of_the_input_is_no_yes(typed: str) -> None:
    with terminal(typed), pytest.raises(click.Abort):
        confirm("Really?")


def test_who_ends_a_question_reads_that_nothing_was_done() -> None:
    with terminal("") as seen:
        with pytest.raises(SystemExit, match="130"), told():
            ask_openly("Name: ")
        assert seen().endswith("Nothing was done.\n")


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    with pytest.raises(BadInput, match="--yes"):
        confirm("Really?")


def test_what_is_secret_is_not_shown_while_it_is_typed() -> None:
    with terminal("hush 1\nhush 2\n\n") as seen:
        assert ask_secrets(provider.load("pusher").Secrets) == {"tokens": [{"key": "hush 1", "secret": "hush 2"}]}
        shown = seen()
    assert "tokens 1, secret" in shown
    assert "hush" not in shown
