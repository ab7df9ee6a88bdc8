"""A client of AWS of which any call may fail, as calls to AWS do.

It wraps any client of boto3, or one in memory, and stands above boto3's own retries: what fails here, failed for good.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ENDPOINT = "https://aws.example"


class Crash(BaseException):
    """The function is gone, in the middle of its work: nothing catches that."""


class Fault(Enum):
    """What may befall a call."""

    THROTTLED = auto()
    OVER_CAPACITY = auto()  # DynamoDB's other way to throttle
    UNREACHABLE = auto()
    RESET_BEFORE = auto()
    RESET_AFTER = auto()  # it took effect, but the answer was lost
    TIMED_OUT = auto()  # likewise
    PARTLY = auto()  # of a batch only the first half is done; any other call is throttled
    KILLED_BEFORE = auto()  # the function is gone
    KILLED_AFTER = auto()
    MEANWHILE = auto()  # another function runs before this call goes on
    TIME_OVER = auto()  # after this call the function's time is nearly over


@dataclass
class Faults:
    """What befalls which call, counted over all clients that share it.

    `drawn` tells it by the call's number, so that a plan does (a mapping's `get`), or chance.
    """

    drawn: Callable[[int], Fault | None]
    meanwhile: Callable[[], object] = lambda: None
    time_is_over: bool = False
    calls: int = 0
    struck: Counter[Fault] = field(default_factory=Counter)

    def next(self) -> Fault | None:
        fault = self.drawn(self.calls)
        self.calls += 1
        if fault is not None:
            self.struck[fault] += 1
        return fault

    def cease(self) -> None:
        """From now on nothing fails any more."""
        self.drawn = never


def never(_call: int) -> None:
    return None


def by_chance(chance: random.Random, share: float) -> Callable[[int], Fault | None]:
    """Every fault alike, in a share of all calls."""
    faults = list(Fault)
    return lambda _call: chance.choice(faults) if chance.random() < share else None


class FaultyClient:
    def __init__(self, inner: Any, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults

    @property
    def as_boto3(self) -> "DynamoDBClient":
        """Itself, as a type checker must see it where a client of boto3 is asked for."""
        return cast("DynamoDBClient", self)

    def __getattr__(self, name: str) -> Any:
        inner = getattr(self._inner, name)
        if not callable(inner):
            return inner
        operation = "".join(map(str.capitalize, name.split("_")))

        def call(**request: Any) -> Any:
            fault = self._faults.next()
            return inner(**request) if fault is None else self._strike(fault, operation, inner, request)

        self.__dict__[name] = call  # found at once the next time
        return call

    def _strike(self, fault: Fault, operation: str, inner: Callable[..., Any], request: dict[str, Any]) -> Any:
        match fault:
            case Fault.PARTLY if "RequestItems" in request:
                return _done_partly(inner, request)
            case Fault.THROTTLED | Fault.PARTLY:
                raise _throttled("ThrottlingException", operation)
            case Fault.OVER_CAPACITY:
                raise _throttled("ProvisionedThroughputExceededException", operation)
            case Fault.UNREACHABLE:
                raise EndpointConnectionError(endpoint_url=_ENDPOINT)
            case Fault.RESET_BEFORE:
                raise _reset()
            case Fault.KILLED_BEFORE:
                raise Crash
            case Fault.MEANWHILE:
                self._faults.meanwhile()
            case Fault.TIME_OVER:
                self._faults.time_is_over = True
        answer = inner(**request)
        match fault:
            case Fault.RESET_AFTER:
                raise _reset()
            case Fault.TIMED_OUT:
                raise ReadTimeoutError(endpoint_url=_ENDPOINT)
            case Fault.KILLED_AFTER:
                raise Crash
        return answer


def _throttled(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "Rate exceeded"}}, operation)


def _reset() -> BotoCoreError:
    return ConnectionClosedError(endpoint_url=_ENDPOINT)


def _done_partly(inner: Callable[..., Any], request: dict[str, Any]) -> Any:
    """The first half of each table's part is done, the other comes back unprocessed."""
    done: dict[str, Any] = {}
    left: dict[str, Any] = {}
    for table, wanted in request["RequestItems"].items():
        reads = isinstance(wanted, dict)  # keys with options; writes are a plain list
        items = wanted["Keys"] if reads else wanted
        half = (len(items) + 1) // 2
        for part, some in ((done, items[:half]), (left, items[half:])):
            if some:
                part[table] = {**wanted, "Keys": some} if reads else some
    answer = inner(**{**request, "RequestItems": done})
    unprocessed = "UnprocessedKeys" if "UnprocessedKeys" in answer else "UnprocessedItems"
    return {**answer, unprocessed: {**answer[unprocessed], **left}}
