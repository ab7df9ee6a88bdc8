"""Processor time of a process together with the processes that it has made, as Lambda bills them.

Also for an interpreter that has nothing of the project but this file.
"""

import os
import time
from pathlib import Path


def spent(process: int | None = None) -> float:
    """Seconds since its start; of this process, if none is named. Linux only."""
    of = process if process is not None else os.getpid()
    made = Path(f"/proc/{of}/task/{of}/children").read_text().split()
    clock = ~of << 3 | 2  # that of another process, see clock_getcpuclockid(3)
    return time.clock_gettime(clock) + sum(spent(int(child)) for child in made)
