"""The functions' own `app.py`, imported as Lambda does: with what the template tells them in their environment."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tools.template import resources

_FUNCTIONS = Path(__file__).parents[1] / "functions"


def imported(function: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The handler's module, by the function's name in the template; none of its settings leads anywhere."""
    told: dict[str, Any] = resources("AWS::Serverless::Function")[function]["Environment"]["Variables"]
    for name, value in told.items():
        known = value if name == "RETRY_SECONDS" else "43200" if "MINUTES" in name else "x"
        monkeypatch.setenv(name, "ENABLED" if name.startswith("TRIM") else known)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "rollcall")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Rollcall")
    spec = importlib.util.spec_from_file_location(f"{function}_app", _FUNCTIONS / function.lower() / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
