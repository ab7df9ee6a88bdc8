"""Trimming tidies up after the rules, and never changes what they say."""

import json
from collections.abc import Iterator

import pytest

from rollcall.channel_directory import REMOVABLE_AFTER
from rollcall.keys import ChannelKey, SourceKey
from rollcall.retention import LATEST_WEBHOOK_MINUTES
from rollcall.trimming import Bookmark, Trimmed
from tests.integration.tables import LEASE, MINUTE, Clockwork, clockwork

ROOM = ChannelKey("pubnub", "main", "room")
MAIN = SourceKey("pubnub", "main")


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
    rollcall.time += REMOVABLE_AFTER
    assert rollcall.trim(Trimmed.MEMBERS)[0].trimmed == {}
    rollcall.time += 1
    assert rollcall.trim(Trimmed.MEMBERS)[0].trimmed == {"empty_channel": 1}
    assert list(rollcall.reader.listed("")) == []
    rollcall.receive(event("join", "ann", at=rollcall.time))
    assert [channel.channel for channel in rollcall.reading.channels(MAIN, "", 10, "").channels] == ["room"]


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


def test_a_tombstone_is_kept_for_as_long_as_a_webhook_may_be_late_and_then_deleted(rollcall: Clockwork) -> None:
    left = rollcall.time
    rollcall.receive(event("leave", "ann", at=left))
    rollcall.time = left + LATEST_WEBHOOK_MINUTES * MINUTE
    assert rollcall.trim(Trimmed.TOMBSTONES)[0].trimmed == {}
    rollcall.receive(event("join", "ann", at=left - 1))
    assert present(rollcall) == []
    rollcall.time += LEASE + MINUTE
    assert rollcall.trim(Trimmed.TOMBSTONES)[0].trimmed == {"expired": 1}


def test_events_are_deleted_after_their_retention_and_not_before(rollcall: Clockwork) -> None:
    rollcall.receive(event("join", "ann", at=rollcall.time))
    rollcall.time += 1440 * MINUTE - 1000
    assert rollcall.trim(Trimmed.EVENTS)[0].trimmed == {}
    rollcall.time += MINUTE
    assert rollcall.trim(Trimmed.EVENTS, dry_run=True)[0].trimmed == {"expired": 1}
    assert rollcall.count("Events") == 1
    assert rollcall.trim(Trimmed.EVENTS)[0].trimmed == {"expired": 1}
    assert rollcall.count("Events") == 0


def test_what_is_not_to_be_trimmed_carries_no_date_of_expiry(rollcall: Clockwork) -> None:
    rollcall.retention = rollcall.retention.model_copy(
        update={"trim_members": False, "trim_tombstones": False, "trim_events": False}
    )
    rollcall.receive(event("join", "ann", at=rollcall.time))
    rollcall.time += 10 * 365 * 1440 * MINUTE
    for kind in Trimmed:
        assert "lease_expired" not in rollcall.trim(kind)[0].trimmed
    assert (rollcall.count("Events"), rollcall.indexed()) == (1, 1)


def test_the_bookmark_remembers_and_forgets(rollcall: Clockwork) -> None:
    bookmark = Bookmark(rollcall.client, "Presence")
    assert bookmark.read(Trimmed.EVENTS) == ""
    bookmark.write(Trimmed.EVENTS, "here")
    assert (bookmark.read(Trimmed.EVENTS), bookmark.read(Trimmed.MEMBERS)) == ("here", "")
    bookmark.write(Trimmed.EVENTS, "")
    assert bookmark.read(Trimmed.EVENTS) == ""
