"""Names come from strangers. Whatever they are, they are text: seen as they are, and nothing that runs."""

from urllib.parse import quote

import pytest

from tests.browser import canned
from tests.browser.canned import HOSTILE
from tests.browser.console_page import ConsolePage
from tests.browser.fake_api import FakeApi


def nothing_ran(console: ConsolePage) -> bool:
    """The browser's log, where the page's policy would complain, is looked at after every test."""
    foreign = "return document.querySelectorAll('main script, main img, main iframe, main [onerror]').length"
    return console.run("return window.ran") is None and console.run(foreign) == 0


def test_every_name_is_shown_and_none_of_them_runs(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.hostile()
    console.open()
    console.until_seen("__proto__")
    assert len(console.column(1)) == len(HOSTILE)
    shown = "\n".join(console.column(1))
    for name in HOSTILE:
        if name.isascii() and name.isprintable() and name == name.strip():
            assert name in shown
    assert nothing_ran(console)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_every_name_can_be_linked_and_asked_for(api: FakeApi, console: ConsolePage, name: str) -> None:
    api.canned = canned.hostile()
    console.open()
    console.until_seen("__proto__")
    console.run(
        "document.querySelectorAll('tbody a')[arguments[0]].click()",
        console.column(2).index(str(HOSTILE.index(name) + 1)),
    )
    console.until_seen("23 present", ".figure")
    assert any(f"members?channel={quote(name, safe='')}" in asked.replace("+", "%20") for asked in api.canned.asked)
    assert nothing_ran(console)
    row = console.run(
        "return [...document.querySelectorAll('.members tbody a')].findIndex((a) => a.hash === arguments[0])",
        f"#/user/{quote(name, safe="!~*'()")}",
    )
    assert row >= 0
    console.run("document.querySelectorAll('.members tbody a')[arguments[0]].click()", row)
    console.until_seen(f"Online, in {len(HOSTILE)} channels.")
    assert nothing_ran(console)


def test_what_would_not_be_seen_is_spelled_and_what_would_turn_text_around_is_shut_in(
    api: FakeApi, console: ConsolePage
) -> None:
    api.canned = canned.hostile()
    console.open()
    console.until_seen("__proto__")
    shown = console.column(1)
    assert "photo_U+202Egnp.exe" in shown
    assert "U+2066leftU+2069 and U+200BzeroU+200BwidthU+FEFF" in shown
    assert "lineU+000AbreakU+0009tabU+0000nulU+001B[31mred" in shown
    assert "U+00A0U+3164U+2800" in shown
    assert "U+0020spaces  at both endsU+0020" in shown
    isolated = console.run("return getComputedStyle(document.querySelector('.name')).unicodeBidi")
    assert isolated == "isolate"


def test_emoji_stay_whole(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.hostile()
    console.open()
    console.until_seen("__proto__")
    assert "👩‍👩‍👧‍👦 family 🏳️‍🌈 ❤️" in console.column(1)


def test_a_long_name_is_cut_in_the_list_and_whole_in_its_title(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.hostile()
    console.open()
    console.until_seen("__proto__")
    cell = console.run("return [...document.querySelectorAll('.name')].find((one) => one.title.startsWith('WWW'))")
    assert cell.size["height"] < 100
    assert cell.get_attribute("title") == "W" * 1000


def test_titles_of_the_window_hold_nothing_that_turns_them_around(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.hostile()
    console.open("#/channel/pusher/main/photo_%E2%80%AEgnp.exe")
    console.until_seen("23 present")
    assert console.driver.title == "photo_[U+202E]gnp.exe · Rollcall"


@pytest.mark.parametrize("view", ["#/intake", "#/setup/pusher/main", "#/channel/pusher/main/__proto__"])
def test_states_reasons_and_sentences_are_text_too(api: FakeApi, console: ConsolePage, view: str) -> None:
    api.canned = canned.hostile()
    console.open(view)
    console.until_shown()
    console.run("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert "<script>" in console.text()
    assert nothing_ran(console)


@pytest.mark.parametrize(
    "address",
    [
        "#/channel/pusher/main/<img src=x onerror=window.ran=1>",
        "#/user/%3Cscript%3Ewindow.ran=1%3C%2Fscript%3E",
        "#/channels/pusher/main?find=<script>window.ran=1</script>&sort=__proto__",
        "#/setup/javascript:window.ran=1/main",
    ],
)
def test_an_address_that_somebody_sent_runs_nothing(api: FakeApi, console: ConsolePage, address: str) -> None:
    api.canned = canned.hostile()
    console.open(address)
    console.until_shown()
    assert nothing_ran(console)


def test_markup_that_slipped_in_would_be_stopped_and_noticed(console: ConsolePage) -> None:
    console.open()
    console.until_seen("No webhook has arrived yet")
    write = (
        "try { document.querySelector('main').innerHTML = '<b>'; return 'written' } catch (error) { return error.name }"
    )
    assert console.run(write) == "TypeError"
    console.pardon("TrustedHTML")
    console.run("document.body.append(Object.assign(document.createElement('img'), { src: 'https://example.org/x' }))")
    console.until(lambda: any("img-src" in fault for fault in console.faults()))
    console.pardon("img-src")
