"""Everybody can use it: with a phone, in the dark, with the keyboard alone, or hearing it.

With ROLLCALL_SCREENSHOTS=folder a picture of each state is saved there, in each look.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser import canned
from tests.browser.canned import KEY, Canned, ago
from tests.browser.console_page import ConsolePage
from tests.browser.fake_api import FakeApi

WRONG_SECRET = {
    "last_received_at": ago(seconds=4),
    "last_outcome": "unverified",
    "last_sentence": "The signature is not one that the source's tokens make.",
}
RIGHT_SECRET = {"last_received_at": ago(seconds=4), "last_outcome": "applied"}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"dark": True},
    "phone": {"width": 360, "height": 740, "is_phone": True},
    "dark phone": {"width": 360, "height": 740, "is_phone": True, "dark": True},
}


def set_up(last: dict[str, Any]) -> Canned:
    world = canned.busy()
    world.last = {**last, "last_received_at": ago(seconds=4)}
    return world


# A state's name, its world, its address, and what is seen once it is there.
STATES: list[tuple[str, Callable[[], Canned], str, str]] = [
    ("empty", canned.empty, "#/channels", "No webhook has arrived yet"),
    ("channels", canned.busy, "#/channels", "presence-lobby"),
    ("channel", canned.busy, "#/channel/pusher/main/presence-lobby", "42 present"),
    ("user", canned.busy, "#/user/ann", "Online"),
    ("unknown user", canned.busy, "#/user/nobody", "Nobody of this name"),
    ("intake", canned.busy, "#/intake", "13,222"),
    ("setup", canned.busy, "#/setup/pusher/main", "No webhook has arrived in the last week"),
    ("setup right", lambda: set_up(RIGHT_SECRET), "#/setup/pusher/main", "signature right"),
    ("setup wrong", lambda: set_up(WRONG_SECRET), "#/setup/pusher/main", "parked. "),
    ("hostile channels", canned.hostile, "#/channels", "__proto__"),
    ("hostile channel", canned.hostile, "#/channel/pusher/main/photo_%E2%80%AEgnp.exe", "23 present"),
    ("crowded", canned.crowded, "#/channel/pusher/main/presence-stadium", "10,000 present"),
]


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(("name", "world", "view", "seen"), STATES, ids=[state[0] for state in STATES])
def test_every_state_can_be_read_and_used_in_every_look(
    api: FakeApi,
    console: ConsolePage,
    screenshots: Path | None,
    look: str,
    name: str,
    world: Callable[[], Canned],
    view: str,
    seen: str,
) -> None:
    api.canned = world()
    console.look(**LOOKS[look])
    console.open(view)
    console.until_seen(seen)
    finish(console, screenshots, f"{name} {look}")


@pytest.mark.parametrize("look", LOOKS)
def test_so_can_the_form_for_the_key(console: ConsolePage, screenshots: Path | None, look: str) -> None:
    console.look(**LOOKS[look])
    console.open(key="wrong")
    console.until_seen("This key is not right")
    finish(console, screenshots, f"wrong key {look}")


@pytest.mark.parametrize("look", LOOKS)
def test_so_can_what_is_old(api: FakeApi, console: ConsolePage, screenshots: Path | None, look: str) -> None:
    api.canned = canned.busy()
    console.look(**LOOKS[look])
    console.open()
    console.until_seen("presence-lobby")
    api.canned.failing = 503
    console.refresh()
    console.until_seen("What you see is old", "#trouble")
    finish(console, screenshots, f"error {look}")


def finish(console: ConsolePage, screenshots: Path | None, name: str) -> None:
    if screenshots:
        console.driver.save_screenshot(str(screenshots / f"{name.replace(' ', '-')}.png"))
    assert console.audit() == []


def test_the_audit_finds_what_it_looks_for(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open()
    console.until_seen("presence-lobby")
    console.run(
        """
        const main = document.querySelector("main");
        for (const name of ["input", "button", "a", "h4", "h1", "table"]) main.append(document.createElement(name));
        main.lastChild.append(document.createElement("caption"), document.createElement("thead"));
        main.lastChild.tHead.insertRow().insertCell().textContent = "x";
        main.querySelector(".count").id = "said";
        main.querySelector(".name").classList.add("pale");
        const pale = new CSSStyleSheet();
        pale.replaceSync(".pale { color: #ccc } table { width: 3000px }");
        document.adoptedStyleSheets = [pale];
        """
    )
    found = "\n".join(console.audit())
    for fault in (
        "has no label",
        "has no name",
        "leads nowhere",
        "has no caption",
        "heads no column",
        "is there twice",
        "not one heading",
        "is left out",
        "wider than its window",
        "has a contrast of",
    ):
        assert fault in found


def test_all_of_it_can_be_done_with_the_keyboard_alone(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open(key="")
    console.press(KEY, Keys.ENTER)
    console.until_seen("presence-lobby")
    console.tab_to("#find")
    console.press("match")
    console.tab_to("thead button")
    console.press(Keys.ENTER)
    assert console.column(1) == ["presence-match-1208", "presence-match-1207"]
    console.tab_to("tbody a")
    console.press(Keys.ENTER)
    console.until_seen("Members")
    assert console.run("return document.activeElement.localName") == "h1"  # a screen reader begins to read here
    console.driver.back()  # without a window, the browser has no keys of its own
    console.until(lambda: console.column(1) == ["presence-match-1208", "presence-match-1207"])
    console.tab_to("nav a[data-view=setup]")
    console.press(Keys.ENTER)
    console.until_seen("Paste this URL")
    console.tab_to(".copyable button")


def test_where_the_keyboard_is_can_be_seen(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open("#/setup/pusher/main")
    console.until_seen("Paste this URL")
    for _ in range(12):
        console.press(Keys.TAB)
        outline = console.run("return getComputedStyle(document.activeElement).outlineWidth")
        assert float(outline.removesuffix("px")) >= 2, console.run("return document.activeElement.outerHTML")


def test_the_first_stop_of_the_keyboard_skips_the_head(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open("#/channels")
    console.until_seen("presence-lobby")
    console.press(Keys.TAB)
    assert console.run("return document.activeElement.textContent") == "Skip to content"
    console.press(Keys.ENTER)
    assert console.run("return document.activeElement.id") == "main"
    assert console.run("return location.hash").startswith("#/channels")


def test_nothing_moves_for_those_who_do_not_want_it(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    reduced = {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
    console.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", reduced)
    console.open()
    console.until_seen("presence-lobby")
    moving = """
        return [...document.querySelectorAll("*")].filter((one) => {
          const { transitionDuration, animationName } = getComputedStyle(one);
          return transitionDuration !== "0s" || animationName !== "none";
        }).length
    """
    assert console.run(moving) == 0


def test_it_works_under_a_prefix_and_asks_no_other_host(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open("#/intake")
    console.until_seen("pusher/main")
    loaded = console.run("return performance.getEntriesByType('resource').map((one) => one.name)")
    assert len(loaded) > 10
    assert all(url.startswith(api.url) for url in loaded)
