"""Trimming tidies up after the rules, and never changes what they say."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pytest

from rollcall.channel_directory import REMOVABLE_AFTER
from rollcall.consume import Delivery
from rollcall.envelope import Envelope, seal
from rollcall.events import PresenceEvent
from rollcall.keys import ChannelKey, SourceKey
from rollcall.presence_reader import PresenceReader
from rollcall.retention import LATEST_WEBHOOK_MINUTES
from rollcall.trimming import Bookmark, Mark, Run, Trimmed
from tests.integration.tables import LEASE, MINUTE, Clockwork, clockwork

ROOM = ChannelKey("pubnub", "main", "room")
MAIN = SourceKey("pubnub", "main")
DAY = 1440 * MINUTE


@pytest.fixture
def rollcall() -> Iterator[Clockwork]:
    with clockwork() as made:
        yield made


def event(action: str, user: str = "", *, at: int, channel: str = "room") -> bytes:
    return json.dumps({"action": action, "channel": channel, "uuid": user, "timestamp": at}).encode()


def present(rollcall: Clockwork, channel: ChannelKey = ROOM) -> list[str]:
    return [member.user for member in rollcall.reading.members(channel, 1000, "").members]


def logged(rollcall: Clockwork) -> list[tuple[str, str, int]]:
    return [(one.kind, one.reason, one.occurred_at) for _, one in rollcall.log.read(ROOM, 0, 10**15 - 1)]


def test_an_ended_lease_leaves_the_index_and_is_logged_once_at_the_time_it_ended(rollcall: Clockwork) -> None:
    joined = rollcall.time
    rollcall.receive(event("join", "ann", at=joined))
    rollcall.time += LEASE
    assert present(rollcall) == []  # by the rule alone
    assert rollcall.indexed() == 1
    assert rollcall.trim(Trimmed.MEMBERS)[0].trimmed["lease_expired"] == 1
    assert rollcall.indexed() == 0
    assert rollcall.trim(Trimmed.MEMBERS)[0].trimmed == {}
    assert logged(rollcall)[1:] == [("timed_out", "lease_expired", joined + LEASE)]


def test_whoever_is_present_stays_in_the_index(rollcall: Clockwork) -> None:
    rollcall.receive(event("join", "ann", at=rollcall.time))
    rollcall.time += LEASE - 1
    assert rollcall.trim(Trimmed.MEMBERS)[0].trimmed == {}
    assert present(rollcall) == ["ann"]


def test_evidence_from_within_the_lease_that_comes_late_revives_whom_the_trimmer_let_go(rollcall: Clockwork) -> None:
    joined = rollcall.time
    rollcall.receive(event("join", "ann", at=joined))
    rollcall.time += LEASE
    rollcall.trim(Trimmed.MEMBERS)
    rollcall.receive(event("state-change", "ann", at=joined + LEASE // 2))
    assert present(rollcall) == ["ann"]


def test_a_repeated_join_does_not_bring_back_whom_the_trimmer_let_go(rollcall: Clockwork) -> None:
    join = event("join", "ann", at=rollcall.time)
    rollcall.receive(join)
    rollcall.time += LEASE
    rollcall.trim(Trimmed.MEMBERS)
    rollcall.receive(join)
    assert (present(rollcall), rollcall.indexed()) == ([], 0)


def test_a_late_and_older_leave_does_not_bring_back_whom_the_trimmer_let_go(rollcall: Clockwork) -> None:
    joined = rollcall.time
    rollcall.receive(event("join", "ann", at=joined))
    rollcall.time += LEASE
    rollcall.trim(Trimmed.MEMBERS)
    rollcall.receive(event("leave", "ann", at=joined - 1))
    assert (present(rollcall), rollcall.indexed()) == ([], 0)


def receive_late(rollcall: Clockwork, body: bytes, received_at: int) -> None:
    """A webhook that waited in the queue."""
    envelope = Envelope(
        provider="pubnub", source="main", received_at=received_at, request_id="1", headers={}, body=body
    )
    rollcall.consumer.consume([Delivery("1", seal(envelope))], lambda: False)


def test_who_is_there_after_all_by_a_leave_that_was_received_first_is_in_the_index(rollcall: Clockwork) -> None:
    """Of one second: a leave, a join, and that leave again; the first of them is applied last."""
    second = rollcall.time
    for action, received in (("join", 2), ("leave", 3), ("leave", 1)):
        receive_late(rollcall, event(action, "ann", at=second), second + received)
    assert (present(rollcall), rollcall.indexed()) == (["ann"], 1)


def test_whom_only_the_order_of_receipt_makes_gone_the_trimmer_does_not_let_go(rollcall: Clockwork) -> None:
    second = rollcall.time
    receive_late(rollcall, event("join", "ann", at=second), second + 2)
    receive_late(rollcall, event("inactive", at=second), second + 3)
    rollcall.time += MINUTE
    rollcall.trim(Trimmed.MEMBERS)
    receive_late(rollcall, event("inactive", at=second), second + 1)
    assert present(rollcall) == ["ann"]
    rollcall.time += LEASE
    assert rollcall.trim(Trimmed.MEMBERS)[0].trimmed["lease_expired"] == 1
    assert rollcall.indexed() == 0


def test_a_shortened_lease_counts_in_quiet_channels_too(rollcall: Clockwork) -> None:
    rollcall.receive(event("join", "ann", at=rollcall.time))
    rollcall.time += LEASE // 2
    assert rollcall.trim(Trimmed.MEMBERS)[0].trimmed == {}
    rollcall.retention = rollcall.retention.model_copy(update={"lease_minutes": LEASE // MINUTE // 2})
    assert rollcall.trim(Trimmed.MEMBERS)[0].trimmed["lease_expired"] == 1


def test_a_channel_whose_last_member_leaves_after_a_long_quiet_is_soon_unlisted(rollcall: Clockwork) -> None:
    rollcall.receive(event("join", "ann", at=rollcall.time))
    for _ in range(2):
        rollcall.time += LEASE // 3
        rollcall.trim(Trimmed.MEMBERS)
    rollcall.receive(event("leave", "ann", at=rollcall.time))
    rollcall.time += MINUTE
    rollcall.trim(Trimmed.MEMBERS)
    rollcall.time += REMOVABLE_AFTER
    assert rollcall.trim(Trimmed.MEMBERS)[0].trimmed == {"empty_channel": 1}


def test_where_nothing_expires_the_entry_of_a_channel_does_not_either(rollcall: Clockwork) -> None:
    rollcall.retention = rollcall.retention.model_copy(update={"trim_tombstones": False})
    rollcall.receive(event("join", "ann", at=rollcall.time))
    items = rollcall.client.scan(TableName="Presence")["Items"]
    # The intake's figures are no presence, and expire whatever is trimmed.
    assert {item["pk"]["S"] for item in items if "expires_at" in item} == {"intake"}


def test_members_of_a_vacated_channel_leave_the_index_and_those_who_came_after_stay(rollcall: Clockwork) -> None:
    rollcall.receive(event("join", "ann", at=rollcall.time))
    rollcall.receive(event("inactive", at=rollcall.time + 1))
    rollcall.receive(event("join", "bob", at=rollcall.time + 2))
    rollcall.time += MINUTE
    assert present(rollcall) == ["bob"]
    assert rollcall.trim(Trimmed.MEMBERS)[0].trimmed == {"channel_vacated": 1}
    assert present(rollcall) == ["bob"]
    assert all(reason != "lease_expired" for _, reason, _ in logged(rollcall))


def test_a_dry_run_tells_and_changes_nothing(rollcall: Clockwork) -> None:
    rollcall.receive(event("join", "ann", at=rollcall.time))
    rollcall.time += LEASE + REMOVABLE_AFTER
    report, _ = rollcall.trim(Trimmed.MEMBERS, dry_run=True)
    assert report.trimmed == {"lease_expired": 1, "empty_channel": 1}
    assert rollcall.trim(Trimmed.MEMBERS, dry_run=True)[0].trimmed == report.trimmed
    assert len(logged(rollcall)) == 1


def test_an_empty_channel_leaves_the_directory_only_when_nobody_can_trust_its_entry_any_more(
    rollcall: Clockwork,
) -> None:
    rollcall.receive(event("join", "ann", at=rollcall.time))
    rollcall.receive(event("leave", "ann", at=rollcall.time + 1))
    rollcall.time += REMOVABLE_AFTER - MINUTE
    assert rollcall.trim(Trimmed.MEMBERS)[0].trimmed == {}
    rollcall.time += REMOVABLE_AFTER
    assert rollcall.trim(Trimmed.MEMBERS)[0].trimmed == {"empty_channel": 1}
    assert list(rollcall.reader.listed("")) == []
    rollcall.receive(event("join", "ann", at=rollcall.time))
    assert [channel.channel for channel in rollcall.reading.channels(MAIN, "", 10, "").channels] == ["room"]


def test_an_empty_channel_that_was_looked_into_at_the_last_moment_of_trust_is_looked_into_again(
    rollcall: Clockwork,
) -> None:
    rollcall.receive(event("join", "ann", at=rollcall.time))
    rollcall.receive(event("leave", "ann", at=rollcall.time + 1))
    rollcall.time += REMOVABLE_AFTER
    assert rollcall.trim(Trimmed.MEMBERS)[0].trimmed == {}
    rollcall.time += REMOVABLE_AFTER
    assert rollcall.trim(Trimmed.MEMBERS)[0].trimmed == {"empty_channel": 1}


def test_a_channel_that_only_its_provider_calls_occupied_is_listed_for_a_lease(rollcall: Clockwork) -> None:
    rollcall.receive(event("active", at=rollcall.time, channel="orders"))
    (listed,) = rollcall.reading.channels(MAIN, "", 10, "").channels
    assert (listed.channel, listed.occupancy) == ("orders", 0)
    rollcall.time += LEASE
    assert rollcall.reading.channels(MAIN, "", 10, "").channels == []
    assert rollcall.trim(Trimmed.MEMBERS)[0].trimmed == {"empty_channel": 1}


def test_a_channel_whose_members_all_left_is_not_occupied_though_nobody_said_it_was_vacated(
    rollcall: Clockwork,
) -> None:
    rollcall.receive(event("active", at=rollcall.time))
    rollcall.receive(event("join", "ann", at=rollcall.time))
    rollcall.receive(event("leave", "ann", at=rollcall.time + 1))
    assert rollcall.reading.channels(MAIN, "", 10, "").channels == []


def test_a_run_that_is_out_of_time_goes_on_where_it_stopped(rollcall: Clockwork) -> None:
    for number in range(3):
        rollcall.receive(event("join", "ann", at=rollcall.time, channel=f"room-{number}"))
    rollcall.time += LEASE
    first, position = rollcall.trim(Trimmed.MEMBERS, late=[False] * 4 + [True])  # channel, member, …
    assert (first.trimmed["lease_expired"], position) == (2, "pubnub#main#room-1")
    second, position = rollcall.trim(Trimmed.MEMBERS, position=position)
    assert (second.examined, second.trimmed["lease_expired"], position) == (1, 1, "")


def test_a_run_that_is_out_of_time_within_a_channel_comes_back_to_it(rollcall: Clockwork) -> None:
    for user in ("ann", "bob", "cid"):
        rollcall.receive(event("join", user, at=rollcall.time))
    rollcall.time += LEASE
    first, position = rollcall.trim(Trimmed.MEMBERS, late=[False, False, False, True])
    assert (first.trimmed, first.complete, position) == ({"lease_expired": 2}, False, "")
    assert rollcall.trim(Trimmed.MEMBERS)[0].trimmed["lease_expired"] == 1


def test_what_is_not_due_is_not_looked_into(rollcall: Clockwork) -> None:
    rollcall.receive(event("join", "ann", at=rollcall.time))
    rollcall.time += MINUTE
    assert rollcall.trim(Trimmed.MEMBERS)[0].examined == 1
    rollcall.time += MINUTE
    assert rollcall.trim(Trimmed.MEMBERS)[0].examined == 0
    rollcall.receive(event("join", "bob", at=rollcall.time, channel="another"))
    assert rollcall.trim(Trimmed.MEMBERS)[0].examined == 1


def test_a_quiet_channel_is_looked_into_once_more_and_then_when_a_lease_ends(rollcall: Clockwork) -> None:
    began = rollcall.time
    rollcall.retention = rollcall.retention.model_copy(update={"lease_minutes": 1440})
    rollcall.receive(event("join", "ann", at=began))
    looks = []
    for minute in range(5, 1500, 5):
        rollcall.time = began + minute * MINUTE
        if rollcall.trim(Trimmed.MEMBERS)[0].examined:
            looks.append(minute)
    assert looks == [5, 25, 1440]


def test_who_comes_while_the_entry_is_trusted_is_trimmed_when_the_lease_ends_however_short(
    rollcall: Clockwork,
) -> None:
    rollcall.retention = rollcall.retention.model_copy(update={"lease_minutes": 1})
    for user in ("ann", "bob", "cid"):
        rollcall.receive(event("join", user, at=rollcall.time))
        rollcall.time += 2 * MINUTE
        assert rollcall.trim(Trimmed.MEMBERS)[0].trimmed["lease_expired"] == 1


def test_whoever_gives_another_sign_stays_and_is_looked_at_when_the_lease_of_that_one_ends(
    rollcall: Clockwork,
) -> None:
    began = rollcall.time
    rollcall.receive(event("join", "ann", at=began))
    rollcall.time += LEASE // 2
    rollcall.receive(event("state-change", "ann", at=rollcall.time))
    rollcall.time = began + LEASE
    assert rollcall.trim(Trimmed.MEMBERS)[0].trimmed == {}
    assert present(rollcall) == ["ann"]
    assert list(rollcall.reader.arrived_by(ROOM, began)) == []  # so that the next look does not read it again
    rollcall.time += MINUTE
    assert rollcall.trim(Trimmed.MEMBERS)[0].examined == 0
    rollcall.time = began + LEASE // 2 + LEASE
    assert rollcall.trim(Trimmed.MEMBERS)[0].trimmed["lease_expired"] == 1


@dataclass
class LogThatIsSlow:
    """Meanwhile, something else happens."""

    meanwhile: Callable[[], object]

    def write(self, _events: Iterable[PresenceEvent]) -> None:
        self.meanwhile()


def test_the_trimmer_does_not_take_out_who_comes_back_while_it_writes_the_log(rollcall: Clockwork) -> None:
    rollcall.receive(event("join", "ann", at=rollcall.time))
    rollcall.time += LEASE
    slow = LogThatIsSlow(lambda: rollcall.receive(event("join", "ann", at=rollcall.time)))
    rollcall.trim(Trimmed.MEMBERS, log=slow)
    assert (present(rollcall), rollcall.indexed()) == (["ann"], 1)


@dataclass(frozen=True)
class ReaderThatIsSlow(PresenceReader):
    """What it read is no longer so when it is told."""

    meanwhile: Callable[[], object] = lambda: None

    def first_arrived_after(self, key: ChannelKey, time: int) -> int | None:
        found = super().first_arrived_after(key, time)
        self.meanwhile()
        return found


def test_the_trimmer_does_not_unlist_a_channel_into_which_somebody_comes_while_it_looks(rollcall: Clockwork) -> None:
    rollcall.receive(event("join", "ann", at=rollcall.time))
    rollcall.receive(event("leave", "ann", at=rollcall.time + 1))
    rollcall.time += 2 * REMOVABLE_AFTER
    slow = ReaderThatIsSlow(
        rollcall.client, "Presence", lambda: rollcall.receive(event("join", "bob", at=rollcall.time))
    )
    rollcall.trim(Trimmed.MEMBERS, reader=slow)
    assert [channel.channel for channel in rollcall.reading.channels(MAIN, "", 10, "").channels] == ["room"]


def test_a_channel_that_is_vacated_is_trimmed_by_the_next_run(rollcall: Clockwork) -> None:
    rollcall.receive(event("join", "ann", at=rollcall.time))
    for _ in range(12):
        rollcall.time += 4 * MINUTE
        rollcall.trim(Trimmed.MEMBERS)
    rollcall.receive(event("inactive", at=rollcall.time))
    rollcall.time += 1
    assert rollcall.trim(Trimmed.MEMBERS)[0].trimmed == {"channel_vacated": 1}


def test_a_tombstone_that_is_in_use_again_waits_on_another_shelf(rollcall: Clockwork) -> None:
    rollcall.receive(event("join", "ann", at=rollcall.time))
    rollcall.time += LATEST_WEBHOOK_MINUTES * MINUTE - 1
    rollcall.receive(event("leave", "ann", at=rollcall.time))
    rollcall.time += LEASE + DAY
    first, position = rollcall.trim(Trimmed.TOMBSTONES)
    assert (first.examined, first.trimmed) == (1, {})
    rollcall.time += DAY
    again, position = rollcall.trim(Trimmed.TOMBSTONES, position=position)
    assert again.examined == 0
    rollcall.time += LATEST_WEBHOOK_MINUTES * MINUTE
    assert rollcall.trim(Trimmed.TOMBSTONES, position=position)[0].trimmed == {"expired": 1}


def test_a_record_in_use_is_found_again_after_the_schedule_was_off_for_months(rollcall: Clockwork) -> None:
    rollcall.receive(event("join", "ann", at=rollcall.time))
    _, position = rollcall.trim(Trimmed.TOMBSTONES)
    for _ in range(3):
        rollcall.time += LATEST_WEBHOOK_MINUTES * MINUTE
        rollcall.receive(event("state-change", "ann", at=rollcall.time))
    rollcall.time += LATEST_WEBHOOK_MINUTES * MINUTE + LEASE + DAY
    assert rollcall.trim(Trimmed.TOMBSTONES, position=position)[0].trimmed == {"expired": 1}


def test_records_of_channels_wait_on_as_many_shelves_as_any_others(rollcall: Clockwork) -> None:
    for number in range(40):
        rollcall.receive(event("active", at=rollcall.time, channel=f"room-{number}"))

    def shelves() -> int:
        items = rollcall.client.scan(TableName="Presence")["Items"]
        return len({item["shelf"]["S"] for item in items if "shelf" in item})

    before = shelves()
    rollcall.time += LATEST_WEBHOOK_MINUTES * MINUTE
    for number in range(40):
        rollcall.receive(event("inactive", at=rollcall.time, channel=f"room-{number}"))
    rollcall.time += 2 * DAY
    rollcall.trim(Trimmed.TOMBSTONES)
    assert shelves() == before > 4


def test_a_dry_run_leaves_tombstones_on_their_shelves(rollcall: Clockwork) -> None:
    rollcall.receive(event("leave", "ann", at=rollcall.time))
    rollcall.time += LATEST_WEBHOOK_MINUTES * MINUTE + LEASE + DAY
    for _ in range(2):
        assert rollcall.trim(Trimmed.TOMBSTONES, dry_run=True)[0].trimmed == {"expired": 1}
    assert rollcall.trim(Trimmed.TOMBSTONES)[0].trimmed == {"expired": 1}


@pytest.mark.parametrize("kind", [Trimmed.TOMBSTONES, Trimmed.EVENTS])
def test_what_expires_is_trimmed_over_several_runs_that_are_out_of_time(rollcall: Clockwork, kind: Trimmed) -> None:
    for number in range(3):
        rollcall.receive(event("leave", "ann", at=rollcall.time, channel=f"room {number}"))
    rollcall.time += LATEST_WEBHOOK_MINUTES * MINUTE + LEASE + DAY
    position, trimmed, runs = "", 0, 0
    while True:
        # The clock of a tombstone is asked before each record, that of the log before each page of a channel.
        report, position = rollcall.trim(kind, position=position, late=[False, True])
        trimmed += report.trimmed.total()
        runs += 1
        if report.complete:
            break
    assert trimmed == 3
    assert runs > 1


def test_an_event_that_comes_after_its_retention_is_trimmed_with_those_of_today(rollcall: Clockwork) -> None:
    rollcall.receive(event("join", "ann", at=rollcall.time))
    received = rollcall.time
    rollcall.time += 3 * DAY
    _, position = rollcall.trim(Trimmed.EVENTS)
    redriven = seal(
        Envelope(
            provider="pubnub",
            source="main",
            received_at=received,
            request_id="1",
            headers={},
            body=event("join", "bob", at=received),
        )
    )
    rollcall.consumer.consume([Delivery("1", redriven)], lambda: False)
    rollcall.time += DAY
    assert rollcall.trim(Trimmed.EVENTS, position=position)[0].trimmed == {"expired": 1}
    assert rollcall.logged() == 0


def test_what_expires_after_a_run_that_ran_out_of_time_is_trimmed_by_a_later_one(rollcall: Clockwork) -> None:
    rollcall.time -= rollcall.time % DAY  # midnight
    for _ in range(2):
        for number in range(6):
            rollcall.receive(event("join", "ann", at=rollcall.time, channel=f"room {number}"))
        rollcall.time += 12 * 60 * MINUTE
    rollcall.time += 6 * 60 * MINUTE  # the retention is a day: those of midnight have expired, those of noon have not
    report, position = rollcall.trim(Trimmed.EVENTS, late=[False] * 4 + [True])
    assert (report.complete, report.trimmed["expired"]) == (False, 4)
    for _ in range(2):
        rollcall.time += DAY
        _, position = rollcall.trim(Trimmed.EVENTS, position=position)
    assert rollcall.logged() == 0


@pytest.mark.parametrize(("first", "then"), [(600, 60), (60, 600)])
def test_events_are_trimmed_by_the_retention_under_which_they_were_written(
    rollcall: Clockwork, first: int, then: int
) -> None:
    rollcall.time -= rollcall.time % DAY  # midnight, so that all expire on one day
    for minutes, user in ((first, "ann"), (then, "bob")):
        rollcall.retention = rollcall.retention.model_copy(update={"event_retention_minutes": minutes})
        rollcall.receive(event("join", user, at=rollcall.time))
        rollcall.time += 60 * MINUTE
    rollcall.time += 2 * 60 * MINUTE
    rollcall.trim(Trimmed.EVENTS)
    assert rollcall.logged() == 1
    rollcall.time += 8 * 60 * MINUTE
    rollcall.trim(Trimmed.EVENTS)
    assert rollcall.logged() == 0


def test_a_source_that_keeps_no_log_has_presence_all_the_same(rollcall: Clockwork) -> None:
    rollcall.retention = rollcall.retention.model_copy(update={"log_events": False})
    rollcall.receive(event("join", "ann", at=rollcall.time))
    assert (present(rollcall), rollcall.client.scan(TableName="Events")["Items"]) == (["ann"], [])


def test_a_tombstone_is_kept_for_as_long_as_a_webhook_may_be_late_and_then_deleted(rollcall: Clockwork) -> None:
    left = rollcall.time
    rollcall.receive(event("leave", "ann", at=left))
    rollcall.time = left + LATEST_WEBHOOK_MINUTES * MINUTE
    assert rollcall.trim(Trimmed.TOMBSTONES)[0].trimmed == {}
    rollcall.receive(event("join", "ann", at=left - 1))
    assert present(rollcall) == []
    rollcall.time += LEASE + 1440 * MINUTE  # the day on which it expired is over
    assert rollcall.trim(Trimmed.TOMBSTONES)[0].trimmed == {"expired": 1}


def test_events_are_deleted_after_their_retention_and_not_before(rollcall: Clockwork) -> None:
    rollcall.receive(event("join", "ann", at=rollcall.time))
    rollcall.time += 1440 * MINUTE - 1000
    assert rollcall.trim(Trimmed.EVENTS)[0].trimmed == {}
    rollcall.time += MINUTE
    assert rollcall.trim(Trimmed.EVENTS, dry_run=True)[0].trimmed == {"expired": 1}
    assert rollcall.logged() == 1
    assert rollcall.trim(Trimmed.EVENTS)[0].trimmed == {"expired": 1}
    assert rollcall.logged() == 0


def test_what_is_not_to_be_trimmed_carries_no_date_of_expiry(rollcall: Clockwork) -> None:
    rollcall.retention = rollcall.retention.model_copy(
        update={"trim_members": False, "trim_tombstones": False, "trim_events": False}
    )
    rollcall.receive(event("join", "ann", at=rollcall.time))
    rollcall.time += 10 * 365 * 1440 * MINUTE
    for kind in Trimmed:
        assert "lease_expired" not in rollcall.trim(kind)[0].trimmed
    assert (rollcall.logged(), rollcall.indexed()) == (1, 1)


def test_the_bookmark_remembers_and_forgets(rollcall: Clockwork) -> None:
    bookmark = Bookmark(rollcall.client, "Presence")
    assert bookmark.read(Trimmed.EVENTS).position == ""
    bookmark.write(Trimmed.EVENTS, "here", Run(1000, complete=False))
    assert [bookmark.read(kind).position for kind in (Trimmed.EVENTS, Trimmed.MEMBERS)] == ["here", ""]
    assert bookmark.last_runs() == {Trimmed.EVENTS: Run(1000, complete=False)}
    bookmark.write(Trimmed.EVENTS, "", Run(2000, complete=True))
    assert bookmark.read(Trimmed.EVENTS).position == ""
    assert bookmark.last_runs() == {Trimmed.EVENTS: Run(2000, complete=True)}


def test_a_bookmark_of_an_earlier_version_tells_where_to_go_on_and_no_run(rollcall: Clockwork) -> None:
    old = {"pk": {"S": "trimmer"}, "sk": {"S": "members"}, "position": {"S": "here"}}
    rollcall.client.put_item(TableName="Presence", Item=old)
    bookmark = Bookmark(rollcall.client, "Presence")
    assert (bookmark.read(Trimmed.MEMBERS), bookmark.last_runs()) == (Mark("here"), {})
