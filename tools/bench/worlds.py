"""Rollcall in a world of memory, with a clock that the benchmark winds and a meter at its DynamoDB."""

import json
import time
from collections import Counter
from collections.abc import Iterable
from itertools import batched
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from rollcall.consume import Delivery
from rollcall.envelope import Envelope, seal
from rollcall.keys import ChannelKey, SourceKey
from rollcall.trimming import Bookmark, Order, Report, Run, Trimmed
from tools.own_rollcall import USUAL_RETENTION, OwnRollcall, tables_in_memory
from tools.trouble import Trouble

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SOURCE = SourceKey("pubnub", "main")  # whose webhooks carry a time per event, and no signature

SECOND = 1000  # milliseconds
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_BEGIN = 20_000 * DAY  # some midnight; whole days, so that every run sees the same
_LARGEST_BODY = 2_000  # events, so that they fit into a message of the queue

type Places = Iterable[tuple[str, str]]
"""Channels and users."""


class Bill(NamedTuple):
    """What something cost: units, requests to DynamoDB, and seconds of this machine."""

    write_units: float
    read_units: float
    calls: int
    seconds: float

    @property
    def units(self) -> float:
        return self.write_units + self.read_units


class World:
    """It begins empty, at midnight. `now` is in Unix milliseconds."""

    def __init__(self, *, log: bool) -> None:
        self.now = _BEGIN
        self._memory = tables_in_memory()
        self._calls: Counter[str] = Counter()
        client = cast("DynamoDBClient", _Counted(self._memory, self._calls))
        retention = USUAL_RETENTION.model_copy(update={"log_events": log})
        self._rollcall = OwnRollcall(client, lambda: self.now, retention=lambda _: retention)
        self._consumer = self._rollcall.consumer()
        self._bookmark = Bookmark(client, self._rollcall.presence_table)
        self.reading = self._rollcall.reading()

    def hear(self, event: str, places: Places) -> None:
        """Receive webhooks that say it ("joined", "left") of all these, now."""
        for some in batched(places, _LARGEST_BODY, strict=False):
            items = [{"channel": channel, "userId": user, "timestamp": self.now} for channel, user in some]
            self._receive(json.dumps({"schema": f"presence.user.channel.{event}", "data": items}).encode())

    def trim(self, kind: Trimmed) -> int:
        """A run of the trimmer, as its function makes it; how many records of that kind were trimmed."""
        report = Report(Order(kind=kind))
        begin = self._bookmark.read(kind).position
        end = self._rollcall.trimmer(kind).run(report, begin, lambda: False)
        self._bookmark.write(kind, end, Run(self.now, report.complete))
        return report.trimmed.total() - report.trimmed["empty_channel"]  # which is an entry of the directory

    def clear_meter(self) -> None:
        self._memory.consumed.clear()
        self._calls.clear()
        self._began = time.perf_counter()

    def bill(self) -> Bill:
        """For what was done since the meter was cleared."""
        seconds = time.perf_counter() - self._began
        units = Counter[str]()
        for (_, kind), consumed in self._memory.consumed.items():
            units[kind] += consumed
        return Bill(units["write"], units["read"], self._calls.total(), seconds)

    def _receive(self, body: bytes) -> None:
        envelope = Envelope(
            provider=SOURCE.provider,
            source=SOURCE.source,
            received_at=self.now,
            request_id="bench",
            headers={},
            body=body,
        )
        outcome = self._consumer.consume([Delivery("1", seal(envelope))], lambda: False)
        if outcome.errors:
            raise Trouble(f"{len(outcome.errors)} writes failed.") from outcome.errors[0]


def channel_key(channel: str) -> ChannelKey:
    return ChannelKey(*SOURCE, channel)


class _Counted:
    """A client that counts the requests made through it."""

    def __init__(self, client: object, calls: Counter[str]) -> None:
        self._client = client
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._client, name)
        if not callable(attribute):
            return attribute

        def call(**request: Any) -> Any:
            self._calls[name] += 1
            return attribute(**request)

        return call
