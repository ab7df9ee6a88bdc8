"""How the property tests generate: as many histories as asked for, from a seed that is shown and can be given again."""

import os
import secrets

import pytest
from hypothesis import settings

HISTORIES = int(os.environ.get("ROLLCALL_HISTORIES", "500"))

settings.register_profile(
    "rollcall",
    max_examples=HISTORIES,
    deadline=None,  # a slow machine is no fault of the code
    database=None,  # the seed alone gives a failure again, here and elsewhere
    print_blob=True,
)
settings.load_profile("rollcall")


@pytest.hookimpl(tryfirst=True)  # before Hypothesis reads the option
def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--hypothesis-seed") is None:
        config.option.hypothesis_seed = str(secrets.randbelow(2**32))


def pytest_report_header(config: pytest.Config) -> str:
    seed = config.getoption("--hypothesis-seed")
    return f"histories: {HISTORIES} per property (ROLLCALL_HISTORIES), again with --hypothesis-seed={seed}"
