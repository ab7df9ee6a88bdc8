"""Tables for people."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.table import print_table, visible


def test_numbers_stand_to_the_right_with_equally_many_decimals(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("what", "units"), [("read", 1.25), ("write", 10.0)])
    assert capsys.readouterr().out.splitlines() == [
        "what   units",
        "-----  -----",
        "read    1.25",
        "write  10.00",
    ]


def test_a_column_that_holds_more_than_numbers_stands_to_the_left(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("figure",), [(7,), ("none",)])
    assert capsys.readouterr().out.splitlines() == ["figure", "------", "7", "none"]


def test_a_table_without_rows_is_its_head(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name", "age"), [])
    assert capsys.readouterr().out.splitlines() == ["name  age", "----  ---"]


@given(st.text())
def test_whatever_a_name_holds_the_terminal_is_not_moved_and_lines_are_not_turned(name: str) -> None:
    shown = visible(name)
    assert all(one == " " or unicodedata.category(one)[0] not in "CZ" for one in shown)
    assert visible(shown) == shown


@given(st.text(st.characters(categories=("L", "N", "P", "S", "M"))))
def test_names_of_letters_accents_and_pictures_are_shown_as_they_are(name: str) -> None:
    assert visible(name) == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\x1b[2Jann", "\\x1b[2Jann"),
        ("ann\u202egnp.exe", "ann\\u202egnp.exe"),
        ("ann\nbob", "ann\\nbob"),
        ("ann\u200bbob", "ann\\u200bbob"),
        ("\ud800", "\\ud800"),
        ("Zoë 李 👋", "Zoë 李 👋"),
    ],
)
def test_what_has_no_picture_is_shown_escaped(name: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("user",), [(name,)])
    assert capsys.readouterr().out.splitlines()[2:] == [shown]


def test_columns_stand_below_each_other_although_some_letters_are_wide(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("user", "at"), [("李明", "a"), ("e\u0301va", "b"), ("ann", "c")])
    assert capsys.readouterr().out.splitlines() == ["user  at", "----  --", "李明  a", "e\u0301va   b", "ann   c"]
