"""Tables that a program writes into a page of the docs, each after a line that names it."""

import re
from collections.abc import Mapping
from pathlib import Path

from tools.trouble import Trouble


def write(page: Path, program: str, blocks: Mapping[str, str]) -> None:
    """Replace, by name, the code block after each `<!-- program: name -->`. Raises `Trouble` where there is none."""
    text = page.read_text()
    for name, content in blocks.items():
        places = list(_block(program, name).finditer(text))
        if len(places) != 1:
            raise Trouble(f"{page.name} has {len(places)} blocks <!-- {program}: {name} -->, not one.")
        (place,) = places
        text = f"{text[: place.start(1)]}{content.rstrip()}\n{text[place.end(1) :]}"
    page.write_text(text)


def _block(program: str, name: str) -> re.Pattern[str]:
    marker = re.escape(f"<!-- {program}: {name} -->")
    return re.compile(rf"{marker}\n+```\n(.*?)```", re.DOTALL)
