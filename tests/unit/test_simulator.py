"""The simulated providers: what they send is what Rollcall's own providers read, and runs repeat themselves."""

import ast
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall import provider
from rollcall.envelope import Envelope
from rollcall.events import Kind, PresenceEvent
from tests import oracle
from tools.simulator import DIALECTS, App, Delivery, Knobs, PerfectReceiver, Place, WireEvent, run
from tools.simulator.agenda import Agenda
from tools.simulator.simulation import dialect_of
from tools.simulator.wire import Rendered
from tools.simulator.world import State, World

START = 1_754_042_400_000  # Unix milliseconds, a whole second
SECOND, MINUTE = 1_000, 60_000
LEASE = 1440 * MINUTE
# Few users and channels, so that they meet often.
BUSY = Knobs(events=60, rate=20, users=6, channels=3, crowd=8, states=0.2, vanishing=0.2, reloads=0.3)
LARGE = Knobs(events=20_000, failures=0, duplication=0, late=0)
seeds = st.integers(0, 2**32)


def only(dialect: str, knobs: Knobs = BUSY) -> Knobs:
    return replace(knobs, mix={dialect: 1.0})


def smooth(knobs: Knobs) -> Knobs:
    """On the way nothing goes wrong, and it takes no time."""
    return replace(knobs, failures=0, duplication=0, late=0, delay=0)


def events_of(knobs: Knobs) -> list[WireEvent]:
    return [event for delivery in run(knobs, START) for event in delivery.events]


def read(delivery: Delivery, knobs: Knobs) -> list[PresenceEvent]:
    """What Rollcall makes of it, proof of origin included."""
    dialect = provider.load(delivery.provider)
    envelope = Envelope(
        provider=delivery.provider,
        source=delivery.source,
        received_at=delivery.received_at,
        request_id="1",
        headers={name.lower(): value for name, value in delivery.headers.items()},
        body=delivery.body,
    )
    tokens = {"tokens": [{"key": knobs.pusher_key, "secret": knobs.pusher_secret}]}
    dialect.verify(envelope, dialect.Secrets.model_validate(tokens if delivery.provider == "pusher" else {}))
    return list(dialect.parse(envelope))


def as_read(delivery: Delivery, event: WireEvent) -> PresenceEvent:
    """The event that the simulator says is in the body, as Rollcall would write it down."""
    told = event._asdict() | {"kind": Kind(event.kind)}
    return PresenceEvent(provider=delivery.provider, source=delivery.source, received_at=delivery.received_at, **told)


def in_order(events: Iterable[PresenceEvent]) -> list[PresenceEvent]:
    return sorted(events, key=lambda event: event.position)


# ---- What they send --------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", DIALECTS)
@given(seed=seeds, batching=st.booleans(), start=st.integers(0, 10**9))
def test_rollcall_reads_in_each_body_exactly_the_events_that_the_simulator_says(
    dialect: str, seed: int, batching: bool, start: int
) -> None:
    knobs = only(dialect, replace(BUSY, seed=seed, batching=batching, duplication=0.2))
    for delivery in run(knobs, START + start):
        events = read(delivery, knobs)
        assert in_order(events) == [as_read(delivery, event) for event in delivery.events], delivery.body
        assert not any(event.clock_ahead for event in events)


@given(seed=seeds)
def test_the_same_seed_makes_the_same_bytes(seed: int) -> None:
    knobs = replace(BUSY, seed=seed)
    assert list(run(knobs, START)) == list(run(knobs, START))


def test_another_seed_makes_another_run() -> None:
    assert list(run(BUSY, START)) != list(run(replace(BUSY, seed=2), START))


@given(seed=seeds, seconds=st.integers(0, 10**6))
def test_what_happens_does_not_depend_on_when(seed: int, seconds: int) -> None:
    knobs = replace(BUSY, seed=seed)
    early, late = run(knobs, START), run(knobs, START + seconds * SECOND)
    for one, other in zip(early, late, strict=True):
        assert (one.number, one.attempt, len(one.events)) == (other.number, other.attempt, len(other.events))
        assert other.received_at - one.received_at == seconds * SECOND


def test_a_run_is_told_while_it_happens() -> None:
    endless = replace(BUSY, events=10**12)
    assert len(list(islice(run(endless, START), 100))) == 100


@given(seed=seeds)
def test_deliveries_come_in_the_order_of_their_arrival_and_never_before_their_events(seed: int) -> None:
    simulation = run(replace(BUSY, seed=seed, late=0.5), START)
    latest = START
    for delivery in simulation:
        assert latest <= delivery.received_at == simulation.now
        assert all(event.occurred_at <= delivery.received_at for event in delivery.events)
        latest = delivery.received_at


def test_a_repeated_webhook_says_the_same_and_counts_its_attempts() -> None:
    told: dict[int, list[Delivery]] = {}
    for delivery in run(replace(LARGE, events=3000, duplication=0.3), START):
        told.setdefault(delivery.number, []).append(delivery)
    repeated = [deliveries for deliveries in told.values() if len(deliveries) > 1]
    assert repeated
    for first, *others in repeated:
        assert [one.attempt for one in (first, *others)] == list(range(1, len(others) + 2))
        assert all(one.events == first.events for one in others)
    changed = [one for one, *others in repeated if any(other.body != one.body for other in others)]
    assert changed
    assert all(b'"attempt":1}' in one.body for one in changed)


# ---- What is true, and what is lost ----------------------------------------------------------------


@dataclass
class Bystander:
    """Counts the connections of each member, and remembers when it came."""

    agenda: Agenda
    there: dict[tuple[str, str], tuple[set[int], int]] = field(default_factory=dict)

    def connect(self, channel: str, user: str, connection: int) -> None:
        self.there.setdefault((channel, user), (set(), self.agenda.now))[0].add(connection)

    def disconnect(self, channel: str, user: str, connection: int) -> None:
        self.there[channel, user][0].remove(connection)
        if not self.there[channel, user][0]:
            del self.there[channel, user]

    vanish = disconnect

    def change(self, channel: str, user: str, _state: State) -> None:
        assert (channel, user) in self.there


@given(seed=seeds)
def test_a_member_is_there_from_its_first_connection_to_the_end_of_its_last(seed: int) -> None:
    agenda = Agenda(START)
    bystander = Bystander(agenda)
    world = World(BUSY, BUSY.events, BUSY.rate, agenda, Random(seed), bystander, dialect_of("pubnub").names)
    while agenda.advance():
        there = {(channel, user): at for channel, users in world.truth.there.items() for user, at in users.items()}
        assert there == {member: at for member, (_, at) in bystander.there.items()}
    assert world.happened == BUSY.events


@pytest.mark.parametrize("dialect", ["pubnub", "pusher", "soketi"])  # those with a clock of milliseconds
@given(seed=seeds, batching=st.booleans())
def test_if_nothing_goes_wrong_a_perfect_receiver_knows_the_truth_in_the_end(
    dialect: str, seed: int, batching: bool
) -> None:
    simulation = run(smooth(only(dialect, replace(BUSY, seed=seed, batching=batching))), START)
    receiver = PerfectReceiver()
    for delivery in simulation:
        receiver.receive(delivery)
    ((app, truth),) = simulation.truth.items()
    for place in receiver.places():
        differing = receiver.members(*place, simulation.now, LEASE).keys() ^ truth.members(place.channel)
        # What happened within one millisecond may have been told in any order.
        assert all(receiver.hangs_on_order(place, user) for user in differing), (place, differing)
    assert {place.channel for place in receiver.places()} >= {name for name, users in truth.there.items() if users}
    assert app.provider == dialect.replace("soketi", "pusher")


@given(seed=seeds)
def test_at_any_time_the_truth_is_that_of_the_moment(seed: int) -> None:
    # Unbatched, at once and without time-outs: PubNub tells each moment at once.
    knobs = replace(smooth(only("pubnub", BUSY)), seed=seed, batching=False, vanishing=0.0)
    simulation = run(knobs, START)
    for delivery in simulation:
        truth = simulation.truth[App(delivery.provider, delivery.source)]
        for event in delivery.events:
            is_there = event.user in truth.members(event.channel)
            if event.user and is_there != (event.kind in ("joined", "state_changed")):
                # Then more has happened within this millisecond, and will be told next.
                there, gone = truth.there.get(event.channel, {}), truth.gone
                assert (there[event.user] if is_there else gone[event.channel, event.user]) == simulation.now


@pytest.mark.parametrize("knob", ["loss", "failures"])
@given(seed=seeds)
def test_every_event_is_delivered_or_counted_as_lost(knob: str, seed: int) -> None:
    knobs = smooth(replace(BUSY, seed=seed))
    lossy = run(replace(knobs, loss=0.3) if knob == "loss" else replace(knobs, failures=0.3), START)
    delivered = sum(len(delivery.events) for delivery in lossy)
    assert delivered + lossy.lost.total() == len(events_of(knobs)) + run_lost(knobs)


def run_lost(knobs: Knobs) -> int:
    simulation = run(knobs, START)
    for _ in simulation:
        pass
    return simulation.lost.total()


def test_leaves_that_are_never_told_are_counted() -> None:
    simulation = run(replace(LARGE, lost_leaves=0.2), START)
    left = sum(event.kind in ("left", "timed_out") for delivery in simulation for event in delivery.events)
    lost = simulation.lost["leaves never told"]
    assert lost / (lost + left) == pytest.approx(0.2, abs=0.02)


# ---- The perfect receiver --------------------------------------------------------------------------


def as_told(deliveries: Iterable[Delivery]) -> list[PresenceEvent]:
    return [as_read(delivery, event) for delivery in deliveries for event in delivery.events]


def require_the_same(receiver: PerfectReceiver, events: list[PresenceEvent], lease: int, now: int) -> None:
    """By the oracle of Rollcall's own tests, which looks through all events for each answer."""
    assert {tuple(place) for place in oracle.places(events)} == {tuple(place) for place in receiver.places()}
    for place in map(Place._make, oracle.places(events)):
        answer = oracle.answer(events, oracle.Place(*place), lease, now)
        known = receiver.members(*place, now, lease)
        assert [(one.user, one.since, one.last_seen, one.state) for one in answer.members] == [
            (user, *stay) for user, stay in sorted(known.items())
        ]
        heard_of = {event.user for event in events if event.channel == place.channel and event.user}
        assert known == {user: stay for user in heard_of if (stay := receiver.member(place, user, now, lease))}
        occupied = receiver.channels(place.provider, place.source, now, lease).get(place.channel)
        if answer.members:
            assert occupied == (len(answer.members), answer.occupied_since)
        else:  # where members are known they decide
            assert (occupied is not None) == (answer.declared_occupied and not heard_of)
        for user in heard_of:
            places = receiver.whereabouts(place.provider, place.source, user, now, lease)
            assert places.get(place.channel) == known.get(user)


@st.composite
def dense_deliveries(draw: st.DrawFn) -> list[Delivery]:
    """So few moments and members that ties of every sort are in most of them, in any order."""
    kinds = ("joined", "left", "state_changed", "channel_occupied", "channel_vacated", "occupancy_reported")
    event = st.tuples(
        st.sampled_from(kinds),
        st.sampled_from("aaab"),
        st.integers(0, 2),
        st.sampled_from([None, "1", "2"]),
        st.sampled_from([1, 2]),
    )
    found = []
    for number, (later, told) in enumerate(
        draw(st.lists(st.tuples(st.integers(0, 2), st.lists(event, min_size=1, max_size=4)), max_size=5))
    ):
        events = tuple(
            WireEvent(
                kind,
                "room",
                "" if kind.startswith(("channel", "occupancy")) else user,
                START + at,
                place,
                state=state if kind in ("joined", "state_changed") else None,
                occupancy=at if kind == "occupancy_reported" else None,
                resolution=resolution,
            )
            for place, (kind, user, at, state, resolution) in enumerate(told)
        )
        found.append(Delivery("pusher", "sim", number, Rendered({}, b"", events), START + 2 + later))
    return found


@given(deliveries=dense_deliveries(), now=st.integers(0, 6))
def test_the_perfect_receiver_says_what_the_rules_say_of_any_tie(deliveries: list[Delivery], now: int) -> None:
    receiver = PerfectReceiver()
    for delivery in deliveries:
        receiver.receive(delivery)
    require_the_same(receiver, as_told(deliveries), 3, START + now)


@given(seed=seeds, dialect=st.sampled_from(DIALECTS), order=st.randoms(use_true_random=False))
def test_the_perfect_receiver_says_what_the_rules_say_of_simulated_runs(seed: int, dialect: str, order: Random) -> None:
    knobs = only(dialect, replace(BUSY, events=30, seed=seed, late=0.5, window=5, duplication=0.3, vanishing=0.0))
    deliveries = list(run(knobs, START))
    order.shuffle(deliveries)
    receiver = PerfectReceiver()
    for delivery in deliveries:
        receiver.receive(delivery)
    events, lease = as_told(deliveries), 3 * SECOND
    for now in sorted({event.occurred_at + edge for event in events[-3:] for edge in (0, lease - 1, lease)}):
        require_the_same(receiver, events, lease, now)


def test_the_simulation_shares_no_code_with_rollcall() -> None:
    folder = Path(__file__).parents[2] / "tools/simulator"
    own = [*folder.glob("providers/*.py"), *(folder / f"{name}.py" for name in CORE)]
    for file in own:
        imported = [
            name
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])
        ]
        assert not [name for name in imported if name.startswith("rollcall")], file


CORE = ("agenda", "knobs", "perfect_receiver", "provider", "simulation", "wire", "world")


# ---- The knobs -------------------------------------------------------------------------------------


def test_the_mix_decides_where_how_much_happens() -> None:
    simulation = run(replace(LARGE, mix={"pubnub-legacy": 3.0, "yalgaar": 1.0}), START)
    told: Counter[str] = Counter()
    for delivery in simulation:
        told[delivery.source] += len(delivery.events)
    assert set(told) == {"sim-pubnub-legacy-0", "sim-yalgaar-0"}
    assert simulation.happened == LARGE.events
    assert 3 < told["sim-pubnub-legacy-0"] / told["sim-yalgaar-0"] < 4  # Yalgaar knows no states and no channels


def test_each_dialect_has_so_many_sources() -> None:
    assert len(run(replace(BUSY, sources=3), START).truth) == 3 * len(DIALECTS)


def test_the_way_repeats_and_delays_as_much_as_it_is_told_to() -> None:
    knobs = only("pubnub-legacy", replace(LARGE, duplication=0.2, late=0.3, window=600.0, delay=0.1))
    deliveries = list(run(knobs, START))
    firsts = [delivery for delivery in deliveries if delivery.attempt == 1]
    repeated = {delivery.number for delivery in deliveries if delivery.attempt > 1}
    assert len(repeated) / len(firsts) == pytest.approx(0.2, abs=0.02)
    waits = [(delivery.received_at - delivery.events[0].occurred_at) / SECOND for delivery in firsts]
    assert sum(wait > 5 for wait in waits) / len(waits) == pytest.approx(0.3, abs=0.02)
    assert 590 < max(waits) < 610


def test_the_world_changes_states_as_often_as_it_is_told_to() -> None:
    told = Counter(event.kind for event in events_of(only("pubnub-legacy", replace(LARGE, states=0.3))))
    assert told["state_changed"] / LARGE.events == pytest.approx(0.3, abs=0.03)


def test_those_who_vanish_are_told_of_by_a_time_out() -> None:
    told = Counter(event.kind for event in events_of(only("pubnub", replace(LARGE, vanishing=1.0))))
    assert told["left"] == 0 < told["timed_out"]
    told = Counter(event.kind for event in events_of(only("pubnub", replace(LARGE, vanishing=0.0))))
    assert told["timed_out"] == 0 < told["left"]


def test_the_world_has_so_many_events_a_second() -> None:
    simulation = run(smooth(replace(LARGE, mix={"soketi": 1.0}, vanishing=0.0, rate=50.0, reloads=0.3)), START)
    for _ in simulation:
        pass
    assert (simulation.now - START) / SECOND == pytest.approx(LARGE.events / 50, rel=0.03)


def test_channels_fill_and_empty() -> None:
    told = Counter(event.kind for event in events_of(only("soketi", LARGE)))
    assert told["channel_vacated"] > 50
    assert told["channel_occupied"] > 50


@pytest.mark.parametrize(
    "wrong",
    [
        {"loss": 1.5},
        {"late": -0.1},
        {"duplication": 1.0},
        {"rate": 0},
        {"users": 0},
        {"mix": {"nobody": 1.0}},
        {"mix": {}},
    ],
)
def test_a_world_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"share|below|rate|least|mix"):
        replace(BUSY, **wrong)  # type: ignore[arg-type]  # wrong on purpose
