"""What CloudWatch bills for what functions write: the bytes of their logs, and the metrics that it makes of them."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

_EVENT = 26  # bytes that CloudWatch Logs bills with each line, https://aws.amazon.com/cloudwatch/pricing/
_ID = "8f507cfc-xmpl-4697-b07a-ac58fc914c95"  # as long as the id of an invocation
_AT = "2026-11-27T00:00:00.000Z"
# Lambda's own lines with LogFormat JSON and its usual level, INFO, by the schema of its events:
# https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
_LAMBDAS_OWN: tuple[dict[str, Any], ...] = (
    {"time": _AT, "type": "platform.start", "record": {"requestId": _ID, "version": "12"}},
    {
        "time": _AT,
        "type": "platform.report",
        "record": {
            "requestId": _ID,
            "metrics": {
                "durationMs": 12.345,
                "billedDurationMs": 13,
                "memorySizeMB": 1024,
                "maxMemoryUsedMB": 120,
            },
            "status": "success",
        },
    },
)


class Metric(NamedTuple):
    """A metric that is billed by itself: another value of a dimension makes another one."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]


def billed_bytes(lines: Sequence[str], invocations: int) -> float:
    """Of one of so many invocations that have written these lines, Lambda's own lines included."""
    own = [json.dumps(line, separators=(",", ":")) for line in _LAMBDAS_OWN]
    return _billed(own) + _billed(lines) / invocations


def metrics(lines: Iterable[str]) -> Iterator[Metric]:
    """Those that CloudWatch makes of lines in its embedded format.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    for line in lines:
        content = json.loads(line)
        for directive in content.get("_aws", {}).get("CloudWatchMetrics", ()):
            for names in directive["Dimensions"]:
                dimensions = tuple(sorted((name, content[name]) for name in names))
                for metric in directive["Metrics"]:
                    yield Metric(directive["Namespace"], metric["Name"], dimensions)


def _billed(lines: Iterable[str]) -> int:
    return sum(len(line.encode()) + _EVENT for line in lines)
