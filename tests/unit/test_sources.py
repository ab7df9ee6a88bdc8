"""What is stored per source, and how long it is remembered."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from rollcall.errors import InvalidRetention, MissingSecret, Unavailable
from rollcall.keys import SourceKey
from rollcall.retention import Override, Retention
from rollcall.sources import RetentionOfSources, Sources

_PROD = SourceKey("pusher", "prod")
_SECRETS = "/rollcall/secrets/pusher/prod"
_RETENTION = "/rollcall/retention/pusher/prod"


class ParameterNotFound(ClientError):
    """As SSM's client makes it."""


@dataclass
class Store:
    """SSM's Parameter Store, as far as it is asked."""

    values: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    trouble: Exception | None = None
    exceptions = SimpleNamespace(ParameterNotFound=ParameterNotFound)

    def get_parameter(self, *, Name: str, WithDecryption: bool) -> dict[str, dict[str, str]]:  # noqa: N803  SSM's names
        assert WithDecryption
        self.asked.append(Name)
        if self.trouble:
            raise self.trouble
        if Name not in self.values:
            raise ParameterNotFound({"Error": {"Code": "ParameterNotFound"}}, "GetParameter")
        return {"Parameter": {"Value": self.values[Name]}}


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sources(store: Store, clock: Clock) -> Sources:
    return Sources(cast("Any", store), "/rollcall", clock)


def test_a_secret_is_what_is_stored_under_its_source(sources: Sources, store: Store) -> None:
    store.values[_SECRETS] = '{"tokens": []}'
    assert sources.secrets(_PROD) == {"tokens": []}
    assert sources.secrets(SourceKey("pusher", "staging")) == {}


def test_a_secret_is_remembered_for_five_minutes(sources: Sources, store: Store, clock: Clock) -> None:
    store.values[_SECRETS] = '"old"'
    sources.secrets(_PROD)
    store.values[_SECRETS] = '"new"'
    clock.now += 300
    assert sources.secrets(_PROD) == "old"
    clock.now += 1
    assert sources.secrets(_PROD) == "new"
    assert store.asked == [_SECRETS] * 2


def test_a_doubted_secret_is_asked_for_again_after_ten_seconds(sources: Sources, store: Store, clock: Clock) -> None:
    store.values[_SECRETS] = '"old"'
    sources.secrets(_PROD)
    store.values[_SECRETS] = '"new"'
    clock.now += 10
    assert sources.secrets(_PROD, doubted=True) == "old"
    clock.now += 1
    assert sources.secrets(_PROD, doubted=True) == "new"
    assert sources.secrets(_PROD) == "new"


def test_forgeries_cannot_make_it_ask_more_often(sources: Sources, store: Store, clock: Clock) -> None:
    for _ in range(600):
        sources.secrets(_PROD, doubted=True)
        clock.now += 0.1
    assert len(store.asked) <= 6


def test_a_missing_secret_is_an_empty_object_and_remembered_too(sources: Sources, store: Store) -> None:
    assert sources.secrets(_PROD) == {}
    assert sources.secrets(_PROD) == {}
    assert store.asked == [_SECRETS]


@pytest.mark.parametrize("text", ["", "{", "open-sesame", "{'a': 1}"])
def test_a_secret_that_is_no_json_is_a_missing_one(sources: Sources, store: Store, text: str) -> None:
    store.values[_SECRETS] = text
    with pytest.raises(MissingSecret) as error:
        sources.secrets(_PROD)
    assert not text or text not in str(error.value)


def test_each_sources_parameters_are_its_own(sources: Sources, store: Store) -> None:
    store.values |= {_SECRETS: '"of pusher"', "/rollcall/secrets/pubnub/prod": '"of pubnub"'}
    assert sources.secrets(_PROD) == "of pusher"
    assert sources.secrets(SourceKey("pubnub", "prod")) == "of pubnub"


@pytest.mark.parametrize(
    "trouble",
    [
        ClientError({"Error": {"Code": "ThrottlingException"}}, "GetParameter"),
        EndpointConnectionError(endpoint_url="x"),
    ],
)
def test_a_store_that_does_not_answer_is_unavailable_and_asked_again_after_two_seconds(
    sources: Sources, store: Store, clock: Clock, trouble: Exception
) -> None:
    store.trouble = trouble
    for _ in range(100):  # as many webhooks as a batch holds
        with pytest.raises(Unavailable):
            sources.secrets(_PROD)
    assert len(store.asked) == 1
    store.trouble = None
    store.values[_SECRETS] = '"now"'
    clock.now += 2  # a consumer that has just started must not fail everybody's webhooks for longer
    assert sources.secrets(_PROD) == "now"


def test_while_the_store_does_not_answer_what_was_known_counts_but_refuses_nobody(
    sources: Sources, store: Store, clock: Clock
) -> None:
    store.values[_SECRETS] = '"known"'
    assert sources.secrets(_PROD) == "known"
    store.trouble = EndpointConnectionError(endpoint_url="x")
    clock.now += 301
    assert sources.secrets(_PROD) == "known"
    clock.now += 11
    with pytest.raises(Unavailable):
        sources.secrets(_PROD, doubted=True)


def test_a_source_of_a_name_that_cannot_be_stored_has_nothing_stored(sources: Sources, store: Store) -> None:
    assert sources.override(SourceKey("pubnub", "my app")) == Override()
    assert store.asked == []


def test_an_override_is_what_is_stored_and_none_is_the_stacks(sources: Sources, store: Store) -> None:
    assert sources.override(_PROD) == Override()
    store.values["/rollcall/retention/pusher/staging"] = '{"lease_minutes": 60}'
    assert sources.override(SourceKey("pusher", "staging")) == Override(lease_minutes=60)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        '{"lease_minutes": 0}',
        '{"lease_minutes": NaN}',
        '{"lease_minutes": "60"}',
        '{"tombstone_retention_minutes": 27599}',
        '{"leese_minutes": 60}',
        '{"trim_events": "perhaps"}',
    ],
)
def test_a_retention_that_is_not_valid_is_refused(sources: Sources, store: Store, text: str) -> None:
    store.values[_RETENTION] = text
    with pytest.raises(InvalidRetention):
        sources.override(_PROD)


def test_the_settings_in_force_are_the_stacks_with_the_sources_over_them(sources: Sources, store: Store) -> None:
    stack = Retention(
        lease_minutes=1_440,
        tombstone_retention_minutes=43_200,
        event_retention_minutes=10_080,
        trim_members=True,
        trim_tombstones=True,
        trim_events=True,
        log_events=True,
    )
    store.values[_RETENTION] = '{"lease_minutes": 60, "trim_members": false}'
    retention_of = RetentionOfSources(stack, sources)
    assert retention_of(_PROD) == stack.model_copy(update={"lease_minutes": 60, "trim_members": False})
    assert retention_of(SourceKey("pubnub", "prod")) == stack


def test_after_secrets_are_said_to_be_mended_they_are_read_again_once(
    sources: Sources, store: Store, clock: Clock
) -> None:
    store.values[_SECRETS] = '"wrong"'
    sources.secrets(_PROD)
    assert sources.secrets(_PROD, doubted=True) == "wrong"
    clock.now += 1  # much less than what is doubted is remembered for
    store.values[_SECRETS] = '"right"'
    sources.look_again()
    clock.now += 0.1
    assert [sources.secrets(_PROD), sources.secrets(_PROD, doubted=True)] == ["right", "right"]
    assert len(store.asked) == 2


@pytest.mark.parametrize("redriven", [False, True])
def test_what_is_relied_on_while_the_store_does_not_answer_refuses_nobody_either(
    sources: Sources, store: Store, clock: Clock, redriven: bool
) -> None:
    store.values[_SECRETS] = '"old"'
    sources.secrets(_PROD)
    clock.now += 301
    store.trouble = EndpointConnectionError(endpoint_url="https://ssm.eu-west-1.amazonaws.com/")
    for _ in range(3):  # while it is silent, and when it is asked again
        if redriven:
            sources.look_again()
        assert sources.secrets(_PROD) == "old"
        with pytest.raises(Unavailable):
            sources.secrets(_PROD, doubted=True)
        clock.now += 1.5
    assert len(store.asked) == 3  # once when it was known, and once for each two seconds of silence
