"""Serves the embedded AWS as `ministack` does, and the guard before it; there is no way in beside it."""

import asyncio
import os

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.app import app

from tools.guarded_aws.admission import Admission
from tools.guarded_aws.guard import Guard

API_AT_ONCE = 8  # an ingest waits more than it works: eight keep two processors busy, and start in two seconds
KEEP_ALIVE = 75  # seconds; MiniStack's own
WAITING_CONNECTIONS = 1024  # a sender without bound opens them all at once; hypercorn's own 100 would have it try again


def main() -> None:
    """All that it is told stands in the environment, under MiniStack's own names."""
    host = os.environ["BIND_HOST"]
    os.chdir(os.environ["HOME"])  # it began in the checkout, to find this package
    config = Config()
    config.bind = [f"{host}:{os.environ['GATEWAY_PORT']}"]
    config.backlog = WAITING_CONNECTIONS
    config.keep_alive_timeout = KEEP_ALIVE
    asyncio.run(serve(Guard(Admission(app, API_AT_ONCE), {host, "127.0.0.1", "localhost"}), config))


if __name__ == "__main__":
    main()
