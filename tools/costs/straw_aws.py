"""An AWS of straw on loopback, for functions whose processor time is measured.

It has SQS, SSM, Secrets Manager, and DynamoDB in memory.
"""

import hashlib
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from botocore import xform_name
from botocore.exceptions import ClientError

from rollcall.keys import SourceKey
from tools.costs.questions import READ_KEY
from tools.costs.webhooks import stored_secrets
from tools.memory_dynamodb import MemoryDynamoDB

type Content = dict[str, Any]


@contextmanager
def straw_aws(memory: MemoryDynamoDB, tls: ssl.SSLContext | None = None, *, keeps: bool = True) -> Iterator[str]:
    """The address at which it answers; with `tls` over TLS. It closes a connection after each answer unless it `keeps`
    them, and does not say so, as AWS does not when a function was asleep for long."""

    class Straw(_Straw):
        dynamodb = memory
        is_last = not keeps

    server = ThreadingHTTPServer(("127.0.0.1", 0), Straw)
    server.daemon_threads = True  # they wait for a client that is gone
    if tls:
        # Each connection's own thread shakes hands, so that one that is slow delays no other.
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"{'https' if tls else 'http'}://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


class _Straw(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps the connection, as AWS does
    wbufsize = -1  # an answer in one piece: in two, the second waits 40 ms for the first to be acknowledged
    dynamodb: MemoryDynamoDB
    is_last: bool

    def do_POST(self) -> None:
        service, _, operation = self.headers["x-amz-target"].partition(".")
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        status, answer = self._answer(service, operation, request)
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", self.headers["content-type"])
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = self.is_last

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it so
        """Say nothing."""

    def _answer(self, service: str, operation: str, request: Content) -> tuple[int, Content]:
        match service:
            case "AmazonSQS":
                return _sent(request)
            case "secretsmanager":
                return 200, {"SecretString": READ_KEY}
            case "AmazonSSM":
                return _parameter(request["Name"])
            case _:
                return self._of_dynamodb(operation, request)

    def _of_dynamodb(self, operation: str, request: Content) -> tuple[int, Content]:
        try:
            return 200, getattr(self.dynamodb, xform_name(operation))(**request)
        except ClientError as error:
            response = cast("Content", error.response)  # a failed condition's has the stored item, too
            code = f"com.amazonaws.dynamodb.v20120810#{response['Error']['Code']}"
            item = {"Item": response["Item"]} if "Item" in response else {}
            return 400, {"__type": code, "message": str(error), **item}


def _sent(request: Content) -> tuple[int, Content]:
    if "MessageAttributes" in request:  # which nothing has but what is parked
        return 400, {"__type": "UnsupportedOperation", "message": "No webhook here should have to be parked."}
    digest = hashlib.md5(request["MessageBody"].encode(), usedforsecurity=False).hexdigest()  # boto3 checks it
    return 200, {"MessageId": "1", "MD5OfMessageBody": digest}


def _parameter(name: str) -> tuple[int, Content]:
    *_, what, provider, source = name.split("/")
    value = stored_secrets(SourceKey(provider, source)) if what == "secrets" else None
    if not value:
        return 400, {"__type": "ParameterNotFound", "message": name}
    return 200, {"Parameter": {"Name": name, "Value": json.dumps(value)}}
