"""Starts the trimmer now, instead of when its schedule does."""

import json
from typing import Any

from tools.stack import Stack
from tools.trouble import Trouble

KINDS = ("members", "tombstones", "events")


def trim(stack: Stack, kind: str, *, dry_run: bool) -> dict[str, Any]:
    """The trimmer's own report."""
    payload = json.dumps({"kind": kind, "dry_run": dry_run})
    answer = stack.aws.functions.invoke(FunctionName=stack.trimmer, Qualifier="live", Payload=payload)
    report: dict[str, Any] = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        raise Trouble(f"The trimmer failed: {report.get('errorMessage', report)}")
    return report
