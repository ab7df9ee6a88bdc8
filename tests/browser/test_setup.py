"""Setting up a source: what to paste where, and whether it works, while one watches."""

import re

from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from tests.browser.canned import ago
from tests.browser.console_page import ConsolePage
from tests.browser.fake_api import FakeApi


def test_it_gives_the_whole_url_of_a_webhook_and_all_that_is_to_be_done(api: FakeApi, console: ConsolePage) -> None:
    console.open("#/setup/pusher/main")
    console.until_seen("Paste this URL at Pusher Channels")
    url, command = console.all(".copyable input")
    assert url.get_attribute("value") == f"{api.url}/webhooks/pusher/main/0123456789abcdef0123456789abcdef"
    assert command.get_attribute("value") == "rollcall source add pusher/main"
    assert url.get_attribute("readonly")
    for told in ("App, Webhooks", "Channel existence", "signs each webhook", "App Keys"):
        assert told in console.text(".steps")


def test_the_url_can_be_copied(console: ConsolePage) -> None:
    console.open("#/setup/pusher/main")
    console.until_seen("Paste this URL")
    console.driver.execute_cdp_cmd(
        "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    )
    console.one(".copyable button").click()
    console.until_seen("Copied", ".copyable button")
    console.until_seen("Webhook URL: Copied", "#said")
    copied = console.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    assert copied == console.one(".copyable input").get_attribute("value")


def test_another_provider_and_name_are_asked_for_in_a_form(console: ConsolePage) -> None:
    console.open("#/setup")
    console.until_seen("Paste this URL at PubNub")
    assert console.one("#name").get_attribute("value") == "main"
    Select(console.one("#provider")).select_by_visible_text("Pusher Channels")
    console.until_seen("Paste this URL at Pusher Channels")
    field = console.one("#name")
    field.clear()
    field.send_keys("eu-west-1", Keys.ENTER)
    console.until(lambda: console.run("return location.hash") == "#/setup/pusher/eu-west-1")
    console.until(lambda: "/pusher/eu-west-1/" in console.attribute(".copyable input", "value"))


def test_what_is_no_name_is_said_to_be_none(console: ConsolePage) -> None:
    console.open("#/setup/pusher/main")
    console.until_seen("Paste this URL")
    field = console.one("#name")
    field.clear()
    field.send_keys("Not A Name", Keys.ENTER)
    assert console.one("#name").get_attribute("aria-invalid") == "true"
    assert console.run("return location.hash") == "#/setup/pusher/main"


def test_it_waits_for_the_first_webhook(console: ConsolePage) -> None:
    console.open("#/setup/pusher/main")
    console.until_seen("No webhook has arrived in the last week.", ".verdict-card")
    assert console.one(".verdict-card").get_attribute("data-kind") == "none"


def test_a_wrong_secret_is_seen_at_once_and_so_is_the_right_one(api: FakeApi, console: ConsolePage) -> None:
    console.open("#/setup/pusher/main")
    console.until_seen("No webhook has arrived", ".verdict-card")
    sentence = "The signature is not one that the source's tokens make."
    api.canned.last = {"last_received_at": ago(), "last_outcome": "unverified", "last_sentence": sentence}
    console.until_seen(f"parked. {sentence}", ".verdict-card [role=status]")
    assert console.one(".verdict-card").get_attribute("data-kind") == "bad"
    assert "rollcall source rotate pusher/main" in console.text(".verdict-card")
    red, _, _ = colour(console, ".verdict-card strong")
    assert red > 150, "what is wrong does not look wrong"

    api.canned.last = {"last_received_at": ago(seconds=4), "last_outcome": "applied"}
    console.until_seen("signature right", ".verdict-card [role=status]")
    assert re.match(r"Last webhook received [4-7] s ago: signature", console.text(".verdict-card .words"))
    assert console.one(".verdict-card").get_attribute("data-kind") == "good"
    _, green, _ = colour(console, ".verdict-card strong")
    assert green > 90, "what is right does not look right"


def test_a_missing_secret_is_told_with_the_command_that_stores_it(api: FakeApi, console: ConsolePage) -> None:
    api.canned.last = {"last_received_at": ago(seconds=4), "last_outcome": "missing_secret", "last_sentence": "None."}
    console.open("#/setup/pusher/main")
    console.until_seen("rollcall source add pusher/main", ".verdict-card")


def test_of_a_provider_that_does_not_sign_nothing_is_claimed_of_signatures(api: FakeApi, console: ConsolePage) -> None:
    api.canned.last = {"last_received_at": ago(seconds=4), "last_outcome": "applied"}
    console.open("#/setup/pubnub/main")
    console.until_seen("accepted", ".verdict-card strong")
    assert "signature right" not in console.text()


def test_what_changes_is_heard_once_and_what_ticks_is_not(api: FakeApi, console: ConsolePage) -> None:
    api.canned.last = {"last_received_at": ago(seconds=4), "last_outcome": "applied"}
    console.open("#/setup/pusher/main")
    console.until_seen("signature right", ".verdict-card")
    console.run(
        """
        window.heard = [];
        const tell = () => window.heard.push(1);
        for (const live of document.querySelectorAll("[role=status], [role=alert]")) {
          new MutationObserver(tell).observe(live, { childList: true, characterData: true, subtree: true });
        }
        """
    )
    console.until(lambda: "6 s ago" in console.text(".verdict-card") or "7 s ago" in console.text(".verdict-card"))
    assert console.run("return window.heard.length") == 0


def colour(console: ConsolePage, selector: str) -> tuple[int, int, int]:
    text = console.run("return getComputedStyle(document.querySelector(arguments[0])).color", selector)
    red, green, blue = (int(part) for part in text.removeprefix("rgb(").removesuffix(")").split(","))
    return red, green, blue


def test_a_provider_that_is_none_is_refused_in_words(console: ConsolePage) -> None:
    console.open("#/setup/nobody/main")
    console.until_seen("There is nothing at this address.", "#trouble")
