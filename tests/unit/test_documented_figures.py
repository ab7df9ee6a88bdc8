"""What other pages say of costs is what `make costs` has written into docs/costs.md."""

import re
from collections.abc import Iterator

import pytest

from tools.costs.scenarios import BY_TENS, SPARSE
from tools.places import ROOT

COSTS = (ROOT / "docs/costs.md").read_text()


def table(name: str) -> Iterator[list[str]]:
    """The rows of a block, in cells; the head is the first."""
    block = re.search(rf"<!-- make costs: {name} -->\n\n```\n(.*?)```", COSTS, re.DOTALL)
    assert block, name
    for line in block[1].splitlines():
        yield re.split(r" {2,}", line.strip())


def a_million_of(scenario: str) -> str:
    head, _, *rows = table("dollars per million")
    (total,) = (row[head.index("total")] for row in rows if row[0] == scenario)
    return total


def a_month_of(webhooks: str) -> str:
    first, *_ = (row[-1] for row in table("months") if row[0] == webhooks)
    return first


def said(file: str, sentence: str) -> tuple[str, ...]:
    found = re.search(sentence.replace(" ", r"\s+"), (ROOT / file).read_text())
    assert found, f"{file} does not say it."
    return found.groups()


def test_the_pages_of_capacity_and_costs_agree() -> None:
    sentence = r"as ([\d.]+) dollars one by one, ([\d.]+) by tens and ([\d.]+) by hundreds"
    assert said("docs/capacity.md", sentence) == tuple(map(a_million_of, (SPARSE, BY_TENS, "single webhooks")))


def test_the_changelog_and_the_page_of_costs_agree() -> None:
    sentence = r"([\d.]+) dollars with no webhook at all, ([\d.]+) with 10,000 and ([\d.]+) with a million"
    assert said("CHANGELOG.md", sentence) == tuple(map(a_month_of, ("0", "10,000", "1,000,000")))


@pytest.mark.parametrize("name", ["to reach", "dollars per million", "units", "months", "an idle stack"])
def test_every_table_is_filled(name: str) -> None:
    assert len(list(table(name))) > 3
