"""`template.yaml`, as the tools and the tests read it."""

import re
from functools import cache
from typing import Any

import yaml

from tools.places import TEMPLATE
from tools.trouble import Trouble

_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}


class _Loader(yaml.SafeLoader):
    """Reads YAML with CloudFormation's own tags: a tagged value is what it says, without the tag."""


def _untagged(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> object:
    match node:
        case yaml.SequenceNode():
            return loader.construct_sequence(node, deep=True)
        case yaml.MappingNode():
            return loader.construct_mapping(node, deep=True)
        case _:
            return loader.construct_scalar(node)  # type: ignore[arg-type]  # YAML has no fourth kind of node


_Loader.add_multi_constructor("!", _untagged)


@cache
def template() -> dict[str, Any]:
    read: dict[str, Any] = yaml.load(TEMPLATE.read_text(), _Loader)  # noqa: S506  a safe loader, with more tags
    return read


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """The properties of the resources of one type, by their names."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template()["Resources"].items()
        if resource["Type"] == kind
    }


def table_definition(name: str) -> dict[str, Any]:
    """What DynamoDB's `create_table` takes of a table."""
    taken = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    properties = _properties(name)
    return {key: properties[key] for key in taken if key in properties}


def memory_mb(function: str) -> int:
    size: int = _properties(function)["MemorySize"]
    return size


def environment(function: str) -> dict[str, str]:
    """The function's settings, parameters with their defaults; what CloudFormation alone knows stays a name."""
    variables = {
        **template()["Globals"]["Function"]["Environment"]["Variables"],
        **_properties(function)["Environment"]["Variables"],
    }
    return {name: str(_resolved(value)) for name, value in variables.items()}


def batch_size() -> int:
    """Messages, the most that the consumer is given at once."""
    return int(_resolved(_properties("Consumer")["Events"]["Webhook"]["Properties"]["BatchSize"]))


def schedules() -> dict[str, int]:
    """Seconds from one start of the trimmer to the next, by what it trims."""
    return {
        name: _seconds(_resolved(event["Properties"]["ScheduleExpression"]))
        for name, event in _properties("Trimmer")["Events"].items()
    }


def _properties(resource: str) -> dict[str, Any]:
    properties: dict[str, Any] = template()["Resources"][resource]["Properties"]
    return properties


def _resolved(value: str) -> str:
    default: str = template()["Parameters"].get(value, {}).get("Default", value)
    return default


def _seconds(rate: str) -> int:
    found = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", rate)
    if not found:
        raise Trouble(f"Only schedules by rate are understood here, not {rate}.")
    return int(found[1]) * _SECONDS[found[2]]
