"""Where what is deployed differs from what the template says."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any


def drift(expected: Mapping[str, Any], seen: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    """A sentence without its end for each of the names under which they hold different things."""
    pairs = [(name, _plain(expected.get(name)), _plain(seen.get(name))) for name in names]
    return [f"{name} is {found}, and the template says {wanted}" for name, wanted, found in pairs if wanted != found]


def _plain(value: Any) -> Any:
    """Numbers and truth values as text and JSON as what it holds, for the services and the template differ in that."""
    match value:
        case Mapping():
            return {name: _plain(one) for name, one in value.items()}
        case list():
            return [_plain(one) for one in value]
        case str() if value.startswith("{"):
            with suppress(ValueError):
                return _plain(json.loads(value))
            return value
        case str():
            return value
        case None:
            return "not set"
        case _:
            return json.dumps(value)
