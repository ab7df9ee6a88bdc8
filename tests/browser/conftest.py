"""A browser without a window, and a console in it: the real page, and answers that the tests choose."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from tests.browser.console_page import ConsolePage
from tests.browser.fake_api import FakeApi

REBOUND = "rebound.example"  # a stranger's name, that leads to this machine

_OPTIONS = (
    "--headless",
    "--no-sandbox",  # it has no privileges to give up in a container; the pages are ours
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",  # it is to talk to this machine alone
    "--disable-component-update",
    "--disable-sync",
    "--lang=en",
    f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1",
)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not browser or not driver:
        reason = "chromium and chromedriver are not installed (Debian: apt install chromium chromium-driver)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for option in (*_OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    started.set_script_timeout(20)
    yield started
    started.quit()


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with FakeApi() as answering:
        yield answering


@pytest.fixture
def console(chromium: webdriver.Chrome, api: FakeApi) -> Iterator[ConsolePage]:
    """No test may end with a script that failed, or with something that the page's policy had to stop."""
    page = ConsolePage(chromium, f"{api.url}/console")
    page.look()
    yield page
    faults = page.faults()
    page.close()
    assert faults == []


@pytest.fixture(scope="session")
def screenshots() -> Path | None:
    """The folder that ROLLCALL_SCREENSHOTS names."""
    named = os.environ.get("ROLLCALL_SCREENSHOTS")
    if not named:
        return None
    folder = Path(named)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
