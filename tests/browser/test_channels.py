"""The list of channels: sorted by any column, found as one types, and never silently cut."""

from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from tests.browser import canned
from tests.browser.canned import channel
from tests.browser.console_page import NOT_KNOWN, ConsolePage
from tests.browser.fake_api import FakeApi

BY_NAME = ["presence-lobby", "presence-match-1207", "presence-match-1208", "presence-support", "presence-Zürich"]


def names(console: ConsolePage) -> list[str]:
    return console.column(1)


def sort_by(console: ConsolePage, title: str) -> None:
    heads = console.all("thead button")
    next(head for head in heads if head.text == title).click()


def test_it_tells_who_counts_and_since_when(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open()
    console.until_seen("presence-lobby")
    rows = dict(
        zip(names(console), zip(console.column(2), console.column(3), console.column(4), strict=True), strict=True)
    )
    assert rows["presence-lobby"] == ("42", "42", "7 h ago")
    assert rows["presence-support"] == ("3", NOT_KNOWN, "35 min ago")
    assert rows["private-orders"] == ("someone", NOT_KNOWN, "2 min ago")  # occupied, the provider says, and not by whom
    assert console.text(".differs") == "9"
    assert console.text(".count") == "6 channels"


def test_each_column_sorts_either_way_and_says_so(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open()
    console.until_seen("presence-lobby")
    ordered = [*BY_NAME, "private-orders"]
    assert names(console) == ordered
    for title, number, first, last in (
        ("Channel", 1, "private-orders", "presence-lobby"),
        ("Present", 2, "presence-lobby", "private-orders"),
        ("Reported", 3, "presence-lobby", "private-orders"),
        ("Since", 4, "presence-lobby", "private-orders"),
    ):
        sort_by(console, title)
        assert (names(console)[0], names(console)[-1]) == (first, last), title
        head = console.one(f"thead th:nth-child({number})")
        was = head.get_attribute("aria-sort")
        assert [cell.get_attribute("aria-sort") for cell in console.all("thead th")].count(was) == 1
        sort_by(console, title)
        assert {was, head.get_attribute("aria-sort")} == {"ascending", "descending"}
        assert names(console) != ordered or title == "Channel"


def test_what_is_not_known_is_sorted_last_either_way(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open()
    console.until_seen("presence-lobby")
    for _ in range(2):
        sort_by(console, "Reported")
        assert console.column(3)[-2:] == [NOT_KNOWN, NOT_KNOWN]


def test_an_order_that_is_asked_for_counts_more_than_a_selection(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open()
    console.until_seen("presence-lobby")
    console.run("document.getSelection().selectAllChildren(document.querySelector('tbody'))")
    console.run("document.querySelectorAll('thead button')[0].click()")
    assert names(console)[0] == "private-orders"


def test_the_order_and_the_search_are_part_of_the_address(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open("#/channels/pusher/main?sort=-occupancy&find=match")
    console.until_seen("presence-match-1208")
    assert names(console) == ["presence-match-1207", "presence-match-1208"]
    assert console.one("#find").get_attribute("value") == "match"
    assert console.one("thead th:nth-child(2)").get_attribute("aria-sort") == "descending"


def test_it_finds_while_one_types(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open()
    console.until_seen("presence-lobby")
    console.one("#find").send_keys("ZÜR")
    assert names(console) == ["presence-Zürich"]
    console.until_seen("1 found among 6", ".count")
    console.until_seen("1 found among 6", "#said")  # heard, too
    console.one("#find").send_keys("nothing like it")
    assert names(console) == []
    console.until_seen("0 found among 6", ".count")
    assert console.run("return location.hash").endswith("?find=Z%C3%9CRnothing+like+it")


def test_it_finds_what_is_on_no_page_that_was_loaded(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.many_channels()
    console.open()
    console.until_seen("The first 100 channels", ".count")
    assert "zebra" not in names(console)
    console.one("#find").send_keys("zeb")
    console.until(lambda: names(console) == ["zebra"], "the API's prefix was not used")
    console.until_seen("1 found among the first 100, and all that begin with it", ".count")


def test_more_is_shown_when_it_is_asked_for_and_stays_when_it_is_refreshed(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.many_channels()
    console.open()
    console.until_seen("The first 100 channels", ".count")
    console.one("button.more").click()
    console.until_seen("251 channels", ".count")
    assert len(names(console)) == 251
    assert not console.one("button.more").is_displayed()
    api.canned.channels.append(channel("aaa-new", 1))
    console.refresh()
    console.until_seen("252 channels", ".count")
    assert names(console)[0] == "aaa-new"


def test_the_source_that_is_chosen_is_part_of_the_address_and_back_leads_back(
    api: FakeApi, console: ConsolePage
) -> None:
    api.canned = canned.busy()
    console.open("#/channels/pusher/main")
    console.until_seen("presence-lobby")
    Select(console.one("#source")).select_by_visible_text("pubnub/staging")
    console.until(lambda: console.run("return location.hash") == "#/channels/pubnub/staging")
    console.until(lambda: any("presence/pubnub/staging/channels" in asked for asked in api.canned.asked))
    console.driver.back()
    console.until(lambda: Select(console.one("#source")).first_selected_option.text == "pusher/main")


def test_a_row_leads_to_its_channel_and_a_member_to_where_it_is(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open()
    console.until_seen("presence-match-1207")
    console.driver.find_element(By.LINK_TEXT, "presence-match-1207").click()
    console.until_seen("Members")
    console.until_seen("ann")
    console.driver.find_element(By.LINK_TEXT, "ann").click()
    console.until_seen("Online, in 2 channels.")
    assert console.column(1) == ["presence-lobby", "presence-match-1207"]
    console.driver.back()
    console.until_seen("Members")


def test_an_empty_rollcall_says_what_to_do_next(console: ConsolePage) -> None:
    console.open()
    console.until_seen("No webhook has arrived yet")
    assert "make demo" in console.text()
    console.one(".empty a").click()
    console.until_seen("Paste this URL")


def test_a_source_that_nobody_is_in_says_what_to_do_next(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    api.canned.channels = []
    console.open("#/channels/pubnub/staging")
    console.until_seen("Nobody is in any channel")
    assert console.attribute(".empty a", "href").endswith("#/setup/pubnub/staging")


def test_an_address_that_is_none_leads_to_the_channels(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    for address in ("", "#", "#/nonsense", "#/__proto__", "#/constructor/x", "#/channels/../../x", "#/%E0%A4%A"):
        console.open(address)
        console.until_seen("presence-lobby")
