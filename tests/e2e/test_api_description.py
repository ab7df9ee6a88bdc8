"""The read API answers what its description says, whatever it is asked: questions are generated from the description.

Schemathesis asks, with values that keep to the description and with such as break it, and checks each answer: its
status and its shape are described, no fault shows as a 5xx, what is wrong is refused, and nothing is told without key.
"""

import json
from collections import Counter
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, settings
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

from rollcall.api_description import describe
from rollcall.operation_routes import operation_routes
from rollcall.presence_routes import presence_routes
from rollcall.read_api import api
from tests.e2e.rollcall_client import RollcallClient, now, pubnub
from tools import web
from tools.stack import Stack

SOURCE = "described"
CHANNEL = "room, é%2F#1"
USER = "ann & bob"
KNOWN = {"provider": "pubnub", "source": SOURCE, "channel": CHANNEL, "user": USER}

PER_ENDPOINT = 40  # cases by chance, beside those that follow from the description; half a minute for all
LEAST = 500  # cases in all
# Cursors are words that only answers give, a time has two forms, and a name ends where a key does: no schema says so.
BEYOND_A_SCHEMA = {"next", "from", "until"}
LONG = 250  # characters, which are bytes of a key by the thousand

NOTHING = cast("Any", None)  # to be described no question is answered
DESCRIPTION: dict[str, Any] = json.loads(describe(api(presence_routes(NOTHING), operation_routes(NOTHING))))

# Unknown parameters are ignored, so there is nothing to be checked about them.
config = schemathesis.Config.from_dict({"generation": {"allow-extra-parameters": False}})
questions = schemathesis.openapi.from_dict(DESCRIPTION, config=config)

asked: Counter[str] = Counter()
answered: Counter[int] = Counter()


@pytest.fixture(scope="module")
def telling(stack: Stack) -> Stack:
    """A stack that has something to tell."""
    rollcall = RollcallClient(stack)
    for number in range(5):
        at = now() - 60_000 * number
        body = pubnub(("joined", CHANNEL, USER), ("joined", CHANNEL, f"user {number}"), at=at)
        assert rollcall.post("pubnub", SOURCE, body).status == 200
    assert rollcall.post("pubnub", SOURCE, b"nonsense").status == 200
    rollcall.settle()
    return stack


def test_the_description_is_told_to_anybody_and_is_that_of_the_code(stack: Stack) -> None:
    answer = web.get(f"{stack.url}/openapi.json")
    assert (answer.status, answer.json()) == (200, DESCRIPTION)


@questions.parametrize()
@settings(max_examples=PER_ENDPOINT, suppress_health_check=list(HealthCheck))
def test_every_endpoint_answers_as_described(case: "Case[Any]", telling: Stack) -> None:
    # The embedded AWS has a 404 of its own for a path with an escaped slash, as for any that it does not know.
    assume("/" not in "".join(map(str, case.path_parameters.values())))
    query = case.query
    assume(query.keys() <= _parameters(case))
    if _keeps_to_the_description(case) and len(str(query)) % 2:
        _ask_about_what_is_known(case)
    excluded = [unsupported_method]  # API Gateway answers 404, and not 405, to what it has no route for
    if query.keys() & BEYOND_A_SCHEMA or len("".join(map(str, query.values()))) > LONG:
        excluded.append(positive_data_acceptance)
    key = {"Authorization": f"Bearer {telling.read_key}"}
    answer = case.call_and_validate(base_url=telling.url, headers=key, excluded_checks=excluded)
    asked[case.operation.path] += 1
    answered[answer.status_code] += 1


def test_enough_was_asked(capsys: pytest.CaptureFixture[str]) -> None:
    """Of what was asked before."""
    with capsys.disabled():
        print(f"\n{asked.total()} cases of {len(asked)} endpoints, answered {dict(answered)}")  # noqa: T201  a finding, to be read
    assert asked.keys() == DESCRIPTION["paths"].keys()
    assert asked.total() >= LEAST
    assert {200, 400, 404} <= answered.keys()


def _keeps_to_the_description(case: "Case[Any]") -> bool:
    return case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE


def _ask_about_what_is_known(case: "Case[Any]") -> None:
    for parameters in (case.path_parameters, case.query):
        parameters.update({name: value for name, value in KNOWN.items() if name in parameters})


def _parameters(case: "Case[Any]") -> set[str]:
    described = DESCRIPTION["paths"][case.operation.path]["get"].get("parameters", ())
    return {parameter["name"] for parameter in described if parameter["in"] == "query"}
