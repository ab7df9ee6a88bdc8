"""A source's secrets and retention, as they lie in SSM: JSON, each under a name of its own."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from rollcall import provider
from rollcall.keys import SourceKey
from rollcall.retention import Override
from tools.stack import Stack
from tools.trouble import BadInput, Trouble

KINDS = ("secrets", "retention")
LARGEST_VALUE = 4096  # characters; what a standard parameter holds free of charge


@dataclass(frozen=True)
class Stored:
    """One parameter of one source; `kind` is `secrets` or `retention`."""

    kind: str
    provider: str
    source: str
    value: str
    changed: str

    @property
    def key(self) -> SourceKey:
        return SourceKey(self.provider, self.source)


def checked(kind: str, provider_name: str, value: object) -> BaseModel:
    """The value as its model, or one sentence that says what is wrong with it and does not show it."""
    model = provider.load(provider_name).Secrets if kind == "secrets" else Override
    try:
        # Through JSON, as the functions read it: lists are tuples only from there.
        return model.model_validate_json(json.dumps(value))
    except ValidationError as error:
        faults = [
            f"{'.'.join([kind, *map(str, one['loc'])])}: {one['msg']}" for one in error.errors(include_input=False)
        ]
        raise BadInput(f"Nothing is stored: {'; '.join(faults)}.") from None  # its cause holds the secret


def store(stack: Stack, kind: str, provider_name: str, source: str, value: BaseModel) -> None:
    """Puts it where the functions look for it, in place of what was there."""
    text = value.model_dump_json(exclude_unset=True)
    if len(text) > LARGEST_VALUE:
        raise BadInput(f"Nothing is stored: the {kind} are longer than the {LARGEST_VALUE} characters that SSM keeps.")
    stack.aws.ssm.put_parameter(
        Name=_name(stack, kind, SourceKey(provider_name, source)),
        Value=text,
        Type="SecureString" if kind == "secrets" else "String",
        Overwrite=True,
    )


def stored(stack: Stack, kind: str, key: SourceKey) -> Any:
    """What is stored there, or `None`."""
    try:
        parameter = stack.aws.ssm.get_parameter(Name=_name(stack, kind, key), WithDecryption=True)["Parameter"]
    except stack.aws.ssm.exceptions.ParameterNotFound:
        return None
    return _read(parameter["Value"], kind)


def versions(stack: Stack, kind: str, key: SourceKey) -> list[Any]:
    """What has been stored there since it was last deleted, as far as SSM still knows it, the latest last."""
    history = stack.aws.ssm.get_paginator("get_parameter_history")
    try:
        pages = list(history.paginate(Name=_name(stack, kind, key), WithDecryption=True))
    except stack.aws.ssm.exceptions.ParameterNotFound:
        return []
    parameters = [parameter for page in pages for parameter in page["Parameters"]]
    return [_read(parameter["Value"], kind) for parameter in sorted(parameters, key=lambda one: one["Version"])]


def delete(stack: Stack, key: SourceKey) -> list[str]:
    """Deletes all that is stored for the source; says which kinds there were."""
    names = {_name(stack, kind, key): kind for kind in KINDS}
    deleted = stack.aws.ssm.delete_parameters(Names=list(names))["DeletedParameters"]
    return [kind for name, kind in names.items() if name in deleted]


def all_stored(stack: Stack) -> Iterator[Stored]:
    """Everything that is stored for any source of the stack."""
    pages = stack.aws.ssm.get_paginator("get_parameters_by_path").paginate(
        Path=stack.parameter_prefix, Recursive=True, WithDecryption=True
    )
    for parameter in (parameter for page in pages for parameter in page["Parameters"]):
        names = parameter["Name"].removeprefix(f"{stack.parameter_prefix}/").split("/")
        if len(names) != 3:  # somebody else's
            continue
        kind, provider_name, source = names
        changed = parameter["LastModifiedDate"].astimezone().isoformat(" ", "minutes")
        yield Stored(kind, provider_name, source, parameter["Value"], changed)


def _name(stack: Stack, kind: str, key: SourceKey) -> str:
    return f"{stack.parameter_prefix}/{kind}/{key.provider}/{key.source}"


def _read(text: str, kind: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise Trouble(f"The stored {kind} are not JSON: replace them.") from None  # its cause holds the secret
