"""How much of a processor the functions need, and what they log: their real handlers, against an AWS of straw.

Each is measured in a process of its own, on the interpreter that runs functions locally and has boto3 as Lambda's has;
what the layer of dependencies brings is taken from the project's own environment.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from rollcall.envelope import envelop, seal
from tools import template
from tools.aws import LOCAL_KEY, LOCAL_REGION
from tools.costs import logs
from tools.costs.metering import fill
from tools.costs.questions import Question, as_query
from tools.costs.scenarios import Batch, Scenario, Step, Trim
from tools.costs.straw_aws import straw_aws
from tools.costs.webhooks import Webhook, as_request
from tools.own_rollcall import tables_in_memory
from tools.places import LOCAL, ROOT
from tools.trouble import Trouble

INTERPRETER = LOCAL / "aws" / "bin" / "python"
DEPENDENCIES = Path(sys.prefix) / "lib" / "python3.13" / "site-packages"
_INGEST_REQUESTS = 100  # enough that one of them is measured to a few hundredths of a millisecond
URL_SECRET = "example"  # noqa: S105  guards nothing

_MEASURE = """
import io, json, sys
sys.path += sys.argv[1:]  # last, so that they add what is missing and replace nothing
from tools.processor_time import spent
sys.modules["OpenSSL"] = None  # tests need it; Lambda does not have it, and botocore would import it
before, measured = json.load(sys.stdin)
stdout, sys.stdout = sys.stdout, io.StringIO()  # where the handler logs
import app
imported = spent()
class Context:
    function_name = memory_limit_in_mb = invoked_function_arn = "straw"
    aws_request_id = "8f507cfc-xmpl-4697-b07a-ac58fc914c95"
    def get_remaining_time_in_millis(self):
        return 900_000
for event in before:
    app.handler(event, Context())
sys.stdout.seek(0)
sys.stdout.truncate()
begin = spent()
answers = [app.handler(event, Context()) for event in measured]
each = (spent() - begin) / len(measured)
print(json.dumps([imported * 1000, each * 1000, answers, sys.stdout.getvalue().splitlines()]), file=stdout)
"""


class Measured(NamedTuple):
    """Milliseconds of a whole processor: to start Python and import the handler, and for each invocation.

    `logged` are the bytes billed for an invocation's log, and `metrics` what CloudWatch makes of it.
    """

    init: float
    invocation: float
    logged: float = 0
    metrics: frozenset[logs.Metric] = frozenset()


def measure(scenario: Scenario, now: int, rounds: int) -> dict[str, Measured]:
    """By function, all that the scenario invokes; medians of so many processes each."""
    if not INTERPRETER.exists():
        raise Trouble("The interpreter that runs functions is not installed: `make environments` does it.")
    batches = [step for step in scenario.measured if isinstance(step, Batch)]
    if not batches:
        (function,) = {_function(step) for step in scenario.measured}
        events = [as_event(step) for step in scenario.measured]
        return {
            function: _medians(
                function, rounds, [], events, [step for step in scenario.before if isinstance(step, Batch)], now
            )
        }
    return {
        "Ingest": _ingest(batches[0].webhooks[0], rounds),
        "Consumer": _medians(
            "Consumer",
            rounds,
            [as_event(step) for step in scenario.before],
            [as_event(step) for step in batches],
            log=scenario.log,
        ),
    }


_ingested: dict[tuple[str, int], Measured] = {}


def _ingest(webhook: Webhook, rounds: int) -> Measured:
    """Measured once for webhooks that are alike."""
    alike = (webhook.provider, len(webhook.body))
    if alike not in _ingested:
        _ingested[alike] = _medians("Ingest", rounds, [], [as_request(webhook, URL_SECRET)] * _INGEST_REQUESTS)
    return _ingested[alike]


def _medians(
    function: str,
    rounds: int,
    before: Sequence[Any],
    measured: Sequence[Any],
    stored: Iterable[Batch] = (),
    now: int = 0,
    *,
    log: bool = True,
) -> Measured:
    with TemporaryDirectory() as byte_code:
        runs = []
        for _ in range(rounds + 1):
            memory = tables_in_memory()
            fill(memory, stored, now)
            with straw_aws(memory) as endpoint:
                told = environment(function, endpoint, byte_code, log=log)
                runs.append(_run(told, (before, measured)))
    del runs[0]  # it made the byte code, which the deployed layers hold
    return runs[0]._replace(
        init=statistics.median(run.init for run in runs), invocation=statistics.median(run.invocation for run in runs)
    )


def _run(told: dict[str, str], events: tuple[Sequence[Any], Sequence[Any]]) -> Measured:
    done = subprocess.run(
        [INTERPRETER, "-c", _MEASURE, DEPENDENCIES, ROOT],
        input=json.dumps(events),
        env=told,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Trouble(f"The function failed:\n{done.stderr}")
    init, invocation, answers, lines = json.loads(done.stdout)
    for answer in answers:
        if answer.get("batchItemFailures") or answer.get("statusCode", 200) != 200:
            raise Trouble(f"The function did not do its work: {answer}")
    return Measured(init, invocation, logs.billed_bytes(lines, len(answers)), frozenset(logs.metrics(lines)))


def environment(function: str, endpoint: str, byte_code: str, *, log: bool) -> dict[str, str]:
    """What a function is told, with its code on the path."""
    return {
        **template.environment(function),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT / 'functions' / function.lower()}:{ROOT / 'layers/rollcall'}",
        "PYTHONPYCACHEPREFIX": byte_code,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": LOCAL_REGION,
        "AWS_REGION": LOCAL_REGION,
        "AWS_ACCESS_KEY_ID": LOCAL_KEY,
        "AWS_SECRET_ACCESS_KEY": LOCAL_KEY,
        "URL_SECRET": URL_SECRET,
        "PARAMETER_PREFIX": "/rollcall/straw",
        "PARKED_QUEUE_URL": f"{endpoint}/123456789012/parked",
        "LOG_EVENTS": "ENABLED" if log else "DISABLED",
    }


def _function(step: Step) -> str:
    match step:
        case Batch():
            return "Consumer"
        case Trim():
            return "Trimmer"
        case Question():
            return "Query"


def as_event(step: Step) -> Any:
    """What the function is invoked with."""
    match step:
        case Batch():
            return {"Records": [_record(number, webhook) for number, webhook in enumerate(step.webhooks)]}
        case Trim():
            return {"kind": step.kind.value}
        case Question():
            return as_query(step)


def _record(number: int, webhook: Webhook) -> dict[str, Any]:
    return {
        "messageId": str(number),
        "body": seal(envelop(as_request(webhook, URL_SECRET))),
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
    }
