"""How long one body of 10,000 events takes, and how much memory: `make up`, then `make bench`.

The consumer's own code, with its 16 writers, against the tables of the stack on this machine; each event is of another
member, so nothing can be merged. The same body is then applied again, as a repetition would be.
"""

import json
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from botocore.config import Config

from rollcall.consume import Delivery
from rollcall.envelope import Envelope, seal
from tools.choice import chosen_stack
from tools.own_rollcall import OwnRollcall
from tools.table import print_table
from tools.trouble import Trouble, run

_WRITERS = 16  # as many as the function has
_KILOBYTES_PER_MB = 1024 if sys.platform.startswith("linux") else 1024 * 1024  # macOS tells bytes


def main() -> None:
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    stack = chosen_stack()
    client = stack.aws.session.client(
        "dynamodb", endpoint_url=stack.aws.endpoint, config=Config(max_pool_connections=_WRITERS)
    )
    now = time.time_ns() // 1_000_000
    consumer = OwnRollcall.on(stack, client, lambda: now, ThreadPoolExecutor(_WRITERS).map).consumer()
    items = [{"channel": f"batch-{now}", "userId": f"user-{n}", "timestamp": now} for n in range(events)]
    body = json.dumps({"schema": "presence.user.channel.joined", "data": items}).encode()
    envelope = Envelope(provider="pubnub", source="bench", received_at=now, request_id="", headers={}, body=body)
    rows = []
    for what in ("first", "repeated"):
        began = time.monotonic()
        outcome = consumer.consume([Delivery("1", seal(envelope))], lambda: False)
        seconds = time.monotonic() - began
        if outcome.errors:
            raise Trouble(f"{len(outcome.errors)} writes failed: {outcome.errors[0]}")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KILOBYTES_PER_MB
        rows.append((what, f"{seconds:.1f}", f"{events / seconds:.0f}", f"{peak:.0f}"))
    print_table((f"a body of {events} events", "seconds", "events per second", "peak MB"), rows)


if __name__ == "__main__":
    run(main)
