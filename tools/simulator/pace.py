"""How the world's time maps to ours: it may run faster, and then it began in the past, so that it ends now."""

import time
from dataclasses import dataclass

SECOND = 1_000  # milliseconds


@dataclass(frozen=True)
class Pace:
    """`began` is our time in Unix milliseconds, `world_began` the world's; `speed` is its seconds per one of ours."""

    began: int
    world_began: int
    speed: float

    @classmethod
    def ending_now(cls, now: int, lasts: int, speed: float) -> "Pace":
        """A world of `lasts` milliseconds whose time is never ahead of ours: no clock that Rollcall sees is."""
        world_began = now if speed <= 1 else now + round(lasts / speed) - lasts
        return cls(now, world_began // SECOND * SECOND, speed)

    def ours(self, moment: int) -> float:
        """The world's time as ours."""
        return self.began + (moment - self.world_began) / self.speed


def now() -> int:
    """Our time, in Unix milliseconds."""
    return time.time_ns() // 1_000_000
