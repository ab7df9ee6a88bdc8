"""What is stored for a source: its secrets, and a retention of its own.

On a terminal it is asked for, and nothing of what is typed is shown; otherwise it is read as JSON from the input:
`{"secrets": {...}, "retention": {...}}`, of which either may be missing and is then left as it is.
"""

import json
import sys
from collections.abc import Collection
from typing import Any

from rollcall import provider
from rollcall.keys import SourceKey
from tools import settings_store
from tools.names import written
from tools.prompt import ask_openly, ask_secrets
from tools.rotation import in_front, newest
from tools.settings_store import KINDS, checked, stored
from tools.stack import Stack
from tools.trouble import BadInput, Trouble

CACHE_MINUTES = 5  # how long the functions keep what they have read

type Settings = dict[str, Any]


def add(stack: Stack, key: SourceKey, *, replace: bool) -> list[str]:
    """Stores what is typed or read; says of which kinds. Other secrets than those stored only with `replace`."""
    kept = None if replace else stored(stack, "secrets", key) or None
    if sys.stdin.isatty():
        settings = _asked(key, KINDS if kept is None else ("retention",))
    else:
        settings = _read(sys.stdin.read(), KINDS)
    if kept is not None and settings.get("secrets", kept) != kept:
        raise Trouble(
            f"Nothing is stored: {written(key)} has other secrets already. `rollcall source rotate {written(key)}` puts"
            " new ones beside them; --replace throws them away."
        )
    _store(stack, key, settings)
    return list(settings)


def rotate(stack: Stack, key: SourceKey) -> None:
    """Puts the secrets that are typed or read in front of those stored, so that both are accepted."""
    before = stored(stack, "secrets", key)
    if not before:
        raise Trouble(
            f"{written(key)} has no secrets to rotate: `rollcall source add {written(key)}` stores the first."
        )
    kinds = ("secrets",)
    settings = _asked(key, kinds) if sys.stdin.isatty() else _read(sys.stdin.read(), kinds)
    checked("secrets", key.provider, settings["secrets"])
    after = in_front(settings["secrets"], before)
    if after == before:
        raise BadInput("Nothing is stored: nothing new was given.")
    _store(stack, key, {"secrets": after})


def finish(stack: Stack, key: SourceKey) -> None:
    """Keeps only what the latest rotation put in front."""
    # SSM's own history says what was there before, so that values which count side by side for good stay.
    history = settings_store.versions(stack, "secrets", key)
    before = [version for version in history if version != history[-1]]
    if not before or (kept := newest(history[-1], before[-1])) == history[-1]:
        raise Trouble(f"No rotation of {written(key)} is under way.")
    _store(stack, key, {"secrets": kept})


def remove(stack: Stack, key: SourceKey) -> list[str]:
    """Deletes what is stored, and says of which kinds; who is present stays until leases end."""
    removed = settings_store.delete(stack, key)
    if not removed:
        raise Trouble(f"Nothing is stored for {written(key)}.")
    return removed


def _store(stack: Stack, key: SourceKey, settings: Settings) -> None:
    # All is checked before anything is stored.
    models = {kind: checked(kind, key.provider, value) for kind, value in settings.items()}
    for kind, model in models.items():
        settings_store.store(stack, kind, *key, model)


def _asked(key: SourceKey, kinds: Collection[str]) -> Settings:
    settings: Settings = {}
    if "secrets" in kinds:
        _say(f"Secrets of {written(key)}; nothing of what you type is shown.")
        settings["secrets"] = ask_secrets(provider.load(key.provider).Secrets)
    else:
        _say(f"{written(key)} has secrets, which stay: `rotate` puts new ones beside them, --replace replaces them.")
    if "retention" in kinds:
        text = ask_openly('Retention of its own, as {"lease_minutes": 60} (Enter to leave it as it is): ')
        settings["retention"] = _json(text) if text.strip() else None
    given = {kind: value for kind, value in settings.items() if value not in (None, {})}
    if not given:
        raise BadInput("Nothing was typed, so nothing is stored.")
    return given


def _read(text: str, kinds: Collection[str]) -> Settings:
    settings = _json(text)
    if not isinstance(settings, dict) or not settings or settings.keys() - set(kinds):
        names = " or ".join(f'"{kind}"' for kind in kinds)
        raise BadInput(f"Nothing is stored: the input must be a JSON object with {names}, and nothing else.")
    return settings


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise BadInput("Nothing is stored: this is not JSON.") from None  # its cause holds the text


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)
