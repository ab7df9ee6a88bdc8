"""Asking before what cannot be taken back."""

import sys

import pytest

from tools.prompt import confirm
from tools.trouble import BadInput, Trouble


@pytest.fixture
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)


@pytest.mark.usefixtures("_terminal")
@pytest.mark.parametrize("answer", ["y", "Y", "yes"])
def test_a_yes_lets_it_go_on(answer: str) -> None:
    confirm("Really?", lambda _question: answer)


@pytest.mark.usefixtures("_terminal")
@pytest.mark.parametrize("answer", ["", "n", "yess", "j"])
def test_anything_else_ends_it(answer: str) -> None:
    with pytest.raises(Trouble, match="Nothing was done"):
        confirm("Really?", lambda _question: answer)


@pytest.mark.usefixtures("_terminal")
def test_the_end_of_the_input_is_no_yes() -> None:
    def ends(_question: str) -> str:
        raise EOFError

    with pytest.raises(Trouble, match="Nothing was done"):
        confirm("Really?", ends)


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    with pytest.raises(BadInput, match="--yes"):
        confirm("Really?", lambda _question: "y")
