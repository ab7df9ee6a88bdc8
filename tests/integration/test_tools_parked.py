import io
import json
from collections.abc import Iterator

import boto3
import pytest
from click.testing import CliRunner, Result
from moto import mock_aws

from rollcall.envelope import Envelope, seal
from tools import parked
from tools import redrive as redriving
from tools.aws import Aws
from tools.cli.__main__ import rollcall
from tools.parked import FAILED, UNREADABLE, Choice, Why, counts
from tools.redrive import redrive
from tools.stack import Stack

BODY = json.dumps({"provider": "pusher", "source": "prod", "body": "anything"})


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    monkeypatch.setattr(parked, "EMPTY_ANSWERS", 1)  # moto tells all it has at once
    monkeypatch.setattr(parked, "WAIT_SECONDS", 0)
    with mock_aws():
        aws = Aws(boto3.Session("test", "test", region_name="us-east-1"))
        queues = {name: aws.sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("Webhooks", "Parked")}
        yield Stack("rollcall", aws, {f"{name}QueueUrl": url for name, url in queues.items()})


def _park(stack: Stack, reason: str | None, body: str = BODY) -> None:
    attributes = {"reason": {"DataType": "String", "StringValue": reason}} if reason else {}
    stack.aws.sqs.send_message(QueueUrl=stack.parked_queue, MessageBody=body, MessageAttributes=attributes)  # type: ignore[arg-type]


def _waiting(stack: Stack) -> list[str]:
    answer = stack.aws.sqs.receive_message(QueueUrl=stack.webhooks_queue, MaxNumberOfMessages=10)
    return [message["Body"] for message in answer.get("Messages", [])]


def test_looking_takes_nothing_away(stack: Stack) -> None:
    _park(stack, "unverified")
    _park(stack, None)
    expected = {(Why("unverified", ""), "pusher/prod"): 1, (Why(FAILED, ""), "pusher/prod"): 1}
    assert counts(stack) == expected
    assert counts(stack) == expected


def test_a_redrive_sends_what_was_parked_as_it_was(stack: Stack) -> None:
    _park(stack, "unverified")
    assert redrive(stack) == {(Why("unverified", ""), "pusher/prod"): 1}
    assert _waiting(stack) == [BODY]
    assert not counts(stack)


def test_a_redrive_for_one_reason_leaves_the_others(stack: Stack) -> None:
    _park(stack, "unverified")
    _park(stack, "missing_secret")
    assert redrive(stack, Choice("missing_secret")) == {(Why("missing_secret", ""), "pusher/prod"): 1}
    assert counts(stack) == {(Why("unverified", ""), "pusher/prod"): 1}


@pytest.mark.parametrize("body", ["[]", "nonsense", '{"provider": "a b", "source": "ä"}', "[" * 100_000])
def test_what_cannot_be_read_can_be_redriven(stack: Stack, body: str) -> None:
    _park(stack, "unreadable_envelope", body)
    assert counts(stack) == {(Why("unreadable_envelope", ""), UNREADABLE): 1}
    assert redrive(stack).total() == 1
    assert _waiting(stack) == [body]


# ---- The commands -----------------------------------------------------------------------------------------


def _run(stack: Stack, *arguments: str, terminal: str | None = None) -> Result:
    given = None if terminal is None else Terminal(terminal.encode())
    return CliRunner().invoke(rollcall, ["parked", *arguments], input=given, obj=lambda *_choice: stack)


class Terminal(io.BytesIO):
    """Somebody who has typed this."""

    def isatty(self) -> bool:
        return True


def _webhook(body: bytes = b'{"events": []}', source: str = "prod") -> str:
    return seal(
        Envelope(
            provider="pusher",
            source=source,
            received_at=1_754_042_400_000,
            request_id="request-1",
            headers={"content-type": "application/json", "x-pusher-signature": "hush"},
            body=body,
        )
    )


def test_the_list_counts_by_reason_and_source(stack: Stack) -> None:
    for source, times in (("prod", 2), ("test", 1)):
        for _ in range(times):
            _park(stack, "unverified", _webhook(source=source))
    assert json.loads(_run(stack, "list", "--output", "json").stdout) == {
        "parked": [
            {"webhooks": 2, "reason": "unverified", "source": "pusher/prod", "sentence": ""},
            {"webhooks": 1, "reason": "unverified", "source": "pusher/test", "sentence": ""},
        ]
    }


def test_a_parked_webhook_is_shown_in_full_but_for_what_its_headers_hold(stack: Stack) -> None:
    _park(stack, "unverified", _webhook(b'{"a": "\xc3\xa9\xff\x1b[2J"}'))
    (shown,) = json.loads(_run(stack, "show", "--output", "json").stdout)["parked"]
    assert shown.pop("message_id")
    assert shown.pop("parked_at")
    assert shown == {
        "source": "pusher/prod",
        "reason": "unverified",
        "sentence": "",
        "received_at": "2025-08-01T10:00:00.000Z",
        "request_id": "request-1",
        "content_type": "application/json",
        "headers": ["content-type", "x-pusher-signature"],
        "body": '{"a": "é\\xff\x1b[2J"}',
    }
    block = _run(stack, "show").stdout
    assert "hush" not in block
    assert '    {"a": "é\\xff\\x1b[2J"}\n' in block


def test_when_sqs_itself_parked_a_webhook_nobody_knows(stack: Stack) -> None:
    _park(stack, None, _webhook())
    (shown,) = json.loads(_run(stack, "show", "--output", "json").stdout)["parked"]
    assert (shown["reason"], shown["parked_at"]) == (FAILED, None)


def test_showing_takes_nothing_away_and_ends_at_its_limit(stack: Stack) -> None:
    for _ in range(15):
        _park(stack, "unverified", _webhook())
    _park(stack, "unreadable_envelope", "no envelope")
    assert len(json.loads(_run(stack, "show", "--limit", "3", "--output", "json").stdout)["parked"]) == 3
    (other,) = json.loads(_run(stack, "show", "--reason", "unreadable_envelope", "--output", "json").stdout)["parked"]
    assert (other["source"], other["body"], other["headers"]) == (UNREADABLE, "no envelope", [])
    assert counts(stack).total() == 16


def test_a_long_body_fills_no_screen(stack: Stack) -> None:
    _park(stack, "unreadable_body", _webhook(b"x" * 100_000))
    assert len(_run(stack, "show").stdout) < 3000
    assert len(_run(stack, "show", "--output", "json").stdout) > 100_000


def test_a_redrive_takes_what_is_meant_and_says_what_it_sent(stack: Stack) -> None:
    _park(stack, "unverified", _webhook())
    _park(stack, "unverified", _webhook(source="test"))
    _park(stack, "missing_secret", _webhook())
    told = _run(stack, "redrive", "--reason", "unverified", "--source", "pusher/prod", "--yes", "--output", "json")
    assert json.loads(told.stdout) == {
        "dry_run": False,
        "parked": [{"webhooks": 1, "reason": "unverified", "source": "pusher/prod", "sentence": ""}],
    }
    assert _waiting(stack) == [_webhook()]
    assert counts(stack).total() == 2


@pytest.mark.parametrize("command", [["redrive"], ["discard", "--all"]])
def test_a_dry_run_changes_nothing(stack: Stack, command: list[str]) -> None:
    _park(stack, "unverified", _webhook())
    told = _run(stack, *command, "--dry-run", "--output", "json")
    assert json.loads(told.stdout)["dry_run"]
    assert json.loads(told.stdout)["parked"][0]["webhooks"] == 1
    assert (counts(stack).total(), _waiting(stack)) == (1, [])


@pytest.mark.parametrize("command", [["redrive"], ["discard", "--all"]])
def test_somebody_at_a_terminal_sees_what_is_meant_and_may_say_no(stack: Stack, command: list[str]) -> None:
    _park(stack, "unverified", _webhook())
    told = _run(stack, *command, terminal="n\n")
    assert (told.exit_code, told.stdout) == (1, "")
    assert "pusher/prod" in told.stderr
    assert "\nrollcall in us-east-1: " in told.stderr  # a variable of the shell may name another stack than one thinks
    assert (counts(stack).total(), _waiting(stack)) == (1, [])
    assert _run(stack, *command, terminal="y\n").exit_code == 0
    assert counts(stack).total() == 0


def test_who_takes_some_of_more_than_are_looked_at_is_told_so(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parked, "MOST", 10)
    for _ in range(11):
        _park(stack, "unverified", _webhook())
    told = _run(stack, "redrive", "--reason", "missing_secret", "--yes")
    assert "There are more" in told.stderr
    _run(stack, "discard", "--all", "--yes")
    assert "There are more" not in _run(stack, "redrive", "--yes").stderr


def test_what_is_parked_after_somebody_has_looked_is_not_taken(stack: Stack) -> None:
    _park(stack, "unverified", _webhook())

    class Slow(Terminal):
        def read1(self, size: int | None = -1) -> bytes:
            _park(stack, "unverified", _webhook(source="later"))
            return super().read1(size)

    runner = CliRunner()
    told = runner.invoke(rollcall, ["parked", "discard", "--all"], input=Slow(b"y\n"), obj=lambda *_choice: stack)
    assert told.exit_code == 0
    assert {origin for _, origin in counts(stack)} == {"pusher/later"}


def test_what_is_discarded_is_gone_for_good(stack: Stack) -> None:
    _park(stack, "unverified", _webhook())
    _park(stack, "missing_secret", _webhook())
    assert _run(stack, "discard", "--reason", "unverified", "--yes").exit_code == 0
    assert counts(stack) == {(Why("missing_secret", ""), "pusher/prod"): 1}
    assert _waiting(stack) == []


def test_a_redrive_that_fails_half_way_hides_nothing(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        _park(stack, "unverified", _webhook())

    def fails(_count: int) -> None:
        raise RuntimeError

    monkeypatch.setattr(redriving, "HEARD_EVERY", 2)
    with pytest.raises(RuntimeError):
        redrive(stack, heard=fails)
    assert (counts(stack).total(), len(_waiting(stack))) == (3, 2)
