"""A mix of everything, as the simulated providers send it: joins, leaves, batches, retries, duplicates, late ones."""

from collections.abc import Iterator
from itertools import batched, groupby, takewhile

from tools.costs.scenarios import FULL_BATCH, Batch, Scenario
from tools.costs.webhooks import PUSHER_KEY, PUSHER_SECRET, Webhook
from tools.simulator import Delivery, Knobs, run

_CHANGES = 4000  # in the simulated world; the first half fills the channels, the second is metered
_HOUR = 3_600_000  # milliseconds; the world ends so long ago, so that what comes late does not come in the future


def mixes(now: int) -> list[Scenario]:
    """At a lively rate, at which batches gather, and at a quiet one; what arrives in one second is a batch."""
    return [_mix(now, rate) for rate in (100, 1)]


def _mix(now: int, rate: int) -> Scenario:
    lasts = _CHANGES * 1000 // rate
    start = (now - lasts - _HOUR) // 1000 * 1000
    half, end = start + lasts // 2, start + lasts
    knobs = Knobs(events=_CHANGES, rate=rate, pusher_key=PUSHER_KEY, pusher_secret=PUSHER_SECRET)
    batches = list(takewhile(lambda batch: _began(batch) < end, _batches(knobs, start)))
    before = [batch for batch in batches if _began(batch) < half]
    measured = batches[len(before) :]
    webhooks = sum(len(batch.webhooks) for batch in measured)
    return Scenario(f"a mix, at {rate} changes a second", "webhooks", webhooks, measured, before)


def _began(batch: Batch) -> int:
    return batch.webhooks[0].received_at


def _batches(knobs: Knobs, start: int) -> Iterator[Batch]:
    for _, deliveries in groupby(run(knobs, start), key=lambda delivery: delivery.received_at // 1000):
        for some in batched(deliveries, FULL_BATCH, strict=False):
            yield Batch(tuple(map(_webhook, some)))


def _webhook(delivery: Delivery) -> Webhook:
    events = len(delivery.events)
    return Webhook(delivery.provider, delivery.received_at, delivery.headers, delivery.body, events)
