"""How long and how hard a run is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """The seed decides what is sent and in which order; what fails when depends on the machine, too."""

    webhooks: int = 50_000
    seed: int = 1
    clients: int = 8  # each waits some 100 ms for its answer: together they can send more than `rate`
    rate: float = 50.0  # webhooks a second; two processors take some 70, and beyond that the queue would only grow
    share: float = 0.02  # of the functions' requests to AWS fail
    restarts: int = 5
