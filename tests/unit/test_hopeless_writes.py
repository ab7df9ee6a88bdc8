"""What no retry can help with is parked with its reason, wherever on the way it shows."""

import json
from collections.abc import Iterable
from dataclasses import replace

from rollcall.consume import Delivery
from rollcall.envelope import Envelope, seal
from rollcall.errors import InvalidRetention, Unavailable
from rollcall.events import PresenceEvent
from rollcall.keys import ChannelKey
from tests.fakes import World


class Refusing:
    """A directory and a log of a source whose retention is not valid."""

    def ensure(self, _channel: ChannelKey) -> None:
        raise InvalidRetention("The source's stored retention is not valid.")

    def write(self, _events: Iterable[PresenceEvent]) -> None:
        raise InvalidRetention("The source's stored retention is not valid.")


class Throttled:
    def write(self, _events: Iterable[PresenceEvent]) -> None:
        raise Unavailable("Throttled.")


def delivery(action: str) -> Delivery:
    body = json.dumps({"action": action, "channel": "room", "uuid": "ann", "timestamp": 1_754_042_400}).encode()
    headers = {"content-type": "application/json"}
    envelope = Envelope(
        provider="pubnub", source="main", received_at=1_754_042_400_500, request_id=action, headers=headers, body=body
    )
    return Delivery(action, seal(envelope))


def test_webhooks_of_a_source_with_invalid_retention_are_parked_and_not_retried() -> None:
    world = World()
    consumer = replace(world.consumer(), directory=Refusing(), log=Refusing())
    outcome = consumer.consume([delivery("join"), delivery("leave")], lambda: False)
    assert outcome.retry == set()
    assert {message_id: trouble.reason for message_id, trouble in outcome.parked.items()} == {
        "join": "invalid_retention",
        "leave": "invalid_retention",
    }


def test_what_could_not_be_written_for_now_is_retried_before_it_is_parked() -> None:
    consumer = replace(World().consumer(), directory=Refusing(), log=Throttled())
    outcome = consumer.consume([delivery("join")], lambda: False)
    assert (outcome.retry, outcome.parked) == ({"join"}, {})
