"""What providers send in one run: the simulator's webhooks of the last hours, and some that are forged."""

import json
from collections.abc import Iterator
from random import Random

from tools.simulator import Delivery, Knobs, Simulation, WireEvent, run
from tools.simulator.wire import Rendered

SOURCE = "endurance"
EVENTS_PER_WEBHOOK = 2.5  # more than there are, so that the world does not end before the last webhook is sent
CHANNELS = 20  # per source; fewer are fuller, and each is asked for by itself in the end
LASTS = 3600  # seconds of the world; whatever it tells belongs to the lease of a day
BEGAN = 3 * 3600  # seconds before now: time enough for what is told, retried and late, so that no clock is ahead
DISORDER = 0.3  # of the webhooks come later than others that were sent after them
FARTHEST = 600.0  # seconds by which they are late, at most
DUPLICATION = 0.1  # of the webhooks come again although they were acknowledged
FORGED = 0.02  # of Pusher's webhooks are followed by one that is not Pusher's


def world(webhooks: int, seed: int, pusher_secret: str, now: int) -> Simulation:
    """A world of the last hours that tells of itself in at least so many webhooks; `now` in Unix milliseconds."""
    events = int(webhooks * EVENTS_PER_WEBHOOK)
    knobs = Knobs(
        seed=seed,
        events=events,
        rate=events / LASTS,
        channels=CHANNELS,
        late=DISORDER,
        window=FARTHEST,
        duplication=DUPLICATION,
        source=SOURCE,
        pusher_secret=pusher_secret,
    )
    return run(knobs, (now // 1000 - BEGAN) * 1000)


def deliveries(simulation: Simulation, webhooks: int) -> Iterator[Delivery]:
    """The first so many webhooks as they arrive, some more than once, with forged ones between them."""
    chance = Random(simulation.knobs.seed)  # noqa: S311  chance is seeded, and guards nothing
    numbers: set[int] = set()
    for delivery in simulation:
        numbers.add(delivery.number)
        if len(numbers) > webhooks:
            return
        yield delivery
        if delivery.provider == "pusher" and chance.random() < FORGED:
            numbers.add(-delivery.number)
            yield _forged(delivery)


def is_genuine(delivery: Delivery) -> bool:
    return delivery.number > 0


def _forged(delivery: Delivery) -> Delivery:
    """As if of the same app, of a member who never was, with the signature of another body."""
    event = delivery.events[0]
    mallory = WireEvent("joined", event.channel, f"mallory-{delivery.number}", event.occurred_at, 0)
    told = [{"name": "member_added", "channel": mallory.channel, "user_id": mallory.user}]
    body = json.dumps({"time_ms": mallory.occurred_at, "events": told}).encode()
    return delivery._replace(number=-delivery.number, rendered=Rendered(delivery.headers, body, (mallory,)), attempt=1)
