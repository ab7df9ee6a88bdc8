"""The whole way: webhooks over HTTP, answers of the read API."""

import random
import time
from collections.abc import Iterable
from typing import Any

from rollcall.events import PresenceEvent
from tests.e2e.rollcall_client import RollcallClient, now, pubnub, pusher, signed
from tests.recorded import Recording, recordings_of, secrets_of
from tools.parked import Choice
from tools.redrive import redrive
from tools.trim import trim

PROVIDERS = ("pubnub", "pusher", "yalgaar")
YEARS = 5_000_000  # minutes; the recordings are of August 2025, and are to count today


def send(rollcall: RollcallClient, recording: Recording, source: str) -> None:
    headers = {name: value for name, value in recording.envelope.headers.items() if name != "content-length"}
    answer = rollcall.post(recording.provider, source, recording.envelope.body, headers)
    assert answer.status == 200, recording


def tells_its_own_time(recording: Recording) -> bool:
    """Whether the same body means the same whenever it is received."""
    return not recording.refused and all(event.occurred_at < event.received_at for event in recording.events)


def hangs_on_its_receipt(recording: Recording, others: Iterable[Recording]) -> bool:
    """Whether another body says something else of the same second, which clocks of seconds do not tell apart."""
    return any(
        (one.provider, one.channel, one.occurred_at // 1000)
        == (other.provider, other.channel, other.occurred_at // 1000)
        and one.kind != other.kind
        and (one.user == other.user or not (one.user and other.user))
        and 1000 in (one.resolution, other.resolution)
        for of in others
        if of is not recording
        for other in of.events
        for one in recording.events
    )


def prepare(rollcall: RollcallClient, source: str) -> None:
    for provider in PROVIDERS:
        rollcall.store("secrets", provider, source, secrets_of(provider))
        lasting = {"lease_minutes": YEARS, "tombstone_retention_minutes": YEARS, "event_retention_minutes": YEARS}
        rollcall.store("retention", provider, source, lasting)


def everything(rollcall: RollcallClient, source: str, events: Iterable[PresenceEvent]) -> dict[str, Any]:
    """All that the read API tells of a source."""
    told: dict[str, Any] = {}
    for provider in PROVIDERS:
        own = [event for event in events if event.provider == provider]
        told[provider] = rollcall.tell("channels", provider, source)
        for channel in {event.channel for event in own if event.channel}:
            told[f"{provider}: {channel}"] = rollcall.tell("members", provider, source, channel=channel)
            log = rollcall.tell("events", provider, source, channel=channel)["events"]
            # When it was received is the one thing that a second delivery changes.
            told[f"{provider}: log of {channel}"] = [{**event, "received_at": ""} for event in log]
        for user in {event.user for event in own if event.user}:
            told[f"{provider}: where is {user}"] = rollcall.tell("whereabouts", provider, source, user=user)
    return told


def test_recorded_webhooks_twice_and_in_any_order_give_the_same_answers(rollcall: RollcallClient) -> None:
    timed = [one for provider in PROVIDERS for one in recordings_of(provider) if tells_its_own_time(one)]
    recordings = [one for one in timed if not hangs_on_its_receipt(one, timed)]
    for source in ("in-order", "shuffled"):
        prepare(rollcall, source)
    for recording in recordings:
        send(rollcall, recording, "in-order")
    rollcall.settle()
    shuffled = recordings * 2
    random.Random(20250801).shuffle(shuffled)
    for recording in shuffled:
        send(rollcall, recording, "shuffled")
    rollcall.settle()

    events = [event for recording in recordings for event in recording.events]
    in_order = everything(rollcall, "in-order", events)
    assert everything(rollcall, "shuffled", events) == in_order
    assert {"u-1002", "u-1003"} <= rollcall.users("pusher", "shuffled", "presence-lobby")
    assert rollcall.users("yalgaar", "shuffled", "support") == {"driver-1"}
    assert "Jack-device" in rollcall.users("pubnub", "shuffled", "Channel-Lisboa")


def test_a_member_is_present_from_its_join_to_its_leave(rollcall: RollcallClient) -> None:
    at = now()
    rollcall.post("pubnub", "stay", pubnub(("joined", "room", "ann"), ("joined", "room", "bob"), at=at))
    rollcall.settle()
    assert rollcall.users("pubnub", "stay", "room") == {"ann", "bob"}
    rollcall.post("pubnub", "stay", pubnub(("left", "room", "ann"), at=at + 10))
    rollcall.post("pubnub", "stay", pubnub(("joined", "room", "ann"), at=at))  # a late repetition
    rollcall.settle()
    assert rollcall.users("pubnub", "stay", "room") == {"bob"}
    where = rollcall.tell("whereabouts", "pubnub", "stay", user="ann")
    assert (where["online"], where["channels"]) == (False, [])
    assert where["last_seen"] is not None


def test_nobody_is_present_after_their_lease_and_the_trimmer_says_so_once(rollcall: RollcallClient) -> None:
    rollcall.store("retention", "pubnub", "leases", {"lease_minutes": 1})
    ended = now() - 61_000
    rollcall.post("pubnub", "leases", pubnub(("joined", "lounge", "ann"), at=ended))
    rollcall.post("pubnub", "leases", pubnub(("joined", "lounge", "bob")))
    rollcall.settle()
    assert rollcall.users("pubnub", "leases", "lounge") == {"bob"}  # the trimmer has not run
    # This suite's stack does not trim members, but a source may want it otherwise.
    assert trim(rollcall.stack, "members", dry_run=True)["trimmed"].get("lease_expired", 0) == 0
    rollcall.store("retention", "pubnub", "leasing", {"lease_minutes": 1, "trim_members": True})
    rollcall.post("pubnub", "leasing", pubnub(("joined", "lounge", "ann"), at=ended))
    rollcall.settle()
    for _ in range(2):
        trim(rollcall.stack, "members", dry_run=False)
    log = rollcall.tell("events", "pubnub", "leasing", channel="lounge")["events"]
    assert [(event["kind"], event["reason"]) for event in log] == [("joined", ""), ("timed_out", "lease_expired")]


def test_a_rotated_secret_counts_without_a_deployment(rollcall: RollcallClient) -> None:
    old, new = {"key": "k-1", "secret": "old"}, {"key": "k-2", "secret": "new"}
    rollcall.store("secrets", "pusher", "rotating", {"tokens": [old]})
    body = pusher(("member_added", "presence-a", "ann"))
    rollcall.post("pusher", "rotating", body, signed(body, **old))
    rollcall.settle()
    rollcall.store("secrets", "pusher", "rotating", {"tokens": [old, new]})
    time.sleep(11)  # what was looked up less than ten seconds ago is not looked up again
    body = pusher(("member_added", "presence-a", "bob"))
    rollcall.post("pusher", "rotating", body, signed(body, **new))
    rollcall.settle()
    assert rollcall.users("pusher", "rotating", "presence-a") == {"ann", "bob"}


def test_what_was_parked_for_a_missing_secret_counts_once_it_is_stored_and_redriven(rollcall: RollcallClient) -> None:
    token = {"key": "k-1", "secret": "known later"}
    body = pusher(("member_added", "presence-b", "ann"))
    rollcall.post("pusher", "unprepared", body, signed(body, **token))
    rollcall.settle()
    assert rollcall.users("pusher", "unprepared", "presence-b") == set()
    rollcall.store("secrets", "pusher", "unprepared", {"tokens": [token]})
    time.sleep(11)  # as above
    redrive(rollcall.stack, Choice("missing_secret"))
    rollcall.settle()
    assert rollcall.users("pusher", "unprepared", "presence-b") == {"ann"}


def test_answers_come_in_pages_that_leave_nobody_out(rollcall: RollcallClient) -> None:
    users = {f"user-{number:03}" for number in range(25)}
    rollcall.post("pubnub", "pages", pubnub(*(("joined", "hall #1/%23", user) for user in sorted(users))))
    rollcall.settle()
    told = rollcall.tell("members", "pubnub", "pages", channel="hall #1/%23", limit=10)
    assert told["occupancy"] == 25
    assert [member["user"] for member in told["members"]] == sorted(users)
    assert rollcall.tell("channels", "pubnub", "pages", prefix="hall #")["channels"][0]["occupancy"] == 25
    log = rollcall.tell("events", "pubnub", "pages", channel="hall #1/%23", limit=7)
    assert {event["user"] for event in log["events"]} == users
