"""How long one body of 10,000 events takes, and how much memory.

The consumer's own code, with its 16 writers, against the tables of the stack that `make up` started; each event is of
another member, so nothing can be merged. The same body is then applied again, as a repetition would be.
"""

import json
import resource
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from botocore.config import Config

from rollcall.consume import Consumer, Delivery
from rollcall.envelope import Envelope, seal
from tools.bench.findings import Findings, Ratio
from tools.choice import chosen_stack
from tools.own_rollcall import OwnRollcall
from tools.progress import step
from tools.trouble import Trouble

_EVENTS = 10_000  # the most that PubNub puts into one body
_WRITERS = 16  # as many as the function has
_KILOBYTES_PER_MB = 1024 if sys.platform.startswith("linux") else 1024 * 1024  # macOS tells bytes


def measure(rounds: int) -> Findings:
    stack = chosen_stack()
    client = stack.aws.session.client(
        "dynamodb", endpoint_url=stack.aws.endpoint, config=Config(max_pool_connections=_WRITERS)
    )
    seconds: dict[str, list[float]] = {"first": [], "repeated": []}
    with ThreadPoolExecutor(_WRITERS) as pool, step("  Applying bodies"):
        consumer = OwnRollcall.on(stack, client, _now, pool.map).consumer()
        for _ in range(rounds):
            message = _message(_now())
            for taken in seconds.values():
                taken.append(_apply(consumer, message))
    medians = {what: statistics.median(taken) for what, taken in seconds.items()}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _KILOBYTES_PER_MB
    return Findings(
        head=(f"a body of {_EVENTS:,} events", "seconds", "events per second", "peak MB"),
        rows=[(what, round(median, 1), round(_EVENTS / median), peak) for what, median in medians.items()],
        ratios=[Ratio("seconds, repeated to first", medians["repeated"] / medians["first"])],
    )


def _apply(consumer: Consumer, message: str) -> float:
    """Seconds that it takes."""
    began = time.perf_counter()
    outcome = consumer.consume([Delivery("1", message)], lambda: False)
    seconds = time.perf_counter() - began
    if outcome.errors:
        raise Trouble(f"{len(outcome.errors)} writes failed.") from outcome.errors[0]
    return seconds


def _message(now: int) -> str:
    items = [{"channel": f"batch-{now}", "userId": f"user-{n}", "timestamp": now} for n in range(_EVENTS)]
    body = json.dumps({"schema": "presence.user.channel.joined", "data": items}).encode()
    return seal(Envelope(provider="pubnub", source="bench", received_at=now, request_id="", headers={}, body=body))


def _now() -> int:
    return time.time_ns() // 1_000_000
