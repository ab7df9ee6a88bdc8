"""An SQS of straw: it acknowledges each message at once, and forgets it."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def straw_sqs() -> Iterator[str]:
    """Its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Sqs)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Sqs(BaseHTTPRequestHandler):
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
