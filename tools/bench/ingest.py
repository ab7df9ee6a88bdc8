"""What ingest costs in processor time, against a handler with only boto3 and against the usual one.

Each in a new process and in turn, against an SQS of straw, on the interpreter that runs functions locally: it holds
boto3 as Lambda does, and nothing that would slow its import, such as the test environment's pyOpenSSL. All run from
byte code, as in the deployed layers; the usual handler takes Powertools and pydantic from the layer that was built.
"""

import json
import os
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from tools.bench.findings import Findings, Ratio
from tools.bench.straw_sqs import straw_sqs
from tools.places import LOCAL, ROOT
from tools.progress import step
from tools.trouble import Trouble

_HANDLERS = Path(__file__).parent / "handlers"
_INTERPRETER = LOCAL / "aws/bin/python"
_DEPENDENCIES = ROOT / ".aws-sam/build/DependenciesLayer/python"
_REQUEST = ROOT / "events/ingest-pusher.json"  # with the token that URL_SECRET=example makes
_WARM_REQUESTS = 200  # enough that one of them is measured to a hundredth of a millisecond

# What each has on its path beside what Lambda gives it, as its own folder and its layers.
_CONTESTANTS = {
    "boto3 only": (_HANDLERS / "boto3_only",),
    "usual": (_HANDLERS / "usual", _DEPENDENCIES),
    "rollcall": (ROOT / "functions/ingest", ROOT / "layers/rollcall", _DEPENDENCIES),
}

_MEASURE = f"""
import json, sys, time
from types import SimpleNamespace
context = SimpleNamespace(function_name="ingest", memory_limit_in_mb=512, invoked_function_arn="", aws_request_id="1")
request = json.load(sys.stdin)
begin = time.process_time()
import app
imported = time.process_time()
assert app.handler(request, context)["statusCode"] == 200
answered = time.process_time()
clock = time.perf_counter()
for _ in range({_WARM_REQUESTS}):
    app.handler(request, context)
warm = (time.process_time() - answered) / {_WARM_REQUESTS}
elapsed = (time.perf_counter() - clock) / {_WARM_REQUESTS}
print()
print(json.dumps([1000 * seconds for seconds in (imported - begin, answered - imported, warm, elapsed)]))
"""


class Figures(NamedTuple):
    """Milliseconds: of processor time, and at last of any."""

    importing: float
    first_answer: float
    warm_answer: float
    warm_answer_elapsed: float


def measure(rounds: int) -> Findings:
    if not (_INTERPRETER.exists() and _DEPENDENCIES.exists()):
        raise Trouble("The functions are not built: `make up` does it.")
    runs: dict[str, list[Figures]] = {name: [] for name in _CONTESTANTS}
    with tempfile.TemporaryDirectory() as byte_code, straw_sqs() as url, step("Starting handlers, each in turn"):
        for path in _CONTESTANTS.values():  # once not counted, for the byte code
            _start(path, url, byte_code)
        for _ in range(rounds):
            for name, path in _CONTESTANTS.items():
                runs[name].append(_start(path, url, byte_code))
    medians = {name: Figures(*map(statistics.median, zip(*figures, strict=True))) for name, figures in runs.items()}
    ours = medians["rollcall"]
    return Findings(
        head=("milliseconds", *medians),
        rows=[
            (what.replace("_", " "), *(round(value, 2) for value in values))
            for what, *values in zip(Figures._fields, *medians.values(), strict=True)
        ],
        ratios=[
            Ratio(f"rollcall to {name}, {what.replace('_', ' ')}", our_value / value)
            for name, theirs in medians.items()
            if theirs is not ours
            for what, our_value, value in zip(Figures._fields, ours, theirs, strict=True)
        ],
    )


def _start(path: tuple[Path, ...], url: str, byte_code: str) -> Figures:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTHONPYCACHEPREFIX": byte_code,
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "straw",
        "AWS_SECRET_ACCESS_KEY": "straw",
        "WEBHOOKS_QUEUE_URL": f"{url}/1/webhooks",
        "URL_SECRET": "example",
        "FAIR_QUEUE": "ENABLED",
    }
    command = [str(_INTERPRETER), "-c", _MEASURE]
    with _REQUEST.open() as request:
        done = subprocess.run(command, stdin=request, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Trouble(f"The handler in {path[0].relative_to(ROOT)} failed: {done.stderr.strip().splitlines()[-1]}")
    return Figures(*json.loads(done.stdout.splitlines()[-1]))  # before it stands what the handlers log
