"""The files in `events/` are what they claim to be, so that each function has one to be tried with."""

import json
from pathlib import Path
from typing import Any

import pytest

from functions.console.app import handler
from rollcall import provider
from rollcall.envelope import envelop, open_envelope
from rollcall.intake import interpret
from rollcall.keys import SourceKey
from rollcall.tokens import is_token
from rollcall.trimming import Order, Trimmed
from tools.lambda_environment import KEY_OF_EVENTS

FOLDER = Path(__file__).parents[2] / "events"


def event(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


@pytest.mark.parametrize("name", provider.names())
def test_every_provider_has_a_webhook_that_ingest_takes_and_the_consumer_applies(name: str) -> None:
    secrets = event(f"source-{name}")["secrets"]

    def stored_secrets(_source: SourceKey, /, *, doubted: bool = False) -> object:
        return None if doubted else secrets

    request = event(f"ingest-{name}")
    assert is_token(request["pathParameters"]["token"], (KEY_OF_EVENTS,), name, "example")
    (record,) = event(f"consumer-{name}")["Records"]
    assert open_envelope(record["body"]) == envelop(request)
    assert [found.user for found in interpret(envelop(request), stored_secrets).events] == ["ann"]


@pytest.mark.parametrize("name", provider.names())
def test_every_provider_has_a_question(name: str) -> None:
    question = event(f"query-{name}")
    assert question["pathParameters"]["provider"] == name
    assert question["headers"]["authorization"] == f"Bearer {KEY_OF_EVENTS}"


def test_the_console_has_a_request_for_its_page() -> None:
    answer = handler(event("console"), None)
    assert (answer["statusCode"], answer["headers"]["content-type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize("kind", list(Trimmed))
def test_every_kind_of_record_has_an_order_that_only_looks(kind: Trimmed) -> None:
    assert Order.model_validate(event(f"trimmer-{kind}")) == Order(kind=kind, dry_run=True)
