"""The read API's frame: who may ask, how questions that are wrong are answered, and what it says of itself."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall import answers
from rollcall.api_description import describe
from rollcall.errors import InvalidRetention, RollcallError, Unauthorized, Unavailable
from rollcall.operation_routes import operation_routes
from rollcall.presence_routes import presence_routes
from rollcall.read_api import ReadKeys, api, require_key
from rollcall.stack_secret import StackSecret
from tests.apps import imported
from tests.fakes import Secrets
from tools.own_rollcall import OwnRollcall, tables_in_memory

NOW = 1_800_000_000_000  # Unix milliseconds


class Told(NamedTuple):
    status: int
    headers: dict[str, str]
    content: Any


class Failing:
    """A reading that always fails."""

    def __init__(self, error: RollcallError) -> None:
        self.error = error

    def __getattr__(self, _name: str) -> Callable[..., Any]:
        def fail(*_: object, **__: object) -> None:
            raise self.error

        return fail


def request(path: str, parameters: str) -> dict[str, Any]:
    return {
        "version": "2.0",
        "routeKey": f"GET {path}",
        "rawPath": path,
        "rawQueryString": parameters,
        "headers": {},
        "requestContext": {"http": {"method": "GET", "path": path}, "requestId": "1", "stage": "$default"},
        "queryStringParameters": dict(parse_qsl(parameters, keep_blank_values=True)),
        "isBase64Encoded": False,
    }


def ask(reading: Any, path: str, **parameters: str | int) -> Told:
    app = api(presence_routes(reading), operation_routes(cast("Any", None)))
    answer = app.resolve(request(path, urlencode(parameters)), cast("Any", None))
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    return Told(answer["statusCode"], headers, json.loads(answer["body"]))


@pytest.fixture
def reading() -> Any:
    return OwnRollcall(tables_in_memory().as_boto3, lambda: NOW).reading()


def keys(*known: str) -> ReadKeys:
    def read_keys(*, doubted: bool = False) -> tuple[str, ...]:  # noqa: ARG001  they do not change
        return known

    return read_keys


# ---- Who may ask ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer key"},
        {"Authorization": "Bearer key"},
        {"authorization": "bearer key"},
        {"authorization": "BEARER   key"},
        {"authorization": " Bearer key "},
    ],
)
def test_who_has_the_key_may_ask(headers: dict[str, str]) -> None:
    require_key({"routeKey": "GET /intake", "headers": headers}, keys("key"))


@pytest.mark.parametrize(
    "presented",
    [None, "", "Bearer", "Bearer ", "Bearer keys", "Bearer KEY", "Basic key", "Bearerkey", "key", "Bearer \ud800"],
)
@pytest.mark.parametrize("route", ["GET /intake", "GET /setup/{provider}/{source}", "GET /openapi.json/x", "$default"])
def test_nobody_else_may(presented: str | None, route: str) -> None:
    headers = {} if presented is None else {"authorization": presented}
    with pytest.raises(Unauthorized):
        require_key({"routeKey": route, "headers": headers}, keys("key"))


def test_anybody_may_ask_what_can_be_asked() -> None:
    require_key({"routeKey": "GET /openapi.json", "headers": {}}, keys("key"))


@pytest.mark.parametrize("presented", ["new", "old"])
def test_during_a_rotation_both_keys_are_taken(presented: str) -> None:
    require_key({"routeKey": "GET /intake", "headers": {"authorization": f"Bearer {presented}"}}, keys("new", "old"))


def test_a_key_that_is_new_since_the_last_look_is_taken_at_once() -> None:
    def read_keys(*, doubted: bool = False) -> tuple[str, ...]:
        return ("new", "old") if doubted else ("old",)

    require_key({"routeKey": "GET /intake", "headers": {"authorization": "Bearer new"}}, read_keys)


# ---- What is answered ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/presence/pubnub/main/members", {}),
        ("/presence/pubnub/main/members", {"channel": ""}),
        ("/presence/pubnub/main/members", {"channel": "c" * 2000}),
        ("/presence/pubnub/main/members", {"channel": "room", "limit": "0"}),
        ("/presence/pubnub/main/members", {"channel": "room", "limit": "9" * 5000}),
        ("/presence/pubnub/main/members", {"channel": "room", "next": "nonsense"}),
        ("/presence/pubnub/main/occupancy", {"channel": "room", "minutes": "0"}),
        ("/presence/pubnub/main/occupancy", {"channel": "room", "minutes": "1441"}),
        ("/presence/pubnub/main/occupancy", {"channel": "room", "minutes": "1.5"}),
        ("/presence/pubnub/main/events", {"channel": "room", "order": "latest"}),
        ("/presence/pubnub/main/events", {"channel": "room", "from": "yesterday"}),
        ("/presence/pubnub/main/events", {"channel": "room", "from": "2000", "until": "1000"}),
        ("/setup/pubnub/Main", {}),
        ("/setup/pubnub/-main", {}),
        ("/setup/pubnub/" + "m" * 64, {}),
    ],
)
def test_a_wrong_parameter_is_a_bad_request_that_says_which(
    reading: Any, path: str, parameters: dict[str, str]
) -> None:
    told = ask(reading, path, **parameters)
    assert told.status == 400
    assert told.content["error"].endswith(".")


@pytest.mark.parametrize("path", ["/presence/nobody/main/occupancy", "/nothing", "/presence/pubnub/main/nothing"])
def test_what_there_is_not_is_not_found(reading: Any, path: str) -> None:
    assert ask(reading, path, channel="room").status == 404


@pytest.mark.parametrize(("error", "status"), [(Unavailable("Throttled."), 503), (InvalidRetention("Wrong."), 500)])
def test_what_fails_behind_it_is_told_in_a_sentence(error: RollcallError, status: int) -> None:
    told = ask(Failing(error), "/presence/pubnub/main/occupancy", channel="room")
    assert (told.status, told.content) == (status, {"error": str(error)})


@pytest.mark.parametrize(
    ("path", "status"), [("/presence/pubnub/main/channels", 200), ("/setup/pubnub/Main", 400), ("/nothing", 404)]
)
def test_no_answer_is_kept_nor_taken_for_something_else(reading: Any, path: str, status: int) -> None:
    told = ask(reading, path)
    assert told.status == status
    assert told.headers["cache-control"] == "no-store"
    assert told.headers["x-content-type-options"] == "nosniff"
    assert told.headers["content-type"] == "application/json"


def test_answers_of_ingest_are_not_kept_either() -> None:
    for answer in (answers.of_json(200, {}), answers.of_text(200, ""), answers.of_error(Unavailable("Throttled."))):
        assert answer["headers"].items() >= answers.HEADERS.items()


_QUESTIONS = st.sampled_from(("members", "channels", "whereabouts", "events", "occupancy"))
_PARAMETERS = st.dictionaries(
    st.sampled_from(("channel", "user", "prefix", "limit", "next", "from", "until", "order", "minutes")),
    st.text(st.characters(exclude_categories=())) | st.integers().map(str),  # halves of characters, too
)


@given(_QUESTIONS, st.text(st.characters(exclude_characters="/"), min_size=1), _PARAMETERS)
def test_no_question_makes_it_fail(about: str, source: str, parameters: dict[str, str]) -> None:
    app = api(presence_routes(OwnRollcall(tables_in_memory().as_boto3, lambda: NOW).reading()))
    asked = request(f"/presence/pubnub/{source}/{about}", urlencode(parameters, errors="surrogatepass"))
    asked["queryStringParameters"] = parameters
    assert app.resolve(asked, cast("Any", None))["statusCode"] in (200, 400, 404)


# ---- What it says of itself ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    nothing = cast("Any", None)  # to be described no question is answered
    described: dict[str, Any] = json.loads(describe(api(presence_routes(nothing), operation_routes(nothing))))
    return described


def operations(description: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in description["paths"].values():
        assert list(methods) == ["get"]
        yield methods["get"]


def test_every_endpoint_of_the_read_api_is_described(description: dict[str, Any]) -> None:
    assert set(description["paths"]) == {
        *(
            f"/presence/{{provider}}/{{source}}/{about}"
            for about in ("members", "channels", "whereabouts", "events", "occupancy")
        ),
        "/intake",
        "/setup",
        "/setup/{provider}/{source}",
    }


def test_everything_that_is_described_is_described_in_words(description: dict[str, Any]) -> None:
    for operation in operations(description):
        assert operation["summary"]
        assert operation["description"].endswith(".")
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], parameter
        for response in operation["responses"].values():
            assert response["description"].endswith("."), response
    for name, schema in description["components"]["schemas"].items():
        assert name == "JsonValue" or schema["description"], name  # which is anything


def test_every_answer_has_a_shape_and_every_error_the_same(description: dict[str, Any]) -> None:
    for operation in operations(description):
        assert {"200", "401", "503"} <= set(operation["responses"]) <= {"200", "400", "401", "404", "500", "503"}
        for status, response in operation["responses"].items():
            shape = response["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            assert (shape == "Error") == (status != "200")
            assert shape in description["components"]["schemas"]


def test_whatever_is_referred_to_is_there(description: dict[str, Any]) -> None:
    referred = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(description)))
    assert referred == set(description["components"]["schemas"])


def test_the_key_is_described(description: dict[str, Any]) -> None:
    assert description["security"] == [{"key": []}]
    assert description["components"]["securitySchemes"]["key"]["scheme"] == "bearer"


def test_an_address_of_the_description_is_relative_to_its_own(description: dict[str, Any]) -> None:
    assert description["servers"] == [{"url": "."}]


def test_the_version_is_the_projects(description: dict[str, Any]) -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert description["info"]["version"] == project["version"]


def test_whoever_asks_gets_the_description() -> None:
    told = ask(None, "/openapi.json")
    assert (told.status, told.content["info"]["title"]) == (200, "Rollcall")
    assert told.headers["content-type"] == "application/json"


def test_the_query_function_answers_nobody_without_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    query = imported("Query", monkeypatch)

    class Unasked:
        def resolve(self, *_: object) -> None:
            raise AssertionError("The question was looked at.")

    monkeypatch.setattr(query, "_app", Unasked())
    monkeypatch.setattr(query, "_read_key", StackSecret(cast("Any", Secrets("key")), "arn"))
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "key"}):
        answer = query.handler({**request("/intake", ""), "headers": headers}, None)
        assert (answer["statusCode"], answer["headers"]["www-authenticate"]) == (401, "Bearer")
