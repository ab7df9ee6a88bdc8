"""What is stored for which source. Of secrets it is told that they are there, and no more."""

import json

from tools.names import written
from tools.settings_store import Stored, all_stored
from tools.stack import Stack


def summary(stored: Stored) -> str:
    """The names of the fields and how much each holds; a retention, which is no secret, as it is."""
    try:
        content = json.loads(stored.value)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        return "something else"  # which the functions cannot read either
    if stored.kind == "retention":
        return ", ".join(f"{name}={value}" for name, value in content.items()) or "as the stack's"
    return ", ".join(f"{name}: {_amount(value)}" for name, value in content.items()) or "none"


def overview(stack: Stack) -> list[dict[str, object]]:
    """A row for each thing stored, by source."""
    return [
        {"source": written(one.key), "kind": one.kind, "holds": summary(one), "changed": one.changed}
        for one in sorted(all_stored(stack), key=lambda one: (one.key, one.kind))
    ]


def _amount(value: object) -> int:
    return len(value) if isinstance(value, list | dict) else 1
