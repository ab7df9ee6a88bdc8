"""A source's secrets and retention, as they lie in SSM: JSON, each under a name of its own."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError

from rollcall import provider
from rollcall.retention import Override
from tools.stack import Stack
from tools.trouble import BadInput

LARGEST_VALUE = 4096  # characters; what a standard parameter holds free of charge


@dataclass(frozen=True)
class Stored:
    """One parameter of one source; `kind` is `secrets` or `retention`."""

    kind: str
    provider: str
    source: str
    value: str
    changed: str


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
        Name=f"{stack.parameter_prefix}/{kind}/{provider_name}/{source}",
        Value=text,
        Type="SecureString" if kind == "secrets" else "String",
        Overwrite=True,
    )


def all_stored(stack: Stack) -> Iterator[Stored]:
    """Everything that is stored for any source of the stack."""
    pages = stack.aws.ssm.get_paginator("get_parameters_by_path").paginate(
        Path=stack.parameter_prefix, Recursive=True, WithDecryption=True
    )
    for parameter in (parameter for page in pages for parameter in page["Parameters"]):
        kind, provider_name, source = parameter["Name"].removeprefix(f"{stack.parameter_prefix}/").split("/")
        changed = parameter["LastModifiedDate"].astimezone().isoformat(" ", "minutes")
        yield Stored(kind, provider_name, source, parameter["Value"], changed)
