"""A program replaces its own tables in a page, and nothing else."""

from pathlib import Path

import pytest

from tools import blocks
from tools.trouble import Trouble

PAGE = """# Page

<!-- make costs: units -->

```
old
```

Words.

<!-- make costs: dollars -->

```
```

```
not a program's
```
"""


def test_a_table_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    blocks.write(page, "make costs", {"units": "  new\n"})
    assert page.read_text() == PAGE.replace("old\n", "  new\n")
    blocks.write(page, "make costs", {"units": "old", "dollars": r"1 \1"})
    assert page.read_text() == PAGE.replace("dollars -->\n\n```\n", "dollars -->\n\n```\n1 \\1\n")


def test_a_table_without_a_place_is_named(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    with pytest.raises(Trouble, match="0 blocks <!-- make costs: months -->"):
        blocks.write(page, "make costs", {"months": "new"})
    assert page.read_text() == PAGE
