"""Arrows point inward: rules know no AWS and no clock, ingest imports little, and providers are found by name."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "layers/rollcall/rollcall"
PURE = (
    "events",
    "merge",
    "presence",
    "converge",
    "consume",
    "intake",
    "tally",
    "occupancy",
    "dialect",
    "envelope",
    "tokens",
    "keys",
    "timestamps",
    "retention",
    "provider",
    "errors",
)
FORBIDDEN = {"boto3", "botocore", "aws_lambda_powertools", "time", "os"}


def imported_by(file: Path) -> set[str]:
    """The modules that run when this one is imported; what is imported for types only does not count."""
    tree = ast.parse(file.read_text())
    for_types = {
        inner for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }  # fmt: skip
    found = set()
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def reached_from(name: str) -> set[str]:
    """All that importing a module of ours leads to."""
    reached: set[str] = set()
    waiting = [name]
    while waiting:
        file = PACKAGE / f"{waiting.pop().removeprefix('rollcall.').replace('.', '/')}.py"
        for module in imported_by(file) - reached if file.is_file() else ():
            reached.add(module)
            if module.startswith("rollcall."):
                waiting.append(module)
    return reached


@pytest.mark.parametrize("name", [*PURE, *(f"providers/{file.stem}" for file in (PACKAGE / "providers").glob("*.py"))])
def test_rules_and_providers_know_no_aws_and_no_clock(name: str) -> None:
    assert {module.split(".")[0] for module in reached_from(name)} & FORBIDDEN == set()


def test_the_folder_of_providers_holds_providers_and_nothing_else() -> None:
    for file in (PACKAGE / "providers").iterdir():
        if file.name != "__pycache__":
            names = {
                node.name
                for node in ast.parse(file.read_text()).body
                if isinstance(node, ast.FunctionDef | ast.ClassDef)
            }
            assert {"Secrets", "verify", "parse"} <= names, file


def test_no_provider_is_named_outside_its_own_file() -> None:
    names = {file.stem for file in (PACKAGE / "providers").glob("*.py")}
    for file in PACKAGE.glob("*.py"):
        named = {f"rollcall.providers.{name}" for name in names} & imported_by(file)
        assert named == set(), file


def test_ingest_pays_for_no_library_that_it_does_not_need() -> None:
    code = "import sys, app; print(*sorted(name.split('.')[0] for name in sys.modules))"
    environment = {
        "PYTHONPATH": f"{PACKAGE.parent}:{PACKAGE.parents[2] / 'functions/ingest'}",
        "WEBHOOKS_QUEUE_URL": "https://sqs.example/1/webhooks",
        "URL_SECRET": "secret",
        "FAIR_QUEUE": "ENABLED",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert (
        set(done.stdout.split()) & {"boto3", "pydantic", "aws_lambda_powertools", "asyncio", "email_validator"} == set()
    )
