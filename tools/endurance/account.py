"""The exact account of a run: what became of each acknowledged webhook."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rollcall.envelope import open_envelope
from rollcall.keys import SourceKey
from rollcall.timestamps import to_milliseconds
from tools.endurance.story import is_genuine
from tools.parked import looked_at, why_parked
from tools.read_api import ReadApi
from tools.simulator import App, Delivery
from tools.stack import Stack


class Logged(NamedTuple):
    """An event as Rollcall's log tells it."""

    app: App
    channel: str
    kind: str
    user: str
    occurred_at: int
    event_id: str


@dataclass
class Account:
    """Of webhooks, each counted once however often it came: it is applied or parked, or lost."""

    applied: int = 0
    parked: Counter[str] = field(default_factory=Counter)  # by reason
    lost: list[Delivery] = field(default_factory=list)
    forged_applied: int = 0
    invented: int = 0  # events in the log that nobody told of, or more often than anybody did


def draw_up(stack: Stack, acknowledged: Sequence[Delivery]) -> Account:
    """The account of all that was acknowledged: applied is what stands in the log with all its events."""
    account = Account()
    parked = _parked(stack)
    log = _log(stack, acknowledged)
    attempts: dict[int, list[Delivery]] = {}
    for delivery in acknowledged:
        attempts.setdefault(delivery.number, []).append(delivery)
    for number, (delivery, *others) in attempts.items():
        reasons = {parked[attempt.body] for attempt in (delivery, *others) if attempt.body in parked}
        if reasons:
            account.parked[min(reasons)] += 1
        elif number > 0 and log.keys() >= set(_logged(delivery)):
            account.applied += 1
        else:
            account.lost.append(delivery)
    told = Counter(logged for delivery, *_ in attempts.values() for logged in _logged(delivery))
    forged = {logged for delivery, *_ in attempts.values() if not is_genuine(delivery) for logged in _logged(delivery)}
    account.forged_applied = len(forged & log.keys())
    account.invented = (log - told).total()
    return account


def _logged(delivery: Delivery) -> list[Logged]:
    app = App(delivery.provider, delivery.source)
    return [
        Logged(app, event.channel, event.kind, event.user, event.occurred_at, event.event_id)
        for event in delivery.events
    ]


def _parked(stack: Stack) -> dict[bytes, str]:
    """The bodies of what is parked, and why."""
    with looked_at(stack) as messages:
        return {open_envelope(message["Body"]).body: why_parked(message).reason for message in messages}


def _log(stack: Stack, acknowledged: Sequence[Delivery]) -> Counter[Logged]:
    channels = {
        (App(delivery.provider, delivery.source), event.channel)
        for delivery in acknowledged
        for event in delivery.events
    }
    api = ReadApi.of(stack)
    return Counter(
        Logged(
            app,
            channel,
            event["kind"],
            event["user"],
            to_milliseconds(event["occurred_at"]) or 0,
            event["event_id"],
        )
        for app, channel in channels
        for event in api.events(SourceKey(app.provider, app.source), channel)
    )
