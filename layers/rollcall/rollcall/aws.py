"""What all adapters do alike with AWS's answers."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from rollcall.errors import Unavailable

_ATTEMPTS = 5  # at what DynamoDB leaves over of a request; then the whole is asked for again by somebody
_FIRST_WAIT = 0.1  # seconds, doubled with each attempt: within them a partition's bucket fills for as many units

type Sleep = Callable[[float], object]


@contextmanager
def unavailable_on_failure(what: str) -> Iterator[None]:
    """Turn whatever AWS or the way there fails with into `Unavailable`."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise Unavailable(f"{what} failed.") from error


def attempts(sleep: Sleep = time.sleep) -> Iterator[int]:
    """Numbers of attempts at what is throttled, with a wait before each but the first.

    Up to 0.1, 0.2, 0.4 and 0.8 seconds, by chance: whoever was throttled together must not come again together.
    https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
    """
    for number in range(_ATTEMPTS):
        if number:
            sleep(random.uniform(0, _FIRST_WAIT * 2 ** (number - 1)))  # noqa: S311  chance guards nothing here
        yield number
