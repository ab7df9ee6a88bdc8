"""Where a user is, in all sources at once."""

from selenium.webdriver.common.keys import Keys

from tests.browser import canned
from tests.browser.console_page import ConsolePage
from tests.browser.fake_api import FakeApi


def test_a_user_is_looked_for_in_every_source(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open("#/channels")
    console.until_seen("presence-lobby")
    console.go("#/user")
    console.until(lambda: console.run("return document.activeElement.id") == "user")
    console.press("ann", Keys.ENTER)
    console.until_seen("Online, in 2 channels.")
    console.until_seen("Online, in 2 channels.", "#said")
    asked = [one for one in api.canned.asked if "whereabouts" in one]
    assert {one.split("/")[1] for one in asked} == {"pusher", "pubnub", "yalgaar"}
    assert console.column(2) == ["pusher/main", "pusher/main"]
    assert console.column(3) == ["1 min ago", "12 min ago"]


def test_the_address_names_the_user_so_that_it_can_be_sent_to_somebody(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open("#/user/%E7%94%A8%E6%88%B7%E4%B8%83")
    console.until_seen("Where is 用户七")
    console.until_seen("Online, in 1 channel.")


def test_whom_nobody_knows_is_said_to_be_unknown_and_where_was_looked(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open("#/user/nobody")
    console.until_seen("Nobody of this name is known.")
    console.until_seen("Looked in pusher/main, pubnub/staging, yalgaar/eu-west.")
