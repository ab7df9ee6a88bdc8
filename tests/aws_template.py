"""`template.yaml`, as tests read it."""

from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parents[1] / "template.yaml"


class _Loader(yaml.SafeLoader):
    """Reads YAML with CloudFormation's own tags: a tagged value is what it says, without the tag."""


def _untagged(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> object:
    match node:
        case yaml.ScalarNode():
            return loader.construct_scalar(node)
        case yaml.SequenceNode():
            return loader.construct_sequence(node, deep=True)
        case yaml.MappingNode():
            return loader.construct_mapping(node, deep=True)
    return None


_Loader.add_multi_constructor("!", _untagged)


def template() -> dict[str, Any]:
    read: dict[str, Any] = yaml.load(FILE.read_text(), _Loader)  # noqa: S506  a safe loader, with more tags
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
    properties = resources("AWS::DynamoDB::Table")[name]
    return {key: properties[key] for key in taken if key in properties}
