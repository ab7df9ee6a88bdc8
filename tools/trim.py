"""`make trim`: starts the trimmer now, instead of when its schedule does."""

import json
import os
from typing import Any

from tools.choice import chosen_stack
from tools.stack import Stack
from tools.table import print_table
from tools.trouble import BadInput, Trouble, run

KINDS = ("members", "tombstones", "events")


def trim(stack: Stack, kind: str, *, dry_run: bool) -> dict[str, Any]:
    """The trimmer's own report."""
    payload = json.dumps({"kind": kind, "dry_run": dry_run})
    answer = stack.aws.functions.invoke(FunctionName=stack.trimmer, Payload=payload)
    report: dict[str, Any] = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        raise Trouble(f"The trimmer failed: {report.get('errorMessage', report)}")
    return report


def main() -> None:
    kind = os.environ.get("KIND") or "members"
    if kind not in KINDS:
        raise BadInput(f"KIND must be one of {', '.join(KINDS)}, and is {kind!r}.")
    dry_run = bool(os.environ.get("DRY"))
    report = trim(chosen_stack(), kind, dry_run=dry_run)
    print_table(("of this run", ""), [(name, json.dumps(value).strip('"')) for name, value in report.items()])


if __name__ == "__main__":
    run(main)
