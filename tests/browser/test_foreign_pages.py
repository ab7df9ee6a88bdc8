"""While the local stack runs, no web page that the developer looks at can use it: the attack, in a real browser."""

import base64
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from selenium import webdriver

from tests.browser.conftest import REBOUND
from tests.e2e.rollcall_client import RollcallClient
from tools.embedded_aws import EmbeddedAws
from tools.stack import Stack
from tools.urls import webhook_url

ATTACK = Path(__file__).with_name("attack.js").read_text(encoding="utf-8")
SECONDS = 60  # an attack takes five; a busy machine may take more


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """As `make up` starts it: an AWS that takes anybody for its account's root."""
    with EmbeddedAws(state_dir=tmp_path_factory.mktemp("aws")) as aws:
        yield aws.deploy("rollcall-attacked")


@pytest.fixture(scope="module")
def other_port() -> Iterator[int]:
    """The port of another web server on this machine, with an empty page, and one of no origin at /sandboxed."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            if self.path == "/sandboxed":
                self.send_header("content-security-policy", "sandbox allow-scripts allow-forms")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@dataclass(frozen=True)
class Attacker:
    """A page at `page`, which calls the stack by the name `name`."""

    browser: webdriver.Chrome
    page: str
    name: str = "127.0.0.1"

    def attack(self, stack: Stack) -> list[str]:
        """What it could read."""
        self.browser.set_script_timeout(SECONDS)
        self.browser.get(self.page)
        aws, api, webhook = (
            url.replace("127.0.0.1", self.name)
            for url in (str(stack.aws.endpoint), stack.url, webhook_url(stack, "pubnub", "main"))
        )
        read: list[str] = self.browser.execute_async_script(ATTACK, aws, api, stack.read_key, webhook, code())
        self.browser.get_log("browser")  # type: ignore[no-untyped-call]  # what was refused is no fault of the next test
        return read


def code() -> str:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): return 'ran'")
    return base64.b64encode(packed.getvalue()).decode()


def things(stack: Stack) -> set[str]:
    """All that somebody could have made in this AWS."""
    aws = stack.aws
    buckets = aws.session.client("s3", endpoint_url=aws.endpoint).list_buckets()["Buckets"]
    return {
        *(one["FunctionName"] for one in aws.functions.list_functions()["Functions"]),
        *aws.sqs.list_queues()["QueueUrls"],
        *(bucket["Name"] for bucket in buckets),
    }


@pytest.mark.parametrize("origin", ["other port", "other port by name", "no origin", "rebound name"])
def test_a_page_of_another_origin_reads_nothing_and_does_nothing(
    chromium: webdriver.Chrome, stack: Stack, other_port: int, origin: str
) -> None:
    port = str(stack.aws.endpoint).rpartition(":")[2]
    attacker = {
        "other port": Attacker(chromium, f"http://127.0.0.1:{other_port}/"),
        "other port by name": Attacker(chromium, f"http://localhost:{other_port}/", name="localhost"),
        "no origin": Attacker(chromium, f"http://127.0.0.1:{other_port}/sandboxed"),
        # Its name led elsewhere when its page was loaded, and now leads here: it is of one origin with the stack.
        "rebound name": Attacker(chromium, f"http://{REBOUND}:{port}/", name=REBOUND),
    }[origin]
    before = things(stack)
    assert attacker.attack(stack) == []
    assert things(stack) == before
    rollcall = RollcallClient(stack)
    rollcall.settle()
    assert rollcall.users("pubnub", "main", "stolen") == set()


def test_the_page_of_the_stack_itself_reads_its_api_and_nothing_of_aws(
    chromium: webdriver.Chrome, stack: Stack
) -> None:
    before = things(stack)
    read = Attacker(chromium, f"{stack.url}/openapi.json").attack(stack)
    assert {line.split(": ")[0].partition("$default")[2].partition("/pubnub")[0] for line in read} == {
        "/intake",
        "/openapi.json",
        "/console",
        "/webhooks",
    }
    assert things(stack) == before
