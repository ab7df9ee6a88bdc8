"""Rotating secrets, whatever a provider's look like: new values stand in front of those stored, and both count.

Secrets are lists of accepted values, and mappings of such lists by name (a header's, for example).
"""

from collections.abc import Mapping
from typing import Any

from tools.trouble import BadInput

type Secrets = Mapping[str, Any]


def in_front(new: Secrets, stored: Secrets, where: str = "secrets") -> dict[str, Any]:
    """The stored secrets with the new ones in front. Raises `BadInput` for what would be no rotation."""
    joined = dict(stored)
    for name, value in new.items():
        place = f"{where}.{name}"
        if not stored.get(name):
            # A first value is no second one: it would refuse all that is sent until its provider knows it.
            raise BadInput(f"Nothing is stored: {place} holds nothing to rotate; `rollcall source add` begins with it.")
        joined[name] = _joined(value, stored[name], place)
    return joined


def newest(after: Secrets, before: Secrets) -> dict[str, Any]:
    """What a rotation that made `after` of `before` put in front; what it left alone stays."""
    return {name: _newest(value, before.get(name)) for name, value in after.items()}


def _joined(new: Any, stored: Any, where: str) -> Any:
    if isinstance(new, Mapping):
        return in_front(new, stored, where)
    if any(one in stored for one in new):
        raise BadInput(f"Nothing is stored: {where} holds one of these already; give only what is new.")
    return [*new, *stored]


def _newest(after: Any, before: Any) -> Any:
    if isinstance(after, Mapping):
        return newest(after, before or {})
    fresh = [one for one in after if one not in (before or [])]
    return fresh if fresh and after == [*fresh, *(before or [])] else after
