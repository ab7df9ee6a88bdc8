"""`make sources`: what is stored for which source. Of secrets it shows that they are there, and no more."""

import json

from tools.choice import chosen_stack
from tools.settings_store import Stored, all_stored
from tools.source import CACHE_MINUTES
from tools.table import print_table
from tools.trouble import run


def summary(stored: Stored) -> str:
    """The names of the fields and how much each holds; a retention, which is no secret, as it is."""
    content = json.loads(stored.value)
    if stored.kind == "retention":
        return ", ".join(f"{name}={value}" for name, value in content.items()) or "as the stack's"
    return ", ".join(f"{name}: {len(value)}" for name, value in content.items()) or "none"


def main() -> None:
    rows = [(one.provider, one.source, one.kind, summary(one), one.changed) for one in all_stored(chosen_stack())]
    if not rows:
        print("Nothing is stored for any source.")
        return
    print_table(("provider", "source", "kind", "holds", "changed"), sorted(rows))
    print(f"\nWhat has changed takes effect within {CACHE_MINUTES} minutes.")


if __name__ == "__main__":
    run(main)
