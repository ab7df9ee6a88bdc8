"""Doing the same with many things."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol


class Each(Protocol):
    """`map`, or a thread pool's, which waits for many answers of AWS at once."""

    def __call__[T, R](self, function: Callable[[T], R], things: Iterable[T], /) -> Iterator[R]: ...
