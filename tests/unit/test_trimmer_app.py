"""A run of the trimmer leaves word of how it ended, unless it was a dry one."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from rollcall.trimming import Bookmark, Report, Run, Trimmed
from tests.apps import imported
from tools.own_rollcall import tables_in_memory

NOW = 1_800_000_000_000  # Unix milliseconds


@dataclass
class Trimmer:
    """Gets as far as told."""

    end: str
    complete: bool
    began_at: str = "nowhere"

    def run(self, report: Report, position: str, _is_late: Callable[[], bool]) -> str:
        self.began_at = position
        report.complete = self.complete
        report.trimmed["lease_expired"] += 3
        return self.end


class Context:
    """As much of Lambda's as the handler asks for."""

    function_name = "trimmer"

    def get_remaining_time_in_millis(self) -> int:
        return 240_000


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = imported("Trimmer", monkeypatch)
    monkeypatch.setattr(module, "_bookmark", Bookmark(tables_in_memory().as_boto3, "Presence"))
    monkeypatch.setattr(module, "_now", lambda: NOW)
    return module


def trim(app: ModuleType, monkeypatch: pytest.MonkeyPatch, trimmer: Trimmer, **order: Any) -> None:
    monkeypatch.setattr(app, "_trimmers", {Trimmed.MEMBERS: trimmer})
    app.handler({"kind": "members", **order}, Context())


def test_a_run_leaves_word_of_when_and_how_it_ended_and_the_next_goes_on_there(
    app: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    trim(app, monkeypatch, Trimmer("here", complete=False))
    assert app._bookmark.last_runs() == {Trimmed.MEMBERS: Run(NOW, complete=False)}
    trim(app, monkeypatch, next_run := Trimmer("", complete=True))
    assert next_run.began_at == "here"
    assert app._bookmark.last_runs() == {Trimmed.MEMBERS: Run(NOW, complete=True)}
    trim(app, monkeypatch, one_after := Trimmer("", complete=True))
    assert one_after.began_at == ""


@pytest.mark.filterwarnings("ignore:No application metrics")  # Powertools expects some of every run
def test_a_dry_run_leaves_no_word(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    trim(app, monkeypatch, Trimmer("here", complete=False), dry_run=True)
    assert app._bookmark.last_runs() == {}


@pytest.mark.parametrize(("complete", "incomplete"), [(True, 0), (False, 1)])
def test_a_run_that_did_not_get_to_its_end_is_counted(
    app: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    complete: bool,
    incomplete: int,
) -> None:
    capsys.readouterr()
    trim(app, monkeypatch, Trimmer("", complete=complete))
    (counted,) = (json.loads(line) for line in capsys.readouterr().out.splitlines() if "IncompleteRuns" in line)
    assert (counted["IncompleteRuns"], counted["Trimmed"], counted["kind"]) == ([incomplete], [3], "members")


@pytest.mark.parametrize(
    ("runs", "behind"), [([True, True], 0), ([True, False], 0), ([False, True], 0), ([False, False], 1)]
)
def test_the_trimmer_is_behind_when_two_runs_one_after_the_other_did_not_get_to_their_ends(
    app: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], runs: list[bool], behind: int
) -> None:
    for complete in runs:
        capsys.readouterr()
        trim(app, monkeypatch, Trimmer("a day", complete=complete))
    (counted,) = (json.loads(line) for line in capsys.readouterr().out.splitlines() if "RunsBehind" in line)
    assert counted["RunsBehind"] == [behind]
    assert counted["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]  # as the alarm asks for it
