"""`make` hands its variables to `rollcall` as they are, whatever they hold."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tools.places import ROOT


@pytest.fixture
def command(tmp_path: Path) -> Path:
    """Instead of `rollcall`: shows the stack that it was called for, and each of its arguments."""
    program = tmp_path / "rollcall"
    program.write_text('#!/bin/sh\necho "$ROLLCALL_STACK in $ROLLCALL_REGION"\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)
    return program


def made(command: Path, target: str, **variables: str) -> list[str]:
    # What is installed is left alone, however old it is.
    installed = ["-o", ".venv/.made", "-o", "pyproject.toml"]
    given = [f"{name}={value}" for name, value in {"COMMAND": str(command), **variables}.items()]
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
    done = subprocess.run(
        [shutil.which("make") or "make", "-s", *installed, target, *given],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("target", "variables", "arguments"),
    [
        ("urls", {}, ["urls"]),
        ("urls", {"SOURCES": "prod staging"}, ["urls", "prod", "staging"]),
        ("source", {"PROVIDER": "pusher", "SOURCE": "prod"}, ["source", "add", "pusher/prod"]),
        ("source", {"PROVIDER": "pusher", "REPLACE": "1"}, ["source", "add", "pusher/main", "--replace"]),
        ("sources", {}, ["source", "list"]),
        ("parked", {}, ["parked", "list"]),
        ("redrive", {}, ["parked", "redrive", "--yes"]),
        ("redrive", {"DRY": "1"}, ["parked", "redrive", "--yes", "--dry-run"]),
        (
            "redrive",
            {"REASON": 'failed "five" times; $HOME'},
            ["parked", "redrive", "--yes", "--reason", 'failed "five" times; OME'],  # make itself reads $H
        ),
        ("trim", {}, ["trim"]),
        ("trim", {"KIND": "events", "DRY": "1"}, ["trim", "--kind", "events", "--dry-run"]),
        ("console", {}, ["console"]),
        ("key", {}, ["key"]),
        ("doctor", {}, ["doctor"]),
    ],
)
def test_variables_become_arguments(
    command: Path, target: str, variables: dict[str, str], arguments: list[str]
) -> None:
    assert made(command, target, **variables)[1:] == arguments


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({}, "rollcall in "),
        ({"REGION": "eu-west-1"}, "rollcall in eu-west-1"),
        ({"REGION": "eu-west-1", "STACK": "mine"}, "mine in eu-west-1"),
    ],
)
def test_region_and_stack_say_which_rollcall_is_meant(command: Path, variables: dict[str, str], told: str) -> None:
    assert made(command, "urls", **variables)[0] == told
