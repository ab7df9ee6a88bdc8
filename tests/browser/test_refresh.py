"""The page keeps itself up to date, says when it cannot, and never gets in the way of who uses it."""

import time

from selenium.webdriver.common.keys import Keys

from tests.browser import canned
from tests.browser.canned import channel, member
from tests.browser.console_page import ConsolePage
from tests.browser.fake_api import FakeApi

LOBBY = "#/channel/pusher/main/presence-lobby"


def asked_for(api: FakeApi, question: str) -> int:
    return sum(question in asked for asked in api.canned.asked)


def test_what_happens_is_seen_within_seconds_without_doing_anything(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open()
    console.until_seen("presence-lobby")
    console.until_seen("Updated 2 s ago", "#freshness")
    api.canned.channels.append(channel("presence-new", 1))
    console.until_seen("presence-new")
    console.until_seen("Updated 0 s ago", "#freshness")


def test_the_keyboard_stays_on_its_row_whatever_moves_around_it(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open("#/channels/pusher/main?sort=-occupancy")
    console.until_seen("presence-support")
    console.run("[...document.querySelectorAll('tbody a')].find((a) => a.textContent === 'presence-support').focus()")
    row = next(one for one in api.canned.channels if one["channel"] == "presence-support")
    row["occupancy"] = 900  # now the first
    console.refresh()
    console.until(lambda: console.column(1)[0] == "presence-support")
    assert console.run("return document.activeElement.textContent") == "presence-support"
    row["occupancy"] = 1  # and now the last but one
    console.refresh()
    console.until(lambda: console.column(1)[-2] == "presence-support")
    assert console.run("return document.activeElement.textContent") == "presence-support"


def test_the_keyboard_goes_on_with_the_next_row_when_its_own_is_gone(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open()
    console.until_seen("presence-lobby")
    console.one("tbody a").send_keys(Keys.NULL)
    api.canned.channels.pop(0)
    console.refresh()
    console.until(lambda: "presence-lobby" not in console.text())
    assert console.run("return document.activeElement.textContent") == "presence-match-1207"


def test_what_is_typed_is_not_disturbed(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open()
    console.until_seen("presence-lobby")
    console.one("#find").send_keys("pres", Keys.LEFT, Keys.LEFT)
    api.canned.channels.append(channel("presence-new", 1))
    console.refresh()
    console.until_seen("presence-new")
    state = console.run("const f = document.activeElement; return [f.id, f.value, f.selectionStart]")
    assert state == ["find", "pres", 2]


def test_selected_text_stays_selected(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open("#/channels/pusher/main?sort=-occupancy")
    console.until_seen("presence-lobby")
    console.run(
        """
        const names = document.querySelectorAll("tbody bdi");
        document.getSelection().setBaseAndExtent(names[1].firstChild, 2, names[3].firstChild, 4);
        """
    )
    before = console.run("return document.getSelection().toString()")
    api.canned.channels[1]["occupancy"] = 99
    api.canned.channels.append(channel("presence-new", 70))
    console.refresh()
    console.until_seen("presence-new")
    after = console.run("return document.getSelection().toString()")
    assert [line for line in before.split() if not line.isdigit()] == [
        line for line in after.split() if not line.isdigit()
    ]


def test_the_page_does_not_jump_when_rows_come_above(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.look(height=500)
    console.open(LOBBY)
    console.until_seen("guest-20")
    guest = "[...document.querySelectorAll('tbody a')].find((a) => a.textContent === 'guest-20')"
    console.run(f"{guest}.scrollIntoView()")
    time.sleep(0.2)  # the browser notes what it is to hold on to when it next paints
    before = console.run(f"return {guest}.getBoundingClientRect().top")
    api.canned.members["presence-lobby"] += [member(f"a-{number}") for number in range(5)]
    console.refresh()
    console.until_seen("47 present", ".figure")
    time.sleep(0.2)
    assert abs(console.run(f"return {guest}.getBoundingClientRect().top") - before) < 2


def test_an_api_that_fails_is_seen_and_heard_and_what_was_known_stays(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open()
    console.until_seen("presence-lobby")
    api.canned.failing = 503
    console.refresh()
    console.until_seen("Rollcall answered with an error (503). What you see is old.", "#trouble[role=alert]")
    assert "presence-lobby" in console.text("main.old")
    console.until_seen("Last updated 2 s ago", "#freshness.bad")
    api.canned.failing = None
    api.canned.channels.append(channel("presence-new", 1))
    console.until_seen("presence-new")  # it went on trying
    assert console.text("#trouble") == ""
    assert console.all("main.old") == []


def test_an_api_that_is_gone_is_told_likewise_and_comes_back_by_itself(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open("#/intake")
    console.until_seen("pusher/main")
    api.stop()
    console.refresh()
    console.until_seen("Rollcall cannot be reached. What you see is old.", "#trouble")
    assert "pusher/main" in console.text("main.old")
    api.start()
    console.until(lambda: console.text("#trouble") == "")


def test_trouble_is_heard_once_and_not_with_every_try(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open("#/setup/pusher/main")  # which asks every two seconds
    console.until_seen("Paste this URL")
    console.run(
        """
        window.heard = 0;
        const count = () => (window.heard += 1);
        new MutationObserver(count).observe(document.getElementById("trouble"), { childList: true, subtree: true });
        """
    )
    api.canned.failing = 503
    console.until_seen("(503)", "#trouble")
    tries = len(api.canned.asked)
    console.until(lambda: len(api.canned.asked) > tries + 1)
    assert console.run("return window.heard") == 1


def test_trouble_from_the_start_says_that_there_is_no_answer_yet(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    api.canned.failing = 500
    console.open()
    console.until_seen("(500). Trying again", "#trouble")
    assert console.text("#freshness") == "No answer yet"


def test_a_part_of_the_page_that_does_not_come_is_told(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open("#/channels")
    console.until_seen("presence-lobby")
    api.stop()
    console.go("#/intake")  # which was not looked at before
    console.until_seen("A part of the console could not be loaded: reload the page.", "#trouble")


def test_nothing_is_asked_while_nobody_looks(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open("#/setup/pusher/main")
    console.until_seen("Paste this URL")
    api.canned.slow = 0.5
    asked = len(api.canned.asked)
    console.until(lambda: len(api.canned.asked) > asked)
    console.run(  # while an answer is under way
        "Object.defineProperty(document, 'hidden', { value: true, configurable: true });"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    time.sleep(0.6)
    asked = len(api.canned.asked)
    time.sleep(6)  # more than ten times as long as the slow answer took
    assert len(api.canned.asked) == asked
    console.run("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    console.until(lambda: len(api.canned.asked) > asked, "it did not go on")


def test_a_view_that_was_left_asks_no_more(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open("#/setup/pusher/main")
    console.until_seen("Paste this URL")
    api.canned.slow = 0.3
    asked = asked_for(api, "setup/pusher/main")
    console.until(lambda: asked_for(api, "setup/pusher/main") > asked)
    console.go("#/user")  # while an answer is under way
    asked = asked_for(api, "setup/pusher/main")
    time.sleep(4)  # twice its rhythm
    assert asked_for(api, "setup/pusher/main") == asked


def test_a_slow_api_is_asked_less_often(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    api.canned.slow = 0.5
    console.open("#/setup/pusher/main")
    console.until_seen("Paste this URL")
    time.sleep(6)  # three times its rhythm; ten times as long as the slowest answer is longer
    assert asked_for(api, "setup/pusher/main") <= 2


def test_an_answer_that_comes_after_its_view_was_left_is_not_shown(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open("#/intake")
    console.until_seen("pusher/main")
    api.canned.slow = 1
    console.go(LOBBY)
    console.until_seen("Members")
    api.canned.slow = 0
    console.go("#/user/bob")
    console.until_seen("Online, in 2 channels.")
    time.sleep(1.2)
    assert "Members" not in console.text()
    assert console.driver.title == "Where is bob · Rollcall"
