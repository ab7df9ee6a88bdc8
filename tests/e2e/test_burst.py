"""A local stack that was just started takes what a sender without bounds sends, and the machine stays usable."""

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.rollcall_client import RollcallClient, pubnub
from tools.embedded_aws import EmbeddedAws
from tools.urls import webhook_url

WEBHOOKS = 1_000
CONNECTIONS = 64
PATIENCE = 60  # seconds for an answer; the slowest takes two to four, and this sender never repeats
PROCESSES = (
    36  # 16 functions (ingests that are let in at once, consumers, some others); ten consumers have two more each
)


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[EmbeddedAws]:
    with EmbeddedAws(state_dir=tmp_path) as embedded:
        yield embedded


def post_all(url: str, bodies: Iterable[bytes]) -> list[int]:
    """Over one connection, each webhook once."""
    place = urlsplit(url)
    connection = HTTPConnection(place.netloc, timeout=PATIENCE)
    statuses = []
    for body in bodies:
        connection.request("POST", place.path, body, {"Content-Type": "application/json"})
        with connection.getresponse() as answer:
            answer.read()
        statuses.append(answer.status)
    connection.close()
    return statuses


def test_a_burst_at_a_cold_stack_is_acknowledged_whole_and_applied_whole(aws: EmbeddedAws) -> None:
    stack = aws.deploy("rollcall-burst")
    url = webhook_url(stack, "pubnub", "burst")
    users = [f"user-{number}" for number in range(WEBHOOKS)]
    bodies = [pubnub(("joined", "stadium", user)) for user in users]
    with ThreadPoolExecutor(CONNECTIONS) as connections:
        shares = [connections.submit(post_all, url, bodies[first::CONNECTIONS]) for first in range(CONNECTIONS)]
        statuses = Counter(status for share in shares for status in share.result())
    assert statuses == {200: WEBHOOKS}

    rollcall = RollcallClient(stack)
    rollcall.settle()
    assert rollcall.users("pubnub", "burst", "stadium") == set(users)
    assert len(aws.function_processes()) <= PROCESSES  # none has ended yet: idle ones wait for five minutes
