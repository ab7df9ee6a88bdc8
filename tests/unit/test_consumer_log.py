"""What the consumer logs of a fault tells where it is, and quotes nothing that a webhook holds."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from rollcall.errors import Unavailable
from tools.template import resources

FILE = Path(__file__).parents[2] / "functions/consumer/app.py"


@pytest.fixture
def consumer(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    told: dict[str, Any] = resources("AWS::Serverless::Function")["Consumer"]["Environment"]["Variables"]
    for name in told:
        monkeypatch.setenv(name, "ENABLED" if name.startswith("TRIM") else "43200" if "MINUTES" in name else "x")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "rollcall")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Rollcall")
    spec = importlib.util.spec_from_file_location("consumer_app", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_fault_is_told_by_its_kind_and_place_and_not_in_its_own_words(consumer: ModuleType) -> None:
    try:
        int("a body's secret")
    except ValueError as error:
        words = consumer._in_words(error)
    assert "secret" not in words
    assert words.startswith("ValueError in test_a_fault_is_told")


def test_a_sentence_of_our_own_is_told_as_it_is(consumer: ModuleType) -> None:
    assert consumer._in_words(Unavailable("Throttled.")) == "Throttled."
