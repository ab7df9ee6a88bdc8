"""Rotating the stack's own secrets: the key of URLs and the read key. No request is refused on the way."""

import secrets
import time
from collections.abc import Callable
from enum import StrEnum
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError

from rollcall import provider
from rollcall.tokens import make_token
from tools import web
from tools.gaps import fill_gaps
from tools.stack import Stack
from tools.trouble import BadInput, Trouble

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef

_LENGTH = 43  # letters and digits, over 256 bits: as the template makes it
_VERSION = "UrlSecretVersion"
_ASKED_AGAIN = 11  # seconds; `StackSecret` looks again for a key that it does not know, ten seconds after the last look
_LOOKED_AT = "rotation"  # any name of a source will do: it is only looked whether its URL is taken
_IN_A_ROW = 20  # looks that find the new key taken, five seconds long
_LOOK_EVERY = 0.25  # seconds
_PATIENCE = 300.0  # seconds


class Which(StrEnum):
    """The secret by what it opens."""

    KEY = "key"
    URLS = "urls"


# What a version that is deployed is labelled with: Secrets Manager deletes those without any label.
_STAGES = {Which.KEY: ["AWSCURRENT"], Which.URLS: ["AWSCURRENT", "INGEST"]}
_OUTPUTS = {Which.KEY: "ReadKeyArn", Which.URLS: "UrlSecretArn"}


def rotate(stack: Stack, which: Which, said: Callable[[str], object]) -> None:
    """Put a new key in front of the one in use; both are accepted. Raises `BadInput` where two are already."""
    keys = stack.keys(_OUTPUTS[which])
    if len(keys) > 1:
        raise BadInput(f"A rotation is under way: `rollcall rotate {which} --finish` ends it.")
    new = "".join(secrets.choice(ascii_letters + digits) for _ in range(_LENGTH))
    # Behind the old one at first: nobody may be shown a key, or a URL that it makes, before it is accepted everywhere.
    version = _put(stack, which, (*keys, new), _STAGES[which])
    if which is Which.URLS:
        _deploy_with(stack, version, said)
        _wait_until_taken(stack, new)
    else:
        said(f"Waiting for {_ASKED_AGAIN} seconds, so that all who answer may know the new key ...")
        time.sleep(_ASKED_AGAIN)
    _put(stack, which, (new, *keys), ["AWSCURRENT"])


def finish(stack: Stack, which: Which, said: Callable[[str], object]) -> None:
    """Let the old key go. Raises `BadInput` where there is none."""
    first, *others = stack.keys(_OUTPUTS[which])
    if not others:
        raise BadInput(f"No rotation is under way: `rollcall rotate {which}` begins one.")
    version = _put(stack, which, (first,), _STAGES[which])
    if which is Which.URLS:
        _deploy_with(stack, version, said)


def _put(stack: Stack, which: Which, keys: tuple[str, ...], stages: list[str]) -> str:
    """The id of the version that holds them."""
    return stack.aws.secrets.put_secret_value(
        SecretId=stack.outputs[_OUTPUTS[which]], SecretString=" ".join(keys), VersionStages=stages
    )["VersionId"]


def _wait_until_taken(stack: Stack, key: str) -> None:
    """The alias has moved, and for seconds instances of the version before may be called nevertheless."""
    name = provider.names()[0]
    url = f"{stack.url}/webhooks/{name}/{_LOOKED_AT}/{make_token(key, name, _LOOKED_AT)}"
    deadline, in_a_row = time.monotonic() + _PATIENCE, 0
    while in_a_row < _IN_A_ROW:
        if time.monotonic() > deadline:
            raise Trouble("Ingest does not take the new URLs: `rollcall doctor` says why. Both keys stay stored.")
        in_a_row = in_a_row + 1 if web.get(url, {}).status == 200 else 0
        time.sleep(_LOOK_EVERY)


def _deploy_with(stack: Stack, version: str, said: Callable[[str], object]) -> None:
    """Deploy what is deployed, with that version of the secret."""
    said("Deploying, so that ingest takes the secret; this may take some minutes ...")
    formation = stack.aws.cloudformation
    known = formation.describe_stacks(StackName=stack.name)["Stacks"][0].get("Parameters", [])
    chosen: ParameterTypeDef = {"ParameterKey": _VERSION, "ParameterValue": version}
    kept: list[Any] = [
        {"ParameterKey": one["ParameterKey"], "UsePreviousValue": True}
        for one in known
        if one["ParameterKey"] != _VERSION
    ]
    try:
        formation.update_stack(
            StackName=stack.name,
            UsePreviousTemplate=True,
            Parameters=[*kept, chosen],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        formation.get_waiter("stack_update_complete").wait(StackName=stack.name, WaiterConfig={"Delay": 5})
    except (ClientError, WaiterError) as error:
        raise Trouble(
            "The deployment failed; the secret holds what it shall. Once the cause is mended, deploy again:"
            f" `sam deploy --parameter-overrides {_VERSION}={version}`. ({error})"
        ) from error
    if stack.aws.endpoint is not None:
        fill_gaps(stack.name, stack.aws)
