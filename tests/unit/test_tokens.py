"""The token in a webhook's URL."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.tokens import is_token, make_token

names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1)  # of a provider or a source: never with a slash


@given(secret=st.text(), provider=names, source=names)
def test_equal_input_gives_an_equal_token(secret: str, provider: str, source: str) -> None:
    token = make_token(secret, provider, source)
    assert token == make_token(secret, provider, source)
    assert is_token(token, (secret,), provider, source)
    assert is_token(token, ("another", secret), provider, source)


def test_a_token_of_a_known_secret_stays_what_it_was() -> None:
    # The URLs that users have pasted into dashboards hold it: printf pubnub/prod | openssl dgst -sha256 -hmac secret
    assert make_token("secret", "pubnub", "prod") == "a2d62c87e4d123d5284491570f296ffc"


@given(secret=st.text(), provider=names, source=names)
def test_a_token_fits_into_any_url(secret: str, provider: str, source: str) -> None:
    assert re.fullmatch("[0-9a-f]{32}", make_token(secret, provider, source))


@given(one=st.tuples(names, names, names), other=st.tuples(names, names, names))
def test_another_secret_provider_or_source_has_another_token(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    assert (make_token(*one) == make_token(*other)) == (one == other)
    assert is_token(make_token(*one), (other[0],), *other[1:]) == (one == other)


@given(candidate=st.text(st.characters()))
def test_any_candidate_is_only_right_or_wrong(candidate: str) -> None:
    assert not is_token(candidate, ("secret",), "pubnub", "prod")


@pytest.mark.parametrize(
    "change", [str.upper, lambda token: token[:-1], lambda token: token + "0", lambda _: "", lambda _: "\ud800"]
)
def test_what_is_not_quite_the_token_is_wrong(change: Callable[[str], str]) -> None:
    assert not is_token(change(make_token("secret", "pubnub", "prod")), ("secret",), "pubnub", "prod")
