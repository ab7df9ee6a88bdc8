"""What all adapters do alike with AWS's answers."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from rollcall.errors import Unavailable


@contextmanager
def unavailable_on_failure(what: str) -> Iterator[None]:
    """Turn whatever AWS or the way there fails with into `Unavailable`."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise Unavailable(f"{what} failed.") from error
