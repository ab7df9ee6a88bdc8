"""What can be turned: how lively the world is, who tells of it, and how badly it travels."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

DIALECTS = ("pubnub", "pubnub-legacy", "pusher", "soketi", "yalgaar")
SHARES = ("states", "reloads", "vanishing", "lost_leaves", "loss", "failures", "duplication", "late")


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """The same knobs make the same run, byte for byte. Raises `ValueError` for what no world can be.

    What stands beside a type is its help on the command line.
    """

    seed: Annotated[int, "the same seed makes the same run"] = 1
    # The world. Each source is one app with users and channels of its own.
    events: Annotated[int, "arrivals, departures and changes of state that happen, over all sources"] = 10_000
    rate: Annotated[float, "of them per second of the world, over all sources"] = 100.0
    sources: Annotated[int, "sources per dialect"] = 1
    users: Annotated[int, "users per source"] = 200
    channels: Annotated[int, "channels per source"] = 50
    crowd: Annotated[int, "connections open at once, per source, on average"] = 150
    devices: Annotated[int, "connections that one user may have in one channel"] = 3
    states: Annotated[float, "share of the events that change a state"] = 0.1
    reloads: Annotated[float, "share of the departures after which the device is back within 10 seconds"] = 0.1
    vanishing: Annotated[float, "share of the departures that the provider notices only by a time-out"] = 0.1
    # The providers.
    mix: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(DIALECTS, 1.0))  # weight per dialect
    batching: Annotated[bool, "providers put several events into one webhook, as each of them does"] = True
    lost_leaves: Annotated[float, "share of the leaves and time-outs that the provider never tells"] = 0.0
    loss: Annotated[float, "share of the webhooks that the provider never sends"] = 0.0
    # The way.
    failures: Annotated[float, "share of the attempts of which nothing arrives; the provider retries by its rules"] = (
        0.02
    )
    duplication: Annotated[float, "share of the webhooks that arrive again, as after a lost answer"] = 0.05
    delay: Annotated[float, "seconds on the way, on average"] = 0.1
    late: Annotated[float, "share of the webhooks that come later than others that were sent after them"] = 0.05
    window: Annotated[float, "seconds by which the late ones are late, at most"] = 60.0
    # Who speaks.
    source: str = "sim"  # how the names of all sources begin
    pusher_key: str = "sim-key"
    pusher_secret: str = "sim-secret"  # noqa: S105 - of sources that exist for one run; the command makes its own

    def __post_init__(self) -> None:
        for name in SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share: between 0 and 1.")
        if self.duplication == 1:
            raise ValueError("duplication must be below 1: what always comes again never ends.")
        if min(self.events, self.delay, self.window) < 0 or self.rate <= 0:
            raise ValueError("events, delay and window cannot be negative, and rate must be more than 0.")
        if min(self.sources, self.users, self.channels, self.crowd, self.devices) < 1:
            raise ValueError("Of sources, users, channels, crowd and devices there must be at least one.")
        if set(self.mix) - set(DIALECTS) or min(self.mix.values(), default=0) < 0 or not sum(self.mix.values()):
            raise ValueError(f"mix gives weights to some of {', '.join(DIALECTS)}.")
