"""The routes of a template's HTTP APIs, made by hand where the deployment leaves them out.

SAM writes routes into the OpenAPI body of an API; AWS makes them of it, and the embedded AWS does not.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.aws import Aws
from tools.trouble import Trouble

# By this text we know what we made: routes that anybody else made are never touched.
OURS = "from the template"
_FUNCTION = re.compile(r"functions/\$\{(\w+)(\.Arn)?\}/invocations$")  # of an alias the reference itself is the ARN


@dataclass(frozen=True, order=True)
class Route:
    """One route and the function, or alias of one, that answers it, by its name in the template."""

    key: str
    function: str


def in_template(template: Mapping[str, Any]) -> dict[str, set[Route]]:
    """The routes of each API in a processed template, by the API's name in the template."""
    return {
        name: _of_body(resource["Properties"].get("Body", {}))
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::ApiGatewayV2::Api"
    }


def complete(template: Mapping[str, Any], names: Mapping[str, str], aws: Aws) -> None:
    """Gives every API exactly the template's routes, besides those that others made."""
    for api, wanted in in_template(template).items():
        _complete_api(names[api], wanted, names, aws)


def _of_body(body: Mapping[str, Any]) -> set[Route]:
    return {
        Route(_key(method, path), _function(operation))
        for path, operations in body.get("paths", {}).items()
        for method, operation in operations.items()
        if "x-amazon-apigateway-integration" in operation  # an OPTIONS of CORS has none
    }


def _key(method: str, path: str) -> str:
    if path == "/$default":
        return "$default"
    return f"{'ANY' if method == 'x-amazon-apigateway-any-method' else method.upper()} {path}"


def _function(operation: Mapping[str, Any]) -> str:
    uri = operation["x-amazon-apigateway-integration"]["uri"]
    match = _FUNCTION.search(uri["Fn::Sub"])
    if match is None:
        raise Trouble(f"tools/routes.py cannot tell which function {uri} is.")
    return match[1]


def _complete_api(api: str, wanted: set[Route], names: Mapping[str, str], aws: Aws) -> None:
    integrations = _our_integrations(api, aws)  # by function
    for function in sorted({route.function for route in wanted}):
        arn = _arn(names[function], aws)
        if arn not in integrations:
            integrations[arn] = _create_integration(api, arn, aws)
        keys = {route.key for route in wanted if route.function == function}
        _point(api, keys, f"integrations/{integrations[arn]}", aws)
    _remove_stale(api, {route.key for route in wanted}, set(integrations.values()), aws)


def _arn(name: str, aws: Aws) -> str:
    if name.startswith("arn:"):  # an alias, which is known by nothing else
        return name
    return aws.functions.get_function(FunctionName=name)["Configuration"]["FunctionArn"]


def _our_integrations(api: str, aws: Aws) -> dict[str, str]:
    pages = aws.apis.get_paginator("get_integrations").paginate(ApiId=api)
    found = [integration for page in pages for integration in page["Items"]]
    return {one["IntegrationUri"]: one["IntegrationId"] for one in found if one.get("Description") == OURS}


def _create_integration(api: str, function_arn: str, aws: Aws) -> str:
    made = aws.apis.create_integration(
        ApiId=api,
        Description=OURS,
        IntegrationType="AWS_PROXY",
        IntegrationUri=function_arn,
        PayloadFormatVersion="2.0",
    )
    return made["IntegrationId"]


def _existing(api: str, aws: Aws) -> dict[str, tuple[str, str]]:
    """The id and the target of each route, by its key."""
    pages = aws.apis.get_paginator("get_routes").paginate(ApiId=api)
    found = [route for page in pages for route in page["Items"]]
    return {route["RouteKey"]: (route["RouteId"], route.get("Target", "")) for route in found}


def _point(api: str, keys: set[str], target: str, aws: Aws) -> None:
    existing = _existing(api, aws)
    for key in sorted(keys):
        if key not in existing:
            aws.apis.create_route(ApiId=api, RouteKey=key, Target=target)
        elif existing[key][1] != target:
            aws.apis.update_route(ApiId=api, RouteId=existing[key][0], Target=target)


def _remove_stale(api: str, wanted: set[str], our_integrations: set[str], aws: Aws) -> None:
    ours = {f"integrations/{integration}" for integration in our_integrations}
    for key, (route, target) in _existing(api, aws).items():
        if target in ours and key not in wanted:
            aws.apis.delete_route(ApiId=api, RouteId=route)
