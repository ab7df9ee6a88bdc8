"""`rollcall source` on SSM: what is stored, what is refused, and that no secret is ever shown."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result
from moto import mock_aws

from tools.aws import Aws
from tools.cli.__main__ import rollcall
from tools.stack import Stack

OLD, NEW, NEWER = ({"key": "k", "secret": f"hush-{age}"} for age in ("old", "new", "newer"))


class Known(Stack):
    url_secret = "secret"


@dataclass(frozen=True)
class Cli:
    stack: Stack

    def run(self, *arguments: str, given: object = None) -> Result:
        text = given if isinstance(given, str) else json.dumps(given)
        told = CliRunner().invoke(rollcall, arguments, input=text, obj=lambda *_choice: self.stack)
        assert "hush" not in told.output + str(told.exception)
        return told

    def stored(self, name: str) -> Any:
        parameter = self.stack.aws.ssm.get_parameter(Name=f"/rollcall/rollcall/{name}", WithDecryption=True)[
            "Parameter"
        ]
        return json.loads(parameter["Value"])

    def tokens(self) -> Any:
        return self.stored("secrets/pusher/prod")["tokens"]


@pytest.fixture
def cli() -> Iterator[Cli]:
    with mock_aws():
        aws = Aws(boto3.Session("test", "test", region_name="us-east-1"))
        yield Cli(Known("rollcall", aws, {"ApiUrl": "https://api", "ParameterPrefix": "/rollcall/rollcall"}))


def secrets(*tokens: dict[str, str]) -> dict[str, Any]:
    return {"secrets": {"tokens": list(tokens)}}


def test_what_is_read_is_stored_and_the_url_to_paste_is_told(cli: Cli) -> None:
    told = cli.run("source", "add", "pusher/prod", given=secrets(OLD) | {"retention": {"lease_minutes": 60}})
    assert told.exit_code == 0
    assert "https://api/webhooks/pusher/prod/" in told.stdout
    assert cli.tokens() == [OLD]
    assert cli.stored("retention/pusher/prod") == {"lease_minutes": 60}


def test_stored_secrets_are_replaced_only_where_that_is_said(cli: Cli) -> None:
    cli.run("source", "add", "pusher/prod", given=secrets(OLD))
    refused = cli.run("source", "add", "pusher/prod", given=secrets(NEW))
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "--replace" in refused.stderr
    assert cli.tokens() == [OLD]
    assert cli.run("source", "add", "pusher/prod", "--replace", given=secrets(NEW)).exit_code == 0
    assert cli.tokens() == [NEW]


def test_storing_the_same_again_is_no_replacement(cli: Cli) -> None:
    for _ in range(2):
        assert cli.run("source", "add", "pusher/prod", given=secrets(OLD)).exit_code == 0


def test_a_retention_may_be_changed_at_any_time(cli: Cli) -> None:
    cli.run("source", "add", "pusher/prod", given=secrets(OLD))
    for minutes in (60, 90):
        told = cli.run("source", "add", "pusher/prod", given={"retention": {"lease_minutes": minutes}})
        assert told.exit_code == 0
    assert cli.stored("retention/pusher/prod") == {"lease_minutes": 90}
    assert cli.tokens() == [OLD]


@pytest.mark.parametrize(
    "given",
    [
        "",
        "hush",
        "[]",
        "{}",
        '{"secret": "hush"}',
        '{"secrets": {"tokens": "hush"}}',
        '{"retention": {"lease": "hush"}}',
    ],
)
def test_what_makes_no_sense_is_refused_and_not_shown(cli: Cli, given: str) -> None:
    told = cli.run("source", "add", "pusher/prod", given=given)
    assert (told.exit_code, told.stdout) == (2, "")
    assert "Nothing is stored" in told.stderr
    assert cli.run("source", "remove", "pusher/prod", "--yes").exit_code == 1


def test_a_fault_in_one_part_keeps_the_other_from_being_stored(cli: Cli) -> None:
    told = cli.run("source", "add", "pusher/prod", given=secrets(OLD) | {"retention": {"lease_minutes": 0}})
    assert told.exit_code == 2
    assert "retention.lease_minutes" in told.stderr
    assert json.loads(cli.run("source", "list", "--output", "json").stdout) == {"sources": []}


def test_old_and_new_are_accepted_until_the_rotation_is_finished(cli: Cli) -> None:
    cli.run("source", "add", "pusher/prod", given=secrets(OLD))
    assert cli.run("source", "rotate", "pusher/prod", given=secrets(NEW)).exit_code == 0
    assert cli.tokens() == [NEW, OLD]
    assert cli.run("source", "rotate", "pusher/prod", "--finish").exit_code == 0
    assert cli.tokens() == [NEW]


def test_a_second_rotation_before_the_first_was_finished_ends_with_the_newest(cli: Cli) -> None:
    cli.run("source", "add", "pusher/prod", given=secrets(OLD))
    cli.run("source", "rotate", "pusher/prod", given=secrets(NEW))
    cli.run("source", "rotate", "pusher/prod", given=secrets(NEWER))
    assert cli.tokens() == [NEWER, NEW, OLD]
    cli.run("source", "rotate", "pusher/prod", "--finish")
    assert cli.tokens() == [NEWER]


def test_what_was_not_rotated_stays_when_a_rotation_is_finished(cli: Cli) -> None:
    both = {"headers": {"X-Proof": ["hush-1"]}, "subscribe_keys": ["a", "b"]}
    cli.run("source", "add", "pubnub/prod", given={"secrets": both})
    cli.run("source", "rotate", "pubnub/prod", given={"secrets": {"headers": {"X-Proof": ["hush-2"]}}})
    assert cli.stored("secrets/pubnub/prod") == both | {"headers": {"X-Proof": ["hush-2", "hush-1"]}}
    cli.run("source", "rotate", "pubnub/prod", "--finish")
    assert cli.stored("secrets/pubnub/prod") == both | {"headers": {"X-Proof": ["hush-2"]}}


@pytest.mark.parametrize("before", [[], [secrets(OLD)], [secrets(OLD, NEW)]])
def test_without_a_rotation_there_is_nothing_to_finish(cli: Cli, before: list[object]) -> None:
    for given in before:
        cli.run("source", "add", "pusher/prod", given=given)
    told = cli.run("source", "rotate", "pusher/prod", "--finish")
    assert (told.exit_code, told.stdout) == (1, "")
    assert "No rotation" in told.stderr


def test_values_that_were_stored_side_by_side_survive_a_finish_that_nobody_began(cli: Cli) -> None:
    cli.run("source", "add", "pusher/prod", given=secrets(OLD))
    cli.run("source", "add", "pusher/prod", "--replace", given=secrets(OLD, NEW))
    assert cli.run("source", "rotate", "pusher/prod", "--finish").exit_code == 1
    assert cli.tokens() == [OLD, NEW]


@pytest.mark.parametrize("given", [secrets(), secrets(OLD), {"retention": {}}, {"secrets": {}}, {"secrets": []}])
def test_what_is_no_rotation_stores_nothing(cli: Cli, given: object) -> None:
    cli.run("source", "add", "pusher/prod", given=secrets(OLD))
    assert cli.run("source", "rotate", "pusher/prod", given=given).exit_code == 2
    assert cli.tokens() == [OLD]


def test_a_source_without_secrets_has_none_to_rotate(cli: Cli) -> None:
    told = cli.run("source", "rotate", "pusher/prod", given=secrets(NEW))
    assert told.exit_code == 1
    assert "rollcall source add pusher/prod" in told.stderr


def test_the_list_tells_what_there_is_and_no_secret(cli: Cli) -> None:
    cli.run("source", "add", "pusher/prod", given=secrets(OLD, NEW) | {"retention": {"lease_minutes": 60}})
    rows = json.loads(cli.run("source", "list", "--output", "json").stdout)["sources"]
    assert [(row["source"], row["kind"], row["holds"]) for row in rows] == [
        ("pusher/prod", "retention", "lease_minutes=60"),
        ("pusher/prod", "secrets", "tokens: 2"),
    ]
    assert "tokens: 2" in cli.run("source", "list").stdout


def test_what_is_removed_is_gone_and_said(cli: Cli) -> None:
    cli.run("source", "add", "pusher/prod", given=secrets(OLD) | {"retention": {"lease_minutes": 60}})
    cli.run("source", "add", "pusher/test", given=secrets(NEW))
    told = cli.run("source", "remove", "pusher/prod", "--yes", "--output", "json")
    assert json.loads(told.stdout) == {"source": "pusher/prod", "removed": ["secrets", "retention"]}
    rows = json.loads(cli.run("source", "list", "--output", "json").stdout)["sources"]
    assert [row["source"] for row in rows] == ["pusher/test"]
    assert cli.run("source", "remove", "pusher/prod", "--yes").exit_code == 1
