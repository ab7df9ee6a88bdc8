"""The key is asked for once, stays in its tab, and a wrong one is said to be wrong."""

from selenium.webdriver.common.keys import Keys

from tests.browser import canned
from tests.browser.console_page import ConsolePage
from tests.browser.fake_api import FakeApi


def test_a_right_key_opens_the_console_and_lasts_for_as_long_as_the_tab(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open("#/intake", key="")
    console.press(canned.KEY, Keys.ENTER)  # the field has the keyboard
    console.until_seen("pubnub/staging")
    console.driver.refresh()
    console.until_seen("pubnub/staging")
    assert console.run("return [localStorage.length, document.cookie]") == [0, ""]


def test_the_key_is_typed_unseen_and_not_remembered_by_the_browser(console: ConsolePage) -> None:
    console.open(key="")
    field = console.one("#key")
    assert (field.get_attribute("type"), field.get_attribute("autocomplete")) == ("password", "off")


def test_a_wrong_key_leads_back_to_the_form_with_a_sentence_that_is_heard(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open(key="")
    console.press("wrong", Keys.ENTER)
    console.until_seen("This key is not right", "#key-wrong[role=alert]")
    assert console.run("return document.activeElement.id") == "key"
    assert console.attribute("#key", "aria-invalid") == "true"
    assert console.run("return sessionStorage.length") == 0
    console.press(canned.KEY, Keys.ENTER)
    console.until_seen("presence-lobby")


def test_a_key_that_no_header_can_hold_is_wrong_and_not_a_failure(console: ConsolePage) -> None:
    for key in ("ключ", "two words", "tab\tin it"):
        console.open(key=key)
        console.until_seen("This key is not right")


def test_a_key_that_is_changed_at_the_stack_leads_back_to_the_form(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open()
    console.until_seen("presence-lobby")
    console.run("sessionStorage.setItem('rollcall-read-key', 'older')")
    console.refresh()
    console.until_seen("This key is not right")
    assert "presence-lobby" not in console.text("body")


def test_forgetting_the_key_leaves_nothing_behind(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open()
    console.until_seen("presence-lobby")
    console.one("#forget").click()
    assert console.run("return sessionStorage.length") == 0
    assert "presence-lobby" not in console.text("body")
    asked = len(api.canned.asked)
    console.driver.refresh()
    console.until_seen("Read key")
    assert len(api.canned.asked) == asked
