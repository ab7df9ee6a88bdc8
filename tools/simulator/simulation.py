"""Worlds, their providers and the way to Rollcall, put together into one stream of deliveries."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from itertools import count
from random import Random
from typing import NamedTuple

from tools.simulator.agenda import Agenda
from tools.simulator.knobs import DIALECTS, Knobs
from tools.simulator.provider import Circumstances, Provider
from tools.simulator.wire import Delivery, Rendered
from tools.simulator.world import Truth, World


class App(NamedTuple):
    """One source, in the name under which Rollcall knows its provider."""

    provider: str
    source: str


class Simulation:
    """Yields deliveries in the order of their arrival, until all that happened has been told.

    While one is looked at, `now` is its time of arrival, and `truth` says who is there at that moment. `lost` counts
    the events that the providers never told, by cause.
    """

    def __init__(self, knobs: Knobs, start: int) -> None:
        self.knobs = knobs
        self.lost: Counter[str] = Counter()
        self.truth: dict[App, Truth] = {}
        self.dialects: dict[App, type[Provider]] = {}
        self._agenda = Agenda(start)
        self._numbers = count(1)
        self._arrived: list[Delivery] = []
        self._worlds: list[World] = []
        weights = {name: knobs.mix.get(name, 0.0) for name in DIALECTS}
        for name in DIALECTS:
            for number in range(knobs.sources if weights[name] else 0):
                self._add(name, number, weights[name] / sum(weights.values()) / knobs.sources)

    @property
    def now(self) -> int:
        return self._agenda.now

    @property
    def happened(self) -> int:
        """How much of `knobs.events` is over."""
        return sum(world.happened for world in self._worlds)

    def __iter__(self) -> Iterator[Delivery]:
        while self._agenda.advance():
            if self._arrived:
                yield from self._arrived
                self._arrived.clear()

    def _add(self, name: str, number: int, share: float) -> None:
        dialect = dialect_of(name)
        app = App(dialect.NAME, f"{self.knobs.source}-{name}-{number}")
        chances = [Random(f"{self.knobs.seed}/{name}/{number}/{part}") for part in ("world", "provider", "way")]  # noqa: S311 - it must repeat itself
        way = _Way(self, app, dialect, chances[2])
        provider = dialect(Circumstances(self.knobs, self._agenda, chances[1], way.post, self.lost))
        events = round(self.knobs.events * share)
        world = World(self.knobs, events, self.knobs.rate * share, self._agenda, chances[0], provider, dialect.names)
        self._worlds.append(world)
        self.truth[app] = world.truth
        self.dialects[app] = dialect

    def plan_arrival(self, after: float, app: App, rendered: Rendered, number: int, attempt: int) -> None:
        self._agenda.after(after, partial(self._arrive, app, rendered, number, attempt))

    def next_number(self) -> int:
        return next(self._numbers)

    def _arrive(self, app: App, rendered: Rendered, number: int, attempt: int) -> None:
        self._arrived.append(Delivery(*app, number, rendered, self._agenda.now, attempt))


class _Way:
    """From one app's provider to Rollcall: webhooks are lost, late and doubled on it."""

    def __init__(self, simulation: Simulation, app: App, dialect: type[Provider], chance: Random) -> None:
        self._simulation = simulation
        self._app = app
        self._dialect = dialect
        self._chance = chance

    def post(self, rendered: Rendered) -> None:
        knobs, chance, lost = self._simulation.knobs, self._chance, self._simulation.lost
        if chance.random() < knobs.loss:
            lost["never sent"] += len(rendered.events)
            return
        number = self._simulation.next_number()
        waited, attempt = self._delay(), 1
        while chance.random() < knobs.failures:
            delay = self._dialect.retry_delay(attempt, chance)
            if delay is None:
                lost["given up after failures"] += len(rendered.events)
                return
            waited, attempt = waited + delay + self._delay(), attempt + 1
        self._simulation.plan_arrival(waited, self._app, rendered, number, attempt)
        while chance.random() < knobs.duplication:
            # Even what its provider never repeats may come twice: something on the way repeats it at once.
            delay = self._dialect.retry_delay(attempt, chance) or 0.0
            waited, attempt = waited + delay + self._delay(), attempt + 1
            self._simulation.plan_arrival(waited, self._app, rendered, number, attempt)

    def _delay(self) -> float:
        knobs, chance = self._simulation.knobs, self._chance
        late = chance.uniform(0, knobs.window) if chance.random() < knobs.late else 0.0
        return late + (chance.expovariate(1 / knobs.delay) if knobs.delay else 0.0)


def dialect_of(name: str) -> type[Provider]:
    """The provider of that name; the folder is the list."""
    module = import_module(f"tools.simulator.providers.{name.replace('-', '_')}")
    found = [
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Provider) and each.__module__ == module.__name__
    ]
    (dialect,) = found
    return dialect


def run(knobs: Knobs, start: int) -> Simulation:
    """A run of the world from `start`, in Unix milliseconds. Whole seconds make runs that differ in nothing else."""
    return Simulation(knobs, start)
