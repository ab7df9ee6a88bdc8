"""What AWS counts: from sizes, times and numbers to billed units, as its documentation words it.

DynamoDB's units are counted by `tools.memory_dynamodb`.
"""

from collections.abc import Sequence
from itertools import batched
from math import ceil

_KB = 1024  # bytes
GB = 1024**3  # bytes

# Hours of a month, as AWS's own price calculator takes them.
_HOURS_OF_A_MONTH = 730

# "HTTP APIs are metered in 512 KB increments."
# https://docs.aws.amazon.com/whitepapers/latest/best-practices-api-gateway-private-apis-integration/cost-optimization.html
_HTTP_API_INCREMENT = 512 * _KB

# Each 64 KB of a request's payload, which may be a batch, are billed as one request.
# https://aws.amazon.com/sqs/pricing/
_SQS_CHUNK = 64 * _KB

# Messages, the most that SQS gives or deletes in one request, whatever Lambda gathers of them for a function.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
_SQS_BATCH = 10

# MB of memory with which a function has the equivalent of one processor; with less it has a share.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
_MB_OF_ONE_PROCESSOR = 1769

_SECONDS_OF_A_MONTH = _HOURS_OF_A_MONTH * 3600
# Lambda asks an empty queue with five connections, each of which waits as long as SQS lets it.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
_POLLERS = 5
_LONG_POLL = 20  # seconds


def http_api_requests(payload: int) -> int:
    """For one request; `payload` is the larger of its body and its answer's, in bytes."""
    return _increments(payload, _HTTP_API_INCREMENT)


def sqs_requests(payload: int) -> int:
    """For one request to SQS that carries so many bytes of messages."""
    return _increments(payload, _SQS_CHUNK)


def sqs_receives(messages: Sequence[int]) -> int:
    """For Lambda's receiving of messages of these sizes, in bytes, for one batch."""
    return sum(sqs_requests(sum(some)) for some in batched(messages, _SQS_BATCH, strict=False))


def sqs_deletes(messages: int) -> int:
    """For Lambda's deleting of so many messages of one batch; these requests are small."""
    return ceil(messages / _SQS_BATCH)


def empty_receives_per_month() -> int:
    """For Lambda's asking of a queue that stays empty."""
    return _POLLERS * _SECONDS_OF_A_MONTH // _LONG_POLL


def starts_per_month(every_seconds: int) -> int:
    """For a schedule."""
    return _SECONDS_OF_A_MONTH // every_seconds


def share_of_a_month(seconds: int) -> float:
    return seconds / _SECONDS_OF_A_MONTH


def metric_months(times: int) -> float:
    """For a metric that is written so often in a month, evenly: it is billed for the hours in which it is written.

    https://aws.amazon.com/cloudwatch/pricing/
    """
    return min(1, times / _HOURS_OF_A_MONTH)


def wall_milliseconds(processor: float, waiting: float, memory_mb: int) -> float:
    """How long code takes that needs so many milliseconds of a whole processor and waits for so many others."""
    share = min(1, memory_mb / _MB_OF_ONE_PROCESSOR)  # one thread of Python cannot use more than one processor
    return processor / share + waiting


def gb_seconds(milliseconds: float, memory_mb: int) -> float:
    """For one invocation; the INIT phase of a cold start counts like the rest since August 2025.

    https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
    """
    return ceil(milliseconds) / 1000 * memory_mb / 1024  # "rounded up to the nearest 1 ms"


def _increments(size: int, increment: int) -> int:
    return max(1, ceil(size / increment))
