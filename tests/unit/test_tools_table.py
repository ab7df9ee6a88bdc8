"""Tables for people."""

import pytest

from tools.table import print_table


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
