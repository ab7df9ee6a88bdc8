"""The figures of the intake, from the consumer to whoever asks, on a DynamoDB that is not Rollcall's own."""

import json
from collections import Counter

from rollcall.intake_figures import PARTITION, IntakeFigures
from rollcall.keys import SourceKey
from rollcall.tally import Last
from tests.integration.tables import Clockwork

MAIN = SourceKey("pubnub", "main")  # whose webhooks the clockwork receives


def test_what_becomes_of_webhooks_is_added_up(rollcall: Clockwork) -> None:
    join = json.dumps(
        {"action": "join", "channel": "room", "uuid": "ann", "timestamp": rollcall.time - 90_000}
    ).encode()
    for body in (join, join, b"nonsense"):
        assert rollcall.receive(body).uncounted == []
    told = IntakeFigures(rollcall.client, "Presence").of(MAIN, rollcall.time - 3_600_000, rollcall.time)
    assert told.counts == Counter(received=3, applied=2, parked_unreadable_body=1, events=2, late=2, repeated=1)
    assert (told.longest_wait, told.last) == (
        0,
        Last(rollcall.time, "unreadable_body", "The body is no event of PubNub's."),
    )


def test_sources_are_found_by_their_figures(rollcall: Clockwork) -> None:
    assert list(rollcall.reader.sources(PARTITION)) == []
    rollcall.receive(b"nonsense")
    assert list(rollcall.reader.sources(PARTITION)) == [MAIN]
    assert list(rollcall.reader.sources()) == []
