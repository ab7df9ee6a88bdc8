"""What ingest costs: processor time to import, to answer the first request, and each one after that.

As a ratio to a handler that does nothing but `boto3.client("sqs").send_message`, both measured in turn in one run,
each time in a new process, against an SQS of straw on this machine: `make bench`, or `python -m tools.bench_ingest 15`.
"""

import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from rollcall.tokens import make_token

_HOME = Path(__file__).resolve().parents[1]
# As Lambda's own: boto3 and nothing that would slow its import, such as the test environment's pyOpenSSL.
_INTERPRETER = _HOME / ".local/aws/bin/python"
_WARM_REQUESTS = 200  # enough that one of them is measured to a hundredth of a millisecond
_BODY = json.dumps({"time_ms": 1, "events": [{"name": "member_added", "channel": "presence-room", "user_id": "u-1"}]})

_BARE = """
import json, os
import boto3
sqs = boto3.client("sqs")
def handler(request, context):
    sqs.send_message(QueueUrl=os.environ["WEBHOOKS_QUEUE_URL"], MessageBody=request["body"])
    return {"statusCode": 200}
"""

_MEASURE = f"""
import json, sys, time
request = json.loads(sys.stdin.read())
begin = time.process_time()
import app
imported = time.process_time()
assert app.handler(request, None)["statusCode"] == 200
answered = time.process_time()
for _ in range({_WARM_REQUESTS}):
    app.handler(request, None)
warm = (time.process_time() - answered) / {_WARM_REQUESTS}
print(json.dumps([(imported - begin) * 1000, (answered - imported) * 1000, warm * 1000]))
"""


class Figures(NamedTuple):
    """Milliseconds of processor time."""

    importing: float
    first_answer: float
    warm_answer: float


class _StrawSqs(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps the connection, as SQS does
    wbufsize = -1  # an answer in one piece: in two, the second waits 40 ms for the first to be acknowledged

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["content-length"])))["MessageBody"]
        digest = hashlib.md5(message.encode(), usedforsecurity=False).hexdigest()  # boto3 checks it
        answer = json.dumps({"MessageId": "1", "MD5OfMessageBody": digest}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it so
        """Say nothing."""


@contextmanager
def _straw_sqs() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _StrawSqs)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def _measure(handler: Path, url: str, byte_code: str) -> Figures:
    secret = "straw"  # noqa: S105  guards nothing
    request = {
        "requestContext": {"http": {"method": "POST"}, "requestId": "1", "timeEpoch": 1},
        "pathParameters": {"provider": "pusher", "source": "main", "token": make_token(secret, "pusher", "main")},
        "headers": {"content-type": "application/json", "x-pusher-key": "k", "x-pusher-signature": "0" * 64},
        "body": _BODY,
        "isBase64Encoded": False,
    }
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{handler}:{_HOME / 'layers/rollcall'}",
        "PYTHONPYCACHEPREFIX": byte_code,  # byte code, as in the deployed layers
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "straw",
        "AWS_SECRET_ACCESS_KEY": "straw",
        "WEBHOOKS_QUEUE_URL": f"{url}/1/webhooks",
        "URL_SECRET": secret,
    }
    done = subprocess.run(
        [_INTERPRETER, "-c", _MEASURE],
        input=json.dumps(request),
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return Figures(*json.loads(done.stdout))


def _medians(runs: list[Figures]) -> Figures:
    return Figures(*(statistics.median(column) for column in zip(*runs, strict=True)))


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    with tempfile.TemporaryDirectory() as scratch, _straw_sqs() as url:
        bare = Path(scratch) / "bare"
        bare.mkdir()
        (bare / "app.py").write_text(_BARE)
        handlers = {"boto3 only": bare, "ingest": _HOME / "functions/ingest"}
        for handler in handlers.values():  # once not counted, for the byte code
            _measure(handler, url, f"{scratch}/byte-code")
        runs: dict[str, list[Figures]] = {name: [] for name in handlers}
        for _ in range(rounds):
            for name, handler in handlers.items():
                runs[name].append(_measure(handler, url, f"{scratch}/byte-code"))
    ours, bare_figures = _medians(runs["ingest"]), _medians(runs["boto3 only"])
    print(f"Processor time in milliseconds, medians of {rounds} processes each, in turn")
    print(f"{'':14}{'boto3 only':>12}{'ingest':>12}{'ratio':>10}")
    for name, bare_figure, our_figure in zip(Figures._fields, bare_figures, ours, strict=True):
        print(f"{name.replace('_', ' '):14}{bare_figure:12.2f}{our_figure:12.2f}{our_figure / bare_figure:10.2f}")


if __name__ == "__main__":
    main()
