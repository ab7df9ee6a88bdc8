"""How a fault is told without quoting what met it."""

import traceback

from rollcall.errors import RollcallError


def in_words(error: Exception) -> str:
    """Our own sentence; of a fault only its kind and place, for what others say may quote a body."""
    if isinstance(error, RollcallError):
        return str(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {place.name}, {place.filename}:{place.lineno}"
