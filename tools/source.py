"""`make source`: stores a source's secrets and its own retention.

On a terminal it asks, and shows nothing of what is typed; otherwise it reads JSON from its input:
`{"secrets": {...}, "retention": {...}}`, of which either may be missing and is then left as it is.
"""

import json
import os
import sys
from typing import Any

from rollcall import provider
from tools.choice import chosen_stack
from tools.names import checked_provider, checked_source
from tools.prompt import ask_secrets
from tools.settings_store import checked, store
from tools.trouble import BadInput, run
from tools.urls import webhook_url

KINDS = ("secrets", "retention")
CACHE_MINUTES = 5  # how long the functions keep what they have read


def main() -> None:
    name = checked_provider(os.environ.get("PROVIDER", ""))
    source = checked_source(os.environ.get("SOURCE") or "main")
    stack = chosen_stack()
    settings = _asked(name, source) if sys.stdin.isatty() else _read(sys.stdin.read())
    # All is checked before anything is stored.
    models = {kind: checked(kind, name, settings[kind]) for kind in KINDS if kind in settings}
    for kind, model in models.items():
        store(stack, kind, name, source, model)
        print(f"Stored the {kind} of {name}/{source}; the functions take them within {CACHE_MINUTES} minutes.")
    print(f"Its webhook URL: {webhook_url(stack, name, source)}")


def _asked(name: str, source: str) -> dict[str, Any]:
    print(f"Secrets of {name}/{source}, in place of what is stored; nothing of what you type is shown.")
    try:
        secrets = ask_secrets(provider.load(name).Secrets)
        retention = input('Retention of its own, as {"lease_minutes": 60} (Enter to leave it as it is): ').strip()
    except EOFError:
        raise BadInput("\nNothing is stored.") from None
    if not secrets and not retention:
        raise BadInput("Nothing was typed, so nothing is stored.")
    return ({"secrets": secrets} if secrets else {}) | ({"retention": _json(retention)} if retention else {})


def _read(text: str) -> dict[str, Any]:
    settings = _json(text)
    if not isinstance(settings, dict) or not settings or settings.keys() - set(KINDS):
        raise BadInput('The input must be JSON with "secrets", "retention" or both, and nothing else.')
    return settings


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise BadInput("Nothing is stored: this is not JSON.") from None  # its cause holds the text


if __name__ == "__main__":
    run(main)
