"""Shows how far a run is."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tools.endurance.disasters import Disasters

EVERY = 10.0  # seconds; without a terminal each line stays


@contextmanager
def shown(disasters: Disasters) -> Iterator[None]:
    """Prints what has been done and suffered, for as long as the block runs."""
    over = threading.Event()
    began = time.monotonic()
    shower = threading.Thread(target=_show, args=(disasters, began, over), daemon=True)
    shower.start()
    try:
        yield
    finally:
        over.set()
        shower.join()
        print(_line(disasters, began), flush=True)


def _show(disasters: Disasters, began: float, over: threading.Event) -> None:
    on_terminal = sys.stdout.isatty()
    while not over.wait(1.0 if on_terminal else EVERY):
        line = _line(disasters, began)
        print(f"\r\033[K{line}" if on_terminal else line, end="" if on_terminal else "\n", flush=True)
    if on_terminal:
        print("\r\033[K", end="")


def _line(disasters: Disasters, began: float) -> str:
    done, seconds = len(disasters.traffic.acknowledged), time.monotonic() - began
    return (
        f"{done:6} of {disasters.deliveries} acknowledged, {done / seconds:.0f} a second;"
        f" {disasters.faulty.failures.total()} requests failed, {disasters.kills} functions killed,"
        f" {disasters.restarted} restarts, {disasters.copies} messages once more"
    )
