"""The console of a deployed Rollcall, with its real answers: from the key to a member whom a webhook told of."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.console_page import ConsolePage
from tests.e2e.rollcall_client import RollcallClient, pusher, signed
from tools import web
from tools.embedded_aws import EmbeddedAws
from tools.stack import Stack
from tools.urls import webhook_url

TOKEN = {"key": "k-1", "secret": "right"}
WRONG_TOKEN = {"key": "k-1", "secret": "wrong"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("aws")
    with EmbeddedAws(auth=True, state_dir=folder) as aws:
        yield aws.deploy("rollcall-browser")


def send(url: str, channel: str, user: str, token: dict[str, str]) -> None:
    body = pusher(("member_added", channel, user))
    answer = web.post(url, body, {"Content-Type": "application/json", **signed(body, **token)})
    assert answer.status == 200


def test_from_the_key_to_a_member_and_a_wrong_secret_is_seen_while_it_lasts(
    chromium: webdriver.Chrome, stack: Stack
) -> None:
    rollcall = RollcallClient(stack)
    rollcall.store("secrets", "pusher", "main", {"tokens": [TOKEN]})
    console = ConsolePage(chromium, f"{stack.url}/console")
    console.look()

    console.open(key="")
    policy = "fetch('console').then((page) => arguments[0](page.headers.get('content-security-policy')))"
    assert "default-src 'none'; script-src 'self'" in console.driver.execute_async_script(policy)
    console.press(stack.read_key, Keys.ENTER)
    console.until_seen("No webhook has arrived yet")
    console.go("#/setup/pusher/main")
    console.until_seen("No webhook has arrived in the last week.", ".verdict-card")
    url = console.attribute(".copyable input", "value")
    assert url == webhook_url(stack, "pusher", "main")

    # As a dashboard does in which the URL of this page was pasted.
    send(url, "presence-lobby #1/%23", "ann", TOKEN)
    rollcall.settle()
    console.until_seen("signature right", ".verdict-card")
    send(url, "presence-lobby #1/%23", "mallory", WRONG_TOKEN)
    rollcall.settle()
    console.until_seen("parked. The signature is not one", ".verdict-card[data-kind=bad]")
    send(url, "presence-lobby #1/%23", "bob", TOKEN)
    rollcall.settle()
    console.until_seen("signature right", ".verdict-card[data-kind=good]")

    console.one("nav a[data-view=channels]").click()
    console.until_seen("presence-lobby #1/%23", "tbody")
    console.driver.find_element(By.LINK_TEXT, "presence-lobby #1/%23").click()
    console.until_seen("2 present", ".figure")
    assert console.column(1, ".members") == ["ann", "bob"]
    assert console.column(2, ".events")[:2] == ["joined", "joined"]
    console.until_seen("In the last hour: most 2", "figcaption")
    console.driver.find_element(By.LINK_TEXT, "ann").click()
    console.until_seen("Online, in 1 channel.")
    console.go("#/intake")
    console.until_seen("1 not proved genuine", ".intake")
    assert console.column(1, ".intake") == ["pusher/main"]
    assert console.audit() == []
    assert console.faults() == []
