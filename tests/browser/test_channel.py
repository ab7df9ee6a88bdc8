"""One channel: its members, its last hour, its events; ten thousand of them, too."""

import json

import pytest

from tests.browser import canned
from tests.browser.canned import ago, event, member
from tests.browser.console_page import ConsolePage
from tests.browser.fake_api import FakeApi

LOBBY = "#/channel/pusher/main/presence-lobby"
STADIUM = "#/channel/pusher/main/presence-stadium"
_LONGEST_TASK = """
    window.longest = 0;
    new PerformanceObserver((list) => {
      for (const task of list.getEntries()) window.longest = Math.max(window.longest, task.duration);
    }).observe({ type: "longtask" });
"""


def test_it_tells_who_is_there_since_when_and_what_they_do(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open(LOBBY)
    console.until_seen("42 present")
    members = console.column(1, ".members")
    row = members.index("bob")
    assert len(members) == 42
    assert (console.column(2, ".members")[row], console.column(3, ".members")[row]) == ("4 min ago", "40 s ago")
    assert console.column(4, ".members")[row] == '{"mood":"ready"}'


def test_a_long_state_is_opened_and_stays_open(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open(LOBBY)
    console.until_seen("42 present")
    console.one(".members summary").click()
    console.until_seen('\n    "deaths": 3\n  }\n}', ".members pre")
    api.canned.members["presence-lobby"].append(member("zoe"))
    console.refresh()
    console.until_seen("43 present")
    assert '"deaths": 3' in console.text(".members pre")


@pytest.mark.parametrize("number", ["12345678901234567890", "-12345678901234567890", "1234567890.12345678901"])
def test_the_numbers_of_a_state_keep_their_digits(api: FakeApi, console: ConsolePage, number: str) -> None:
    api.canned = canned.busy()
    state = {"big": int(number) if "." not in number else float(number), "text": number, "small": 42}
    api.canned.members["presence-lobby"] = [member("ann", state=state)]
    console.open(LOBBY)
    console.until_seen("ann")
    console.one(".members summary").click()
    console.until_seen(f'"big": {json.dumps(state["big"])},', ".members pre")
    assert f'"text": "{number}"' in console.text(".members pre")


def test_its_events_come_newest_first(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open(LOBBY)
    console.until_seen("joined")
    kinds = console.column(2, ".events")
    assert kinds == ["joined", "left", "state changed", "timed out", "occupancy reported", "joined"]
    assert console.column(5, ".events")[3] == "lease expired"
    assert any("order=newest" in asked for asked in api.canned.asked)
    api.canned.events.insert(0, event("left", "ann", at=ago()))
    console.refresh()
    console.until(lambda: len(console.column(2, ".events")) == 7)
    assert (console.column(2, ".events")[0], console.column(3, ".events")[0]) == ("left", "ann")


def test_the_picture_of_its_last_hour_is_told_in_words_as_well(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open(LOBBY)
    console.until_seen("In the last hour: most 42")
    picture = console.one("svg[role=img]")
    assert picture.accessible_name.startswith("Occupancy in the last hour In the last hour: most 42")
    assert picture.accessible_name.count("least 18") == 1
    # A line that holds each of the 61 figures until the next.
    assert console.attribute("svg .line", "d").count("H") == 60


def test_a_picture_that_may_be_wrong_says_so(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    api.canned.complete = False
    console.open(LOBBY)
    console.until_seen("does not reach over the whole hour", ".doubt")


def test_another_count_of_the_provider_is_told(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open("#/channel/pusher/main/presence-match-1207")
    console.until_seen("2 present, 9 by the provider's own last count")


def test_a_channel_that_nobody_is_in_is_no_fault(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    api.canned.events = []
    console.open("#/channel/pusher/main/nowhere")
    console.until_seen("Nobody is here now.")
    console.until_seen("Nothing has happened, as far as the log reaches.")


def test_ten_thousand_members_are_counted_at_once_and_shown_when_asked_for(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.crowded()
    console.open(STADIUM)
    console.until_seen("10,000 present", ".figure")
    console.until_seen("100 of 10,000 shown", ".count")
    console.run(_LONGEST_TASK)
    console.one("section:has(> .members) > button.more").click()
    console.until_seen("1,100 of 10,000 shown", ".count")
    assert len(console.column(1, ".members")) == 1100
    longest = console.run("return window.longest")
    assert longest < 500, f"a thousand rows froze the page for {longest} ms"


def test_all_ten_thousand_can_be_seen_sorted_and_kept_up_to_date_without_freezing(
    api: FakeApi, console: ConsolePage
) -> None:
    api.canned = canned.crowded(10_000)
    console.open(STADIUM)
    count = "section:has(> .members) .count"
    for shown in range(100, 10_000, 1000):
        console.until_seen(f"{shown:,} of 10,000 shown", count)
        console.one("section:has(> .members) > button.more").click()
    console.until(lambda: console.text(count) == "10,000", "not all are shown")
    console.run(_LONGEST_TASK)
    api.canned.members["presence-stadium"].insert(0, member("aaron"))
    console.refresh()
    console.until_seen("10,001 present", ".figure")
    console.until(lambda: console.column(1, ".members")[0] == "aaron")
    longest = console.run("return window.longest")
    assert longest < 1500, f"ten thousand rows froze the page for {longest} ms"
