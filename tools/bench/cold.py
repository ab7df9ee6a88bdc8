"""What a cold start and a new connection cost over TLS, against the same without it.

The real handlers of ingest and of the consumer, each in a new process and in turn, against an AWS of straw with a
certificate of its own beside those that botocore trusts: it reads all of these for every connection. The consumer's
batches hold 100 webhooks, which it writes over 16 connections; ingest's are told apart by whether the connection was
kept since the one before.
"""

import json
import ssl
import statistics
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import trustme

from tools.bench.findings import Findings, Ratio
from tools.costs.processor import DEPENDENCIES, INTERPRETER, URL_SECRET, as_event, environment
from tools.costs.scenarios import Batch, scenarios
from tools.costs.straw_aws import straw_aws
from tools.costs.webhooks import as_request
from tools.own_rollcall import tables_in_memory
from tools.places import ROOT
from tools.progress import step
from tools.trouble import Trouble

_LATER = {"Ingest": 50, "Consumer": 4}  # invocations, enough that their mean says something

# Botocore takes the certificates that it trusts from certifi where there is one; Lambda has none.
_TRUSTS = "def where(): return {!r}\n"

_MEASURE = """
import json, sys, time
sys.path += sys.argv[1:]
from tools.processor_time import spent
first, later = json.load(sys.stdin)
began = spent()
import app
class Context:
    function_name = memory_limit_in_mb = invoked_function_arn = aws_request_id = "straw"
    def get_remaining_time_in_millis(self):
        return 900_000
def invoke(event):
    answer = app.handler(event, Context())
    assert answer.get("statusCode", 200) == 200 and not answer.get("batchItemFailures"), answer
imported, clock = spent(), time.perf_counter()
invoke(first)
answered, answered_clock = spent(), time.perf_counter()
for event in later:
    invoke(event)
done, done_clock = spent(), time.perf_counter()
print()
print(json.dumps([1000 * seconds for seconds in (
    imported - began, answered - imported, answered_clock - clock,
    (done - answered) / len(later), (done_clock - answered_clock) / len(later))]))
"""


class Figures(NamedTuple):
    """Milliseconds of processor time, and of any where it says so."""

    importing: float
    first: float
    first_elapsed: float
    later: float
    later_elapsed: float


class _Setting(NamedTuple):
    function: str
    over_tls: bool
    keeps: bool

    @property
    def name(self) -> str:
        connections = "kept" if self.keeps else "new each time"
        return f"{self.function}, {'TLS' if self.over_tls else 'plain'}, connections {connections}"


_SETTINGS = tuple(
    _Setting(function, over_tls, keeps)
    for function in ("Ingest", "Consumer")
    for over_tls in (False, True)
    for keeps in (True, False)
    if keeps or function == "Ingest"  # a consumer that was asleep has as many to make as a cold one
)


def measure(rounds: int) -> Findings:
    if not INTERPRETER.exists():
        raise Trouble("The interpreter that runs functions is not installed: `make environments` does it.")
    runs: dict[_Setting, list[Figures]] = {setting: [] for setting in _SETTINGS}
    with TemporaryDirectory() as folder, step("Starting handlers, each in turn"):
        tls = _certified(Path(folder))
        for _ in range(rounds + 1):
            for setting in _SETTINGS:
                runs[setting].append(_start(setting, tls, Path(folder)))
    # The first made the byte code, which the deployed layers hold.
    medians = {
        setting: Figures(*map(statistics.median, zip(*figures[1:], strict=True))) for setting, figures in runs.items()
    }
    return Findings(
        head=("milliseconds", *(field.replace("_", " ") for field in Figures._fields)),
        rows=[(setting.name, *(round(value, 1) for value in figures)) for setting, figures in medians.items()],
        ratios=_ratios(medians),
    )


def _ratios(medians: dict[_Setting, Figures]) -> list[Ratio]:
    ingest, new = _Setting("Ingest", over_tls=True, keeps=True), _Setting("Ingest", over_tls=True, keeps=False)
    consumer = _Setting("Consumer", over_tls=True, keeps=True)
    plain = {setting: medians[setting._replace(over_tls=False)] for setting in (ingest, consumer)}
    return [
        Ratio("Ingest, first answer, TLS to plain", medians[ingest].first / plain[ingest].first),
        Ratio("Ingest over TLS, a new connection to a kept one", medians[new].later / medians[ingest].later),
        Ratio("Consumer, first batch, TLS to plain", medians[consumer].first / plain[consumer].first),
        Ratio("Consumer, later batches, TLS to plain", medians[consumer].later / plain[consumer].later),
    ]


def _certified(folder: Path) -> ssl.SSLContext:
    """A server's certificate; whoever has the folder on its path trusts it, and all that botocore trusts."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    usual = next(INTERPRETER.parents[1].glob("lib/*/site-packages/botocore/cacert.pem"))
    trusted = folder / "trusted.pem"
    trusted.write_bytes(usual.read_bytes() + authority.cert_pem.bytes())
    (folder / "certifi.py").write_text(_TRUSTS.format(str(trusted)))
    return context


def _start(setting: _Setting, tls: ssl.SSLContext, folder: Path) -> Figures:
    with straw_aws(tables_in_memory(), tls if setting.over_tls else None, keeps=setting.keeps) as endpoint:
        told = environment(setting.function, endpoint, str(folder / "byte_code"), log=True)
        done = subprocess.run(
            [INTERPRETER, "-c", _MEASURE, DEPENDENCIES, ROOT],
            input=json.dumps(_events(setting.function)),
            env={**told, "PYTHONPATH": f"{folder}:{told['PYTHONPATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise Trouble(f"The function failed:\n{done.stderr}")
    return Figures(*json.loads(done.stdout.splitlines()[-1]))


def _events(function: str) -> tuple[Any, Sequence[Any]]:
    """The first, and those that come later."""
    (usual,) = (found for found in scenarios(time.time_ns() // 1_000_000) if found.name == "single webhooks")
    batches = [batch for batch in usual.measured if isinstance(batch, Batch)]
    if function == "Ingest":
        request = as_request(batches[0].webhooks[0], URL_SECRET)
        return request, [request] * _LATER[function]
    events = [as_event(batch) for batch in batches]
    return events[0], [events[(number + 1) % len(events)] for number in range(_LATER[function])]
