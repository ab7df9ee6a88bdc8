from typing import Any

import pytest

from tools.routes import Route, in_template
from tools.trouble import Trouble


def _template(paths: dict[str, Any]) -> dict[str, Any]:
    return {"Resources": {"Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Body": {"paths": paths}}}}}


def _operation(uri: str) -> dict[str, Any]:
    return {"x-amazon-apigateway-integration": {"uri": {"Fn::Sub": uri}}}


def _to(function: str) -> dict[str, Any]:
    return _operation(f"arn:${{AWS::Partition}}:apigateway:path/2015-03-31/functions/${{{function}.Arn}}/invocations")


def test_every_method_of_every_path_is_a_route() -> None:
    template = _template({"/a/{b}": {"get": _to("Query"), "post": _to("Ingest")}, "/c": {"get": _to("Query")}})
    expected = {Route("GET /a/{b}", "Query"), Route("POST /a/{b}", "Ingest"), Route("GET /c", "Query")}
    assert in_template(template) == {"Api": expected}


def test_any_method_and_the_default_route_have_names_of_their_own() -> None:
    anything = "x-amazon-apigateway-any-method"
    template = _template({"/a": {anything: _to("Query")}, "/$default": {anything: _to("Query")}})
    assert in_template(template) == {"Api": {Route("ANY /a", "Query"), Route("$default", "Query")}}


def test_an_alias_answers_a_route_as_a_function_does() -> None:
    alias = _operation("arn:${AWS::Partition}:apigateway:path/2015-03-31/functions/${QueryAliaslive}/invocations")
    assert in_template(_template({"/a": {"get": alias}})) == {"Api": {Route("GET /a", "QueryAliaslive")}}


def test_what_no_function_answers_is_no_route() -> None:
    assert in_template(_template({"/a": {"options": {"responses": {}}}})) == {"Api": set()}


def test_only_http_apis_have_routes() -> None:
    assert in_template({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}) == {}


def test_a_function_that_cannot_be_told_is_no_silent_gap() -> None:
    with pytest.raises(Trouble, match="cannot tell which function"):
        in_template(_template({"/a": {"get": _operation("arn:aws:lambda:somewhere")}}))
