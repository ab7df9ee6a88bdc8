from collections.abc import Callable, Iterator

import pytest

from rollcall import provider
from tools.names import checked_key, checked_provider, checked_source, written
from tools.prompt import ask_secrets
from tools.settings_store import Stored, checked
from tools.sources import summary
from tools.trouble import BadInput


def _typing(*answers: str) -> Callable[[str], str]:
    remaining: Iterator[str] = iter(answers)
    return lambda _question: next(remaining)


def test_several_tokens_can_be_typed_for_a_rotation() -> None:
    typed = ask_secrets(provider.load("pusher").Secrets, _typing("key", "secret", "older key", "older secret", ""))
    assert typed == {"tokens": [{"key": "key", "secret": "secret"}, {"key": "older key", "secret": "older secret"}]}


def test_a_header_is_asked_for_by_name_and_its_values_blindly() -> None:
    typed = ask_secrets(
        provider.load("pubnub").Secrets, _typing("one", "two", "", "sub-c-1", ""), _typing("X-Token", "")
    )
    assert typed == {"headers": {"X-Token": ["one", "two"]}, "subscribe_keys": ["sub-c-1"]}


def test_half_a_token_is_neither_stored_nor_dropped_in_silence() -> None:
    for typed in (("key", ""), ("key", "secret", "second key", "")):
        with pytest.raises(BadInput, match=r"secret was left empty"):
            ask_secrets(provider.load("pusher").Secrets, _typing(*typed))


@pytest.mark.parametrize("name", provider.names())
def test_nothing_typed_is_nothing_for_every_provider(name: str) -> None:
    assert ask_secrets(provider.load(name).Secrets, lambda _question: "", lambda _question: "") == {}


def test_a_refusal_does_not_show_the_secret() -> None:
    with pytest.raises(BadInput) as refusal:
        checked("secrets", "pusher", {"tokens": [{"key": "hush", "secret": ["hush"]}], "tokns": "hush"})
    assert "secrets.tokens.0.secret" in str(refusal.value)
    assert "hush" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_a_summary_says_how_many_and_not_which() -> None:
    stored = Stored("secrets", "pusher", "prod", '{"tokens": [{"key": "k", "secret": "hush"}]}', "today")
    assert summary(stored) == "tokens: 1"


@pytest.mark.parametrize("value", ["no JSON", "[]", '"hush"', "7", '{"tokens": 7}'])
def test_whatever_else_is_stored_does_not_break_the_list(value: str) -> None:
    assert "hush" not in summary(Stored("secrets", "pusher", "prod", value, "today"))


def test_a_retention_that_would_break_correctness_is_not_stored() -> None:
    with pytest.raises(BadInput, match=r"retention\.tombstone_retention_minutes"):
        checked("retention", "pusher", {"tombstone_retention_minutes": 60})


@pytest.mark.parametrize("name", ["", "-a", "A", "a_b", "a/b", "a" * 64, "ä", "a\n"])
def test_a_name_that_is_no_part_of_a_url_is_no_source(name: str) -> None:
    with pytest.raises(BadInput):
        checked_source(name)


@pytest.mark.parametrize("name", ["a", "prod", "eu-1", "0" * 63])
def test_other_names_are_taken_as_they_are(name: str) -> None:
    assert checked_source(name) == name


@pytest.mark.parametrize("name", ["", "nobody", "../os", "__init__"])
def test_a_provider_that_does_not_exist_is_refused_with_those_that_do(name: str) -> None:
    with pytest.raises(BadInput, match="pubnub, pusher, yalgaar"):
        checked_provider(name)


def test_a_source_is_read_as_it_is_written() -> None:
    assert written(checked_key("pusher/prod")) == "pusher/prod"


@pytest.mark.parametrize("text", ["", "pusher", "pusher/", "/prod", "pusher/prod/", "nobody/prod", "pusher/A"])
def test_what_is_no_source_of_a_provider_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        checked_key(text)
