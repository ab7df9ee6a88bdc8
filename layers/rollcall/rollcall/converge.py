"""Bringing new evidence into a table that others write at the same time, so that none of it is lost.

Most evidence is newer than all that is stored: one conditional write then does, without a read before it. Only when
its condition fails is the stored evidence, which comes back with the failure, merged and written in its place.
"""

from typing import Protocol

from rollcall.errors import Unavailable
from rollcall.merge import Channel, Member

_ATTEMPTS = 10  # as many writers of one record as the consumer has instances; each attempt fails only if another's won


class Registers[Key, Evidence](Protocol):
    """A table of evidence. Both writes are atomic, and return `None` when done, else what is stored now."""

    def write_newer(self, key: Key, evidence: Evidence) -> Evidence | None:
        """Write `evidence` if it is newer than everything stored under `key`."""

    def replace(self, key: Key, stored: Evidence, merged: Evidence) -> Evidence | None:
        """Write `merged` if what is stored is still `stored`."""


def converge[Key, Evidence: (Member, Channel)](
    registers: Registers[Key, Evidence], key: Key, evidence: Evidence
) -> bool:
    """Merge evidence into a record; `False` if the record knew all of it. Raises `Unavailable`."""
    stored = registers.write_newer(key, evidence)
    for _ in range(_ATTEMPTS):
        if stored is None:
            return True
        merged = stored.merge(evidence)
        if merged == stored:
            return False
        stored = registers.replace(key, stored, merged)
    if stored is None:
        return True
    raise Unavailable("Too many others write the same record.")
