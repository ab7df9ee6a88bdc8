"""A DynamoDB of straw: it agrees to every write, keeps nothing, and answers each request after a fixed time.

A process of its own, so that its work is not taken for that of the consumer, which talks to it through an ordinary
boto3 client. Any number of requests wait in it at once, as in DynamoDB.
"""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, override

import boto3
from botocore.config import Config

from tools.aws import LOCAL_KEY, LOCAL_REGION

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_END_OF_HEAD = b"\r\n\r\n"
_ANSWERS = {b"BatchWriteItem": b'{"UnprocessedItems":{}}'}  # all other writes are answered with an empty object


class Straw(NamedTuple):
    """Where it answers, and the number of its process."""

    url: str
    process: int


@contextmanager
def straw_dynamodb(milliseconds: float) -> Iterator[Straw]:
    """One that answers after so long."""
    command = [sys.executable, "-m", "tools.bench.straw_dynamodb", str(milliseconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout  # noqa: S101  for mypy: a pipe was asked for
            yield Straw(process.stdout.readline().strip(), process.pid)
        finally:
            process.kill()


def client_of(url: str, config: Config | None = None) -> "DynamoDBClient":
    """A client of its own session, as each function has one."""
    session = boto3.Session(LOCAL_KEY, LOCAL_KEY, region_name=LOCAL_REGION)
    direct = Config(proxies={})  # a company's proxy does not know this machine
    return session.client("dynamodb", endpoint_url=url, config=direct.merge(config) if config else direct)


class _Connection(asyncio.Protocol):
    """One keep-alive connection; boto3 sends the next request only when it has the answer to the last."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._received = b""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("TCP has transports that are written to.")
        self._transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @override
    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(_END_OF_HEAD)
        if not end:
            return
        lines = (line.partition(b": ") for line in head.split(b"\r\n")[1:])
        headers = {name.lower(): value for name, _, value in lines}
        if len(body) < int(headers[b"content-length"]):
            return
        self._received = b""
        operation = headers[b"x-amz-target"].rpartition(b".")[2]
        answer = _ANSWERS.get(operation, b"{}")
        asyncio.get_running_loop().call_later(self._seconds, self._answer, answer)

    def _answer(self, content: bytes) -> None:
        if not self._transport.is_closing():
            head = f"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {len(content)}"
            self._transport.write(head.encode() + _END_OF_HEAD + content)


async def _serve(seconds: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(seconds), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1]) / 1000))
