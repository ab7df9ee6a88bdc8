"""The console as somebody sees and uses it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.browser.canned import KEY

NOT_KNOWN = "\u2013"  # the dash that stands for it
PATIENCE = 30  # seconds; some refreshes, on a busy machine
_EXPECTED = ("Failed to load resource",)  # the browser's own word on every 401 and 503, which tests ask for
_AUDIT = Path(__file__).with_name("audit.js").read_text(encoding="utf-8")


@dataclass
class ConsolePage:
    driver: webdriver.Chrome
    url: str
    _logged: list[str] = field(default_factory=list)

    def open(self, view: str = "#/channels", *, key: str = KEY) -> None:
        """Opens the console at a view, in a tab that knows the key already; with an empty one in a new tab."""
        self._forget_everything()
        if key:
            self.run("sessionStorage.setItem('rollcall-read-key', arguments[0])", key)
        self._go(view)

    def look(self, width: int = 1280, height: int = 900, *, dark: bool = False, is_phone: bool = False) -> None:
        """The size of the window, and the colours that its user prefers."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 2 if is_phone else 1, "mobile": is_phone}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        colours = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [colours]})

    def go(self, view: str) -> None:
        """As a link in the page does."""
        self.run("location.hash = arguments[0]", view)

    def run(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(script, *arguments)

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def attribute(self, selector: str, name: str) -> str:
        return str(self.one(selector).get_attribute(name))

    def text(self, selector: str = "main") -> str:
        """The text that is seen there, of all that match."""
        seen = self.run("return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText)", selector)
        return "\n".join(seen)

    def column(self, number: int, table: str = "main table") -> list[str]:
        script = "return [...document.querySelectorAll(arguments[0])].map((cell) => cell.textContent)"
        told: list[str] = self.run(script, f"{table} tbody tr > :nth-child({number})")
        return told

    def until(self, holds: Callable[[], object], what: str = "") -> None:
        """Waits for what is to become true."""
        deadline = time.monotonic() + PATIENCE
        while not _already(holds):
            assert time.monotonic() < deadline, f"{what}; seen: {self.text('body')[:1000]!r}"
            time.sleep(0.03)

    def until_seen(self, text: str, selector: str = "main") -> None:
        self.until(lambda: text in self.text(selector), f"{text!r} is not in {selector}")

    def until_shown(self) -> None:
        """Until the view has had its first answer."""
        self.until(lambda: self.text("#freshness").startswith("Updated"), "nothing was told yet")

    def press(self, *keys: str) -> None:
        """Keys, wherever the keyboard is."""
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def tab_to(self, selector: str) -> None:
        """Walks there with the keyboard alone."""
        for _ in range(60):
            self.press(Keys.TAB)
            if self.run("return document.activeElement.matches(arguments[0])", selector):
                return
        raise AssertionError(f"The keyboard does not reach {selector}.")

    def refresh(self) -> None:
        """Lets the page ask at once, as when somebody comes back to its tab; what comes of it is to be waited for."""
        self.run("document.dispatchEvent(new Event('visibilitychange'))")

    def audit(self) -> list[str]:
        """What bars somebody from using what is shown, as far as a program can tell."""
        told: list[str] = self.run(_AUDIT)
        return told

    def faults(self) -> list[str]:
        """What went wrong in the page itself: failed scripts, and what its policy had to stop."""
        entries = [str(entry["message"]) for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]  # as selenium has it
        self._logged += entries
        return [entry for entry in self._logged if not any(expected in entry for expected in _EXPECTED)]

    def pardon(self, fault: str) -> None:
        """Takes a fault that was made on purpose off the list; it must be on it."""
        pardoned = [entry for entry in self.faults() if fault in entry]
        assert pardoned, f"{fault} was not noticed"
        self._logged = [entry for entry in self._logged if entry not in pardoned]

    def close(self) -> None:
        self.driver.get("about:blank")

    def _go(self, view: str) -> None:
        self.driver.get("about:blank")  # else only the part after # would change, and nothing would be loaded
        self.driver.get(f"{self.url}{view}")

    def _forget_everything(self) -> None:
        self._go("/icon.svg")  # of the same origin, and asks nothing
        self.run("sessionStorage.clear()")


def _already(holds: Callable[[], object]) -> bool:
    """Whether it is so; not yet, while a view makes way for the next."""
    try:
        return bool(holds())
    except (NoSuchElementException, StaleElementReferenceException):
        return False
