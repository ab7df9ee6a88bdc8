"""Which stack a command is about."""

import os

from tools.aws import Aws
from tools.embedded_aws import EmbeddedAws
from tools.stack import Stack
from tools.trouble import Trouble


def chosen_stack() -> Stack:
    """On AWS where REGION is given, else on this machine; the one that STACK names, else rollcall."""
    name = os.environ.get("STACK") or "rollcall"
    region = os.environ.get("REGION")
    if region:
        return Stack.read(name, Aws.real(region))
    running = EmbeddedAws.running()
    if running is None:
        raise Trouble(
            "Rollcall does not run on this machine: `make up` starts it; REGION=... STACK=... names one on AWS."
        )
    return Stack.read(name, running.aws)
