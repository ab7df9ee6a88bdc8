"""A dictionary whose keys are in order, so that it can be read from a key on, in either direction."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import Any


class Ordered[Key, Value]:
    """Putting and popping cost a binary search, and a move of what lies behind in a list of pointers."""

    __slots__ = ("by_key", "keys")

    def __init__(self) -> None:
        self.keys: list[Any] = []
        self.by_key: dict[Key, Value] = {}

    def __len__(self) -> int:
        return len(self.keys)

    def get(self, key: Key) -> Value | None:
        return self.by_key.get(key)

    def put(self, key: Key, value: Value) -> None:
        if key not in self.by_key:
            insort(self.keys, key)
        self.by_key[key] = value

    def pop(self, key: Key) -> None:
        del self.by_key[key]
        del self.keys[bisect_left(self.keys, key)]

    def values(self, positions: range) -> Iterator[Value]:
        for position in positions:
            yield self.by_key[self.keys[position]]
