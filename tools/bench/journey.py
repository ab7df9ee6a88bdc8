"""How many webhooks per second the stack takes, and how long after its acknowledgement each can be read.

Of the stack that `make up` started, over HTTP: each webhook says that somebody joined, and the read API is asked until
it names them. First one after another, then as fast as several clients can post. What is slow here is this machine,
which does the work of AWS, too.
"""

import json
import statistics
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple

from rollcall.keys import SourceKey
from tools import web
from tools.bench.findings import Findings
from tools.choice import chosen_stack
from tools.progress import step
from tools.read_api import ReadApi
from tools.stack import Stack
from tools.trouble import Trouble
from tools.urls import webhook_url

_ONE_BY_ONE = 50  # webhooks
_AT_ONCE = 1_000  # webhooks
_CLIENTS = 8
_CHANNELS = 10  # that the users of the flood share, so that no answer is long
_PATIENCE = 120.0  # seconds without anybody new


type Way = Callable[[_Journey, list[str]], None]


@dataclass
class _Journey:
    """Users' webhooks on their way; times are seconds of one clock."""

    stack: Stack
    source: str
    acknowledged: dict[str, float] = field(default_factory=dict)
    readable: dict[str, float] = field(default_factory=dict)

    def post(self, user: str) -> None:
        body = {
            "schema": "presence.user.channel.joined",
            "data": [{"channel": _channel(user), "userId": user, "timestamp": time.time_ns() // 1_000_000}],
        }
        url = webhook_url(self.stack, "pubnub", self.source)
        answer = web.post(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
        if answer.status != 200:
            raise Trouble(f"The stack answered {answer.status}: {answer.body[:200]!r}")
        self.acknowledged[user] = time.monotonic()

    def watch(self, users: Iterable[str]) -> None:
        """Ask until all of them have been seen."""
        api, source = ReadApi.of(self.stack), SourceKey("pubnub", self.source)
        left = set(users)
        deadline = time.monotonic() + _PATIENCE
        while left:
            for channel in {_channel(user) for user in left}:
                found = left & {member["user"] for member in api.members(source, channel)}
                now = time.monotonic()
                self.readable |= dict.fromkeys(found, now)
                left -= found
                deadline = now + _PATIENCE if found else deadline
            if time.monotonic() > deadline:
                raise Trouble(f"{len(left)} acknowledged webhooks cannot be read after {_PATIENCE:.0f} s.")

    def delays(self) -> list[float]:
        """Milliseconds from acknowledged to readable, the shortest first. Who is seen before has waited for none."""
        return sorted(max(0.0, self.readable[user] - at) * 1000 for user, at in self.acknowledged.items())


class _Figures(NamedTuple):
    acknowledged_per_second: float
    readable_per_second: float
    median_delay: float
    longest_delay_but_for_one_percent: float


def measure(rounds: int) -> Findings:
    stack = chosen_stack()
    findings = Findings(
        ("webhooks", "posted", "acknowledged per second", "readable per second", "ms until readable: p50", "p99")
    )
    ways: dict[str, tuple[int, Way]] = {
        "one after another": (_ONE_BY_ONE, _one_by_one),
        f"by {_CLIENTS} clients at once": (_AT_ONCE, _flood),
    }
    for how, (count, way) in ways.items():
        with step(f"  {count} webhooks, {how}"):
            runs = [_travel(_Journey(stack, f"bench-{time.time_ns():x}"), count, way) for _ in range(rounds)]
        per_second, readable, *delays = map(statistics.median, zip(*runs, strict=True))
        findings.rows.append((count, how, round(per_second, 1), round(readable, 1), *map(round, delays)))
    return findings


def _travel(journey: _Journey, count: int, way: Way) -> _Figures:
    journey.post("warm")  # the functions start, and are warm when it can be read
    journey.watch(["warm"])
    journey.acknowledged.clear()
    began = time.monotonic()
    way(journey, [f"user-{place}" for place in range(count)])
    acknowledged, readable = (max(times.values()) - began for times in (journey.acknowledged, journey.readable))
    percentiles = statistics.quantiles(journey.delays(), n=100, method="inclusive")
    return _Figures(count / acknowledged, count / readable, percentiles[49], percentiles[98])


def _one_by_one(journey: _Journey, users: list[str]) -> None:
    for user in users:
        journey.post(user)
        journey.watch([user])


def _flood(journey: _Journey, users: list[str]) -> None:
    with ThreadPoolExecutor(_CLIENTS) as clients:
        posted = clients.map(journey.post, users)
        journey.watch(users)
        list(posted)  # raises what went wrong in them


def _channel(user: str) -> str:
    return f"room-{user.rpartition('-')[2][-1:]}"
