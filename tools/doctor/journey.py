"""The whole way, gone by a webhook of a source that exists for it alone: signed, acknowledged, verified, applied, told.

Whatever comes of it, nothing of it is left, except in logs and metrics.
"""

import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import NamedTuple

from rollcall import provider
from rollcall.keys import ChannelKey
from rollcall.tally import APPLIED, RETRIED
from tools import settings_store, web
from tools.demo.dialects import PUSHER_KEY, dialects
from tools.demo.stories import Act
from tools.doctor.check import Check, Judgement, fault, ok, skipped
from tools.doctor.deployment import Deployment
from tools.doctor.traces import FEW, Traces, abandoned, fresh_source
from tools.parked import waiting_in
from tools.read_api import ReadApi
from tools.stack import Stack
from tools.trouble import Trouble
from tools.urls import webhook_url

PATIENCE = 60  # seconds; a cold start of all functions takes ten
SETTLES = 10  # seconds, within which the consumer has written down what became of the webhook
ASKED_EVERY = 0.2  # seconds
CHANNEL, USER = "presence-doctor", "doctor"

# What lies on the way, by how its checks are called: with a fault there, the webhook would only get stuck.
ON_THE_WAY = (
    *("stack", "api", "webhook token", "read key", "queue", "event source", "table"),
    *(f"{what} {name}" for name in ("Ingest", "Consumer", "Query") for what in ("function", "role")),
)


class Outcome(NamedTuple):
    """What became of the webhook, and why it was parked: as the read API tells of a source's last one."""

    word: str | None
    sentence: str

    @property
    def is_open(self) -> bool:
        return self.word in (None, RETRIED)

    @property
    def is_parked(self) -> bool:
        return not self.is_open and self.word != APPLIED


def checks(deployment: Deployment) -> Iterator[Check]:
    yield Check("journey", lambda: travel(deployment.stack), ON_THE_WAY)


def travel(stack: Stack) -> Judgement:
    """Sends the webhook, waits until the read API tells of it, and removes all of it again."""
    signing = next(name for name in provider.names() if provider.load(name).SETUP.signs)
    for source in abandoned(stack, signing, time.time()):
        forgotten = Traces(stack, ChannelKey(*source, CHANNEL))
        forgotten.take_from_parked()  # what still waits will be parked, and the next journey finds it there
        forgotten.remove()
    channel = ChannelKey(*fresh_source(signing, time.time()), CHANNEL)
    traces = Traces(stack, channel)
    # There is nothing yet; but whoever may not remove must not send.
    traces.remove()
    traces.require_sight_of_parked()
    if (waiting := waiting_in(stack, stack.webhooks_queue)) > FEW:
        # It could not be taken back without a try of each of them.
        return skipped(f"{waiting} webhooks wait before it; look again when the consumer has got on with them.")
    with ExitStack() as afterwards:
        afterwards.callback(traces.remove)  # the last of all, even if taking back fails or is interrupted, too
        afterwards.callback(_see_to_its_end, stack, traces)
        return _sent(stack, channel)


def _sent(stack: Stack, channel: ChannelKey) -> Judgement:
    secret = secrets.token_hex(10)
    value = settings_store.checked("secrets", channel.provider, {"tokens": [{"key": PUSHER_KEY, "secret": secret}]})
    settings_store.store(stack, "secrets", channel.provider, channel.source, value)
    joined = Act(at=0, what="joined", channel=channel.channel, user=USER, state=None, notes=frozenset())
    body, headers = dialects(secret)[channel.provider]([joined], int(time.time()))
    began = time.monotonic()
    answer = web.post(webhook_url(stack, channel.provider, channel.source), body, headers)
    if answer.status != 200:
        return fault(f"Ingest answers {answer.status} to a webhook.", "Ingest's log says why.")
    while not _is_told(stack, channel):
        outcome = _outcome(stack, channel)
        if outcome.is_parked or time.monotonic() - began > PATIENCE:
            return judge_lost(outcome)
        time.sleep(ASKED_EVERY)
    return ok(f"A signed webhook of {channel.provider}'s became an answer within {time.monotonic() - began:.1f} s.")


def _is_told(stack: Stack, channel: ChannelKey) -> bool:
    with suppress(Trouble):  # it may come yet
        return any(member["user"] == USER for member in ReadApi.of(stack).members(channel.of_source, channel.channel))
    return False


def _outcome(stack: Stack, channel: ChannelKey) -> Outcome:
    url = f"{stack.url}/setup/{channel.provider}/{channel.source}"
    answer = web.get(url, {"Authorization": f"Bearer {stack.read_key}"})
    if answer.status != 200:
        return Outcome(None, "")
    content = answer.json()
    return Outcome(content["last_outcome"], content["last_sentence"])


def _see_to_its_end(stack: Stack, traces: Traces) -> None:
    """Waits until nothing of the webhook is under way, which might be written after it was removed."""
    deadline = time.monotonic() + SETTLES
    # What became of a webhook is the last that the consumer writes.
    while (outcome := _outcome(stack, traces.channel)).is_open and time.monotonic() < deadline:
        time.sleep(ASKED_EVERY)
    if outcome.word != APPLIED:
        traces.take_back()


def judge_lost(outcome: Outcome) -> Judgement:
    """By what became of the webhook instead of an answer."""
    acknowledged = f"A webhook was acknowledged, and {PATIENCE} s later"
    match outcome.word:
        case None:
            return fault(f"{acknowledged} the consumer has not dealt with it.", "The consumer's log says why.")
        case "applied":
            return fault(f"{acknowledged} it is applied, but no answer tells of it.", "Query's log says why.")
        case "retried":
            # In flight it cannot be taken back; it will be one of those that an earlier journey left.
            return fault(
                f"{acknowledged} it is still being tried.",
                "The consumer's log says what it fails at. The webhook will be parked; the doctor removes it later.",
            )
        case reason:
            return fault(
                f"A webhook was parked as {reason}: {outcome.sentence}", "The consumer's log tells more of it."
            )
