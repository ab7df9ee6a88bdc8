"""Rotating the stack's own secrets: the key of URLs and the read key. No request is refused on the way."""

import secrets
import time
from collections.abc import Callable
from enum import StrEnum
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError

from rollcall.stack_secret import split
from tools.gaps import fill_gaps
from tools.stack import Stack
from tools.trouble import BadInput, Trouble

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef

_LENGTH = 43  # letters and digits, over 256 bits: as the template makes it
_REVISION = "SecretsRevision"


class Which(StrEnum):
    """The secret by what it opens."""

    KEY = "key"
    URLS = "urls"


_OUTPUTS = {Which.KEY: "ReadKeyArn", Which.URLS: "UrlSecretArn"}


def rotate(stack: Stack, which: Which, said: Callable[[str], object]) -> None:
    """Put a new key in front of the one in use; both are accepted. Raises `BadInput` where two are already."""
    keys = _keys(stack, which)
    if len(keys) > 1:
        raise BadInput(f"A rotation is under way: `rollcall rotate {which} --finish` ends it.")
    new = "".join(secrets.choice(ascii_letters + digits) for _ in range(_LENGTH))
    if which is Which.URLS:
        # Behind the old one at first: until ingest knows the new key, nobody may be shown a URL that it makes.
        _put(stack, which, (*keys, new))
        _deploy_anew(stack, said)
    _put(stack, which, (new, *keys))


def finish(stack: Stack, which: Which, said: Callable[[str], object]) -> None:
    """Let the old key go. Raises `BadInput` where there is none."""
    first, *others = _keys(stack, which)
    if not others:
        raise BadInput(f"No rotation is under way: `rollcall rotate {which}` begins one.")
    _put(stack, which, (first,))
    if which is Which.URLS:
        _deploy_anew(stack, said)


def _keys(stack: Stack, which: Which) -> tuple[str, ...]:
    keys = split(stack.aws.secrets.get_secret_value(SecretId=stack.outputs[_OUTPUTS[which]])["SecretString"])
    if not keys:
        raise Trouble(f"The secret of the output {_OUTPUTS[which]} is empty: give it a value.")
    return keys


def _put(stack: Stack, which: Which, keys: tuple[str, ...]) -> None:
    stack.aws.secrets.put_secret_value(SecretId=stack.outputs[_OUTPUTS[which]], SecretString=" ".join(keys))


def _deploy_anew(stack: Stack, said: Callable[[str], object]) -> None:
    """Deploy what is deployed, with another revision of the secrets: by that ingest takes their values."""
    said("Deploying, so that ingest takes the secret; this may take some minutes ...")
    formation = stack.aws.cloudformation
    known = formation.describe_stacks(StackName=stack.name)["Stacks"][0].get("Parameters", [])
    revision: ParameterTypeDef = {"ParameterKey": _REVISION, "ParameterValue": time.strftime("%Y-%m-%dT%H:%M:%S")}
    kept: list[Any] = [
        {"ParameterKey": one["ParameterKey"], "UsePreviousValue": True}
        for one in known
        if one["ParameterKey"] != _REVISION
    ]
    try:
        formation.update_stack(
            StackName=stack.name,
            UsePreviousTemplate=True,
            Parameters=[*kept, revision],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        formation.get_waiter("stack_update_complete").wait(StackName=stack.name, WaiterConfig={"Delay": 5})
    except (ClientError, WaiterError) as error:
        raise Trouble(
            f"The deployment failed, and both keys stay stored. Once it is mended: `sam deploy --parameter-overrides"
            f" {_REVISION}=...`, or this command with --finish. ({error})"
        ) from error
    if stack.aws.endpoint is not None:
        fill_gaps(stack.name, stack.aws)
