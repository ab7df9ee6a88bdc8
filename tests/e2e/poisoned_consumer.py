"""The consumer's own handler, run once by `test_poisons.py`, in which some bodies do what no provider's file should."""

import json
import os
import sys
import time
from collections.abc import Callable

import app  # type: ignore[import-not-found]  # the consumer, whose folder `test_poisons.py` puts on the path

from rollcall.dialect import Transcript
from rollcall.envelope import Envelope
from rollcall.provider import load

pubnub = load("pubnub")
parse = pubnub.parse


def never_returns() -> None:
    while True:
        pass


def sleeps() -> None:
    time.sleep(3600)


def dies() -> None:
    os.abort()


def takes_all_memory() -> None:
    taken = []
    while True:
        taken.append(bytearray(10_000_000))


POISONS: dict[bytes, Callable[[], None]] = {
    poison.__name__.encode(): poison for poison in (never_returns, sleeps, dies, takes_all_memory)
}


def poisoned(envelope: Envelope) -> Transcript:
    POISONS.get(envelope.body, lambda: None)()
    return parse(envelope)


class Context:
    """As much of Lambda's as the handler asks for; it has 90 seconds."""

    function_name = memory_limit_in_mb = invoked_function_arn = aws_request_id = "consumer"
    ends_at = time.monotonic() + 90

    def get_remaining_time_in_millis(self) -> int:
        return int((self.ends_at - time.monotonic()) * 1000)


pubnub.parse = poisoned  # type: ignore[method-assign]  # a module is the provider
answer = app.handler(json.load(sys.stdin), Context())
sys.stdout.write(f"\n{json.dumps(answer)}\n")
