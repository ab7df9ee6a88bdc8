"""Says what is going on while a step takes long."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

QUIET_SECONDS = 10  # without a terminal: long enough not to flood a log, short enough not to look dead


@contextmanager
def step(what: str) -> Iterator[None]:
    """Shows `what` with its elapsed seconds for as long as the block runs."""
    started = time.monotonic()
    done = threading.Event()
    watcher = threading.Thread(target=_show, args=(what, started, done), daemon=True)
    print(f"{what} ...", end="" if sys.stdout.isatty() else "\n", flush=True)
    watcher.start()
    try:
        yield
    except BaseException:
        _stop(done, watcher)
        if sys.stdout.isatty():
            print()
        raise
    _stop(done, watcher)
    print(f"{_line_start()}{what}: {time.monotonic() - started:.0f} s", flush=True)


def _show(what: str, started: float, done: threading.Event) -> None:
    while not done.wait(1 if sys.stdout.isatty() else QUIET_SECONDS):
        elapsed = f"{time.monotonic() - started:.0f} s"
        if sys.stdout.isatty():
            print(f"{_line_start()}{what} ... {elapsed}", end="", flush=True)
        else:
            print(f"  ... {elapsed}", flush=True)


def _stop(done: threading.Event, watcher: threading.Thread) -> None:
    done.set()
    watcher.join()


def _line_start() -> str:
    return "\r\033[K" if sys.stdout.isatty() else ""  # back to column 1, and delete what stands there
