"""Which stack, and which AWS, a command is about."""

import os

from tools.aws import Aws
from tools.embedded_aws import EmbeddedAws
from tools.stack import Stack
from tools.trouble import Trouble

DEFAULT_STACK = "rollcall"


def named_stack(name: str, region: str | None, profile: str | None = None) -> Stack:
    """The stack of that name: on AWS where a region is given, else on this machine."""
    return Stack.read(name, named_aws(region, profile))


def named_aws(region: str | None, profile: str | None = None) -> Aws:
    if region:
        return Aws.real(region, profile)
    running = EmbeddedAws.running()
    if running is None:
        raise Trouble("Rollcall does not run on this machine: `make up` starts it; a region names one on AWS.")
    return running.aws


def chosen_stack() -> Stack:
    """The one that the variables REGION and STACK name."""
    return named_stack(os.environ.get("STACK") or DEFAULT_STACK, os.environ.get("REGION"))
