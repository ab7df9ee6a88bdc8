"""`rollcall` on a deployed stack: from a wrong secret to a member who is shown, and events as they come."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Timer
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.e2e.rollcall_client import RollcallClient, now, pubnub, pusher, signed
from tools.cli.__main__ import rollcall as command
from tools.stack import Stack

WRONG, RIGHT = {"key": "k", "secret": "mistyped"}, {"key": "k", "secret": "as in the dashboard"}
PATIENCE = 300  # seconds; an event takes two to be seen, and CI's machine may be busy

# In a process of its own, on the suite's stack, which is none that the command's options could name.
ALONE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts the suite in the background ignores it
from tools.aws import Aws
from tools.cli.__main__ import rollcall
from tools.stack import Stack
port, name, *arguments = sys.argv[1:]
rollcall(arguments, obj=lambda *_choice: Stack.read(name, Aws.embedded(int(port))))
"""


@dataclass(frozen=True)
class Cli:
    stack: Stack

    def run(self, *arguments: str, given: object = None) -> Result:
        told = CliRunner().invoke(command, arguments, input=json.dumps(given), obj=lambda *_choice: self.stack)
        assert told.exit_code == 0, told.output
        return told

    def ask(self, *arguments: str, given: object = None) -> Any:
        return json.loads(self.run("--output", "json", *arguments, given=given).stdout)


@pytest.fixture
def cli(stack: Stack) -> Cli:
    return Cli(stack)


def test_a_webhook_that_a_wrong_secret_parked_counts_once_after_a_rotation_and_a_redrive(
    cli: Cli, rollcall: RollcallClient
) -> None:
    of_source = ("--source", "pusher/cli")
    cli.run("source", "add", "pusher/cli", given={"secrets": {"tokens": [WRONG]}})
    body = pusher(("member_added", "presence-cli", "ann"))
    rollcall.post("pusher", "cli", body, signed(body, **RIGHT))
    rollcall.settle()

    (parked,) = [row for row in cli.ask("parked", "list")["parked"] if row["source"] == "pusher/cli"]
    assert (parked["reason"], parked["webhooks"]) == ("unverified", 1)
    (shown,) = cli.ask("parked", "show", *of_source)["parked"]
    assert shown["body"] == body.decode()
    assert shown["sentence"] == parked["sentence"] != ""
    assert cli.ask("who", "presence-cli", *of_source)["members"] == []

    cli.run("source", "rotate", "pusher/cli", given={"secrets": {"tokens": [RIGHT]}})
    assert cli.ask("parked", "redrive", *of_source, "--yes")["parked"][0]["webhooks"] == 1
    rollcall.settle()

    assert [member["user"] for member in cli.ask("who", "presence-cli", *of_source)["members"]] == ["ann"]
    events = rollcall.tell("events", "pusher", "cli", channel="presence-cli")["events"]
    assert [(event["kind"], event["user"]) for event in events] == [("joined", "ann")]
    assert cli.ask("parked", "redrive", *of_source, "--yes")["parked"] == []

    cli.run("source", "rotate", "pusher/cli", "--finish")
    (stored,) = [row for row in cli.ask("source", "list")["sources"] if row["source"] == "pusher/cli"]
    assert stored["holds"] == "tokens: 1"


def test_without_a_source_all_are_asked(cli: Cli, rollcall: RollcallClient) -> None:
    for source in ("cli-1", "cli-2"):
        rollcall.post("pubnub", source, pubnub(("joined", "cli-hall", "cli-ann")))
    rollcall.settle()
    expected = {"pubnub/cli-1", "pubnub/cli-2"}
    assert {member["source"] for member in cli.ask("who", "cli-hall")["members"]} == expected
    assert {place["source"] for place in cli.ask("where", "cli-ann")["places"]} == expected
    assert {row["source"] for row in cli.ask("channels", "--prefix", "cli-h")["channels"]} == expected
    assert len(cli.ask("who", "cli-hall", "--limit", "1")["members"]) == 1
    assert "cli-ann" in cli.run("who", "cli-hall").stdout


def test_what_is_typed_is_stored_and_no_secret_of_it_is_shown(stack: Stack, cli: Cli) -> None:
    asked = typed(stack, "source", "add", "pusher/typed", answers=["k-1", "hush-1", "", '{"lease_minutes": 60}'])
    assert "/webhooks/pusher/typed/" in asked
    rotated = typed(stack, "source", "rotate", "pusher/typed", answers=["k-2", "hush-2", ""])
    lengthened = typed(stack, "source", "add", "pusher/typed", answers=['{"lease_minutes": 90}'])
    assert "hush" not in asked + rotated + lengthened
    rows = [row for row in cli.ask("source", "list")["sources"] if row["source"] == "pusher/typed"]
    assert [row["holds"] for row in rows] == ["lease_minutes=90", "tokens: 2"]


def test_the_trimmer_reports_what_it_would_do(cli: Cli) -> None:
    assert cli.ask("trim", "--kind", "events", "--dry-run")["dry_run"] is True


def program(stack: Stack, *arguments: str) -> list[str]:
    port = (stack.aws.endpoint or "").rpartition(":")[2]
    return [sys.executable, "-c", ALONE, port, stack.name, *arguments]


def typed(stack: Stack, *arguments: str, answers: Sequence[str]) -> str:
    """All that a terminal shows while somebody answers each question; an answer too many is never asked for."""
    ours, its = os.openpty()
    shown = b""
    with subprocess.Popen(
        program(stack, *arguments), stdin=its, stdout=its, stderr=its, start_new_session=True
    ) as process:
        os.close(its)
        for answer in answers:
            while not shown.endswith(b": "):
                shown += os.read(ours, 1024)
            os.write(ours, f"{answer}\n".encode())
            shown += b"\n"  # so that the same question is not answered twice
        with suppress(OSError):  # Linux's way to say that nobody is at the other end any more
            while more := os.read(ours, 1024):
                shown += more
    os.close(ours)
    assert process.returncode == 0, shown
    return shown.decode()


@contextmanager
def following(stack: Stack, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    called = program(stack, "tail", *arguments)
    with subprocess.Popen(called, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        lost_patience = Timer(PATIENCE, process.kill)  # then nothing more comes, and the test fails
        lost_patience.start()
        try:
            assert process.stderr
            assert process.stderr.readline() == "Waiting for events; Ctrl-C ends it.\n"
            yield process
        finally:
            lost_patience.cancel()
            process.kill()


def test_an_event_is_seen_as_it_comes_once_and_ctrl_c_ends_it(stack: Stack, rollcall: RollcallClient) -> None:
    at = now()
    with following(stack, "--source", "pubnub/cli-tail", "--output", "json") as process:
        for user in ("ann", "ann", "bob"):  # ann's webhook comes twice
            rollcall.post("pubnub", "cli-tail", pubnub(("joined", "hall#1", user), at=at))
            rollcall.settle()
        assert process.stdout
        seen = [json.loads(process.stdout.readline()) for _ in range(2)]
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=PATIENCE)
    assert [(event["source"], event["channel"], event["kind"], event["user"]) for event in seen] == [
        ("pubnub/cli-tail", "hall#1", "joined", "ann"),
        ("pubnub/cli-tail", "hall#1", "joined", "bob"),
    ]
    assert (rest, process.returncode) == ("", 130)
