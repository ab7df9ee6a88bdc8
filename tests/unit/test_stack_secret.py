"""The stack's own secrets are read as they are now, and Secrets Manager is asked seldom."""

from typing import Any, cast

import pytest
from botocore.exceptions import EndpointConnectionError

from rollcall.errors import Unavailable
from rollcall.stack_secret import StackSecret
from tests.fakes import Secrets
from tests.unit.test_sources import Clock

SILENT = EndpointConnectionError(endpoint_url="https://secretsmanager.example")


def secret(secrets: Secrets, clock: Clock) -> StackSecret:
    return StackSecret(cast("Any", secrets), "arn", clock)


def test_the_first_key_is_in_use_and_each_is_known() -> None:
    assert secret(Secrets("new  old\n"), Clock()).keys() == ("new", "old")


def test_it_is_asked_for_every_five_minutes() -> None:
    secrets, clock = Secrets("old"), Clock()
    known = secret(secrets, clock)
    assert known.keys() == ("old",)
    secrets.value = "new"
    clock.now += 299
    assert known.keys() == ("old",)
    clock.now += 2
    assert known.keys() == ("new",)
    assert secrets.asked == 2


def test_who_guesses_keys_has_it_asked_for_every_ten_seconds_and_not_with_each_guess() -> None:
    secrets, clock = Secrets("key"), Clock()
    known = secret(secrets, clock)
    for _ in range(100):
        clock.now += 1
        known.keys(doubted=True)
    assert secrets.asked <= 11


def test_a_key_that_has_aged_counts_while_secrets_manager_is_silent() -> None:
    secrets, clock = Secrets("key"), Clock()
    known = secret(secrets, clock)
    known.keys()
    secrets.trouble = SILENT
    clock.now += 3600
    assert known.keys() == ("key",)


@pytest.mark.parametrize("secrets", [Secrets("", SILENT), Secrets(""), Secrets(" \n")])
def test_without_any_key_nobody_is_told_anything(secrets: Secrets) -> None:
    with pytest.raises(Unavailable):
        secret(secrets, Clock()).keys()
