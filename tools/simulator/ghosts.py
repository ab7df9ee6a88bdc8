"""How long members are reported who are truly gone."""

from collections.abc import Iterable

type Ghost = tuple[object, int]  # who, and when they went, in Unix milliseconds


class GhostLives:
    """Fed with the ghosts of each audit. A life ends with the first audit that no longer finds its ghost."""

    def __init__(self) -> None:
        self._alive: dict[Ghost, int] = {}  # until when it was seen
        self._ended: list[int] = []  # milliseconds

    def note(self, at: int, ghosts: Iterable[Ghost]) -> None:
        seen = set(ghosts)
        for ghost in [ghost for ghost in self._alive if ghost not in seen]:
            del self._alive[ghost]
            self._ended.append(at - ghost[1])
        self._alive.update(dict.fromkeys(seen, at))

    def half_life(self) -> float | None:
        """Seconds after which half of them are gone; `None` if most still are not.

        The estimate of Kaplan and Meier, for it counts those that are still there for as long as they were watched.
        https://doi.org/10.1080/01621459.1958.10501452
        """
        watched = [(life, True) for life in self._ended]
        watched += [(until - ghost[1], False) for ghost, until in self._alive.items()]
        at_risk, alive = len(watched), 1.0
        for life, has_ended in sorted(watched, key=lambda each: (each[0], not each[1])):
            if has_ended:
                alive *= 1 - 1 / at_risk
            if alive <= 0.5:
                return life / 1000
            at_risk -= 1
        return None
