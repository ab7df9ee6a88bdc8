"""What has outlived its retention is deleted, over as many runs as that takes, and nothing else."""

import pytest

from rollcall.consume import Delivery
from rollcall.envelope import Envelope, seal
from rollcall.retention import LATEST_WEBHOOK_MINUTES
from rollcall.trimming import Bookmark, Mark, Run, Trimmed
from tests.integration.tables import LEASE, MINUTE, Clockwork, event, present

DAY = 1440 * MINUTE


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
