"""What stands before the embedded AWS: the guard closes, and the admission holds back but refuses nobody."""

import asyncio
from typing import Any

import pytest

from tools.guarded_aws.admission import Admission
from tools.guarded_aws.guard import Guard, Message, Receive, Send

pytestmark = pytest.mark.usefixtures("socket_enabled")  # an event loop wakes itself up through a pair of sockets

API = "/_aws/execute-api/a1b2c3/$default/console"


class EmulatedAws:
    """Allows every origin, and knows how many requests it was given at once."""

    def __init__(self) -> None:
        self.given: list[Message] = []
        self.at_once = 0
        self.most = 0

    async def __call__(self, scope: Message, _receive: Receive, send: Send) -> None:
        self.given.append(scope)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0)
        headers = [(b"Access-Control-Allow-Origin", b"*"), (b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"here"})
        self.at_once -= 1


def scope(path: str = API, kind: str = "http", **headers: str) -> Message:
    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": kind, "method": "GET", "path": path, "headers": [(b"host", b"127.0.0.1:4566"), *given]}


async def answers(app: Guard | Admission, asked: Message) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Any:
        raise AssertionError("nothing of a body is read before it is decided")

    async def send(message: Message) -> None:
        sent.append(message)

    await app(asked, receive, send)
    return sent


def guarded(asked: Message) -> tuple[EmulatedAws, list[Message]]:
    aws = EmulatedAws()
    return aws, asyncio.run(answers(Guard(aws, {"127.0.0.1"}), asked))


def test_what_is_refused_never_reaches_the_embedded_aws() -> None:
    aws, (start, body) = guarded(scope(Origin="http://evil.example"))
    assert aws.given == []
    assert start["status"] == 403
    assert b"Pages of other origins" in body["body"]


def test_no_answer_allows_another_origin_to_read_it() -> None:
    aws, (start, body) = guarded(scope())
    assert len(aws.given) == 1
    assert (start["status"], start["headers"]) == (200, [(b"content-type", b"text/html")])
    assert body["body"] == b"here"


def test_a_websocket_is_closed_whoever_opens_it() -> None:
    for headers in ({}, {"origin": "http://127.0.0.1:4566"}):
        aws, sent = guarded(scope(kind="websocket", **headers))
        assert aws.given == []
        assert sent == [{"type": "websocket.close"}]


def test_starting_and_stopping_is_no_request() -> None:
    aws, _ = guarded({"type": "lifespan"})
    assert aws.given == [{"type": "lifespan"}]


def at_once(path: str) -> EmulatedAws:
    aws = EmulatedAws()
    admission = Admission(aws, at_once=4)

    async def burst() -> None:
        told = await asyncio.gather(*(answers(admission, scope(path)) for _ in range(100)))
        assert [start["status"] for start, _ in told] == [200] * 100

    asyncio.run(burst())
    return aws


def test_of_a_burst_a_few_are_let_in_at_once_and_all_are_answered() -> None:
    aws = at_once(API)
    assert len(aws.given) == 100
    assert aws.most == 4


def test_what_the_functions_ask_meanwhile_does_not_wait() -> None:
    assert at_once("/").most == 100
