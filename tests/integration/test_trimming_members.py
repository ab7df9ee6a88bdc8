"""Trimming members tidies up after the rules, and never changes what they say."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from rollcall.channel_directory import REMOVABLE_AFTER
from rollcall.consume import Delivery
from rollcall.envelope import Envelope, seal
from rollcall.events import PresenceEvent
from rollcall.keys import ChannelKey, SourceKey
from rollcall.presence_reader import Indexed, PresenceReader
from rollcall.trimming import Trimmed
from tests.integration.tables import LEASE, MINUTE, ROOM, Clockwork, event, logged, present

MAIN = SourceKey("pubnub", "main")


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


def test_a_change_of_state_brings_nobody_into_the_index_who_has_left(rollcall: Clockwork) -> None:
    at = rollcall.time
    for action, later in (("join", 0), ("leave", 1), ("state-change", 2)):
        rollcall.receive(event(action, "ann", at=at + later))
    assert (present(rollcall), rollcall.indexed()) == ([], 0)


def test_a_change_of_state_brings_into_the_index_whom_nobody_has_heard_of(rollcall: Clockwork) -> None:
    rollcall.receive(event("state-change", "ann", at=rollcall.time))
    assert (present(rollcall), rollcall.indexed()) == (["ann"], 1)


def test_a_late_join_brings_back_whom_the_trimmer_let_go_as_vacated(rollcall: Clockwork) -> None:
    at = rollcall.time
    for action, user, later in (("join", "ann", 0), ("inactive", "", 2), ("state-change", "ann", 9)):
        rollcall.receive(event(action, user, at=at + later))
    assert rollcall.trim(Trimmed.MEMBERS)[0].trimmed == {"channel_vacated": 1}
    rollcall.receive(event("join", "ann", at=at + 3))
    assert (present(rollcall), rollcall.indexed()) == (["ann"], 1)


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


@dataclass(frozen=True)
class IndexThatIsSlow(PresenceReader):
    """What it read is no longer so when it is looked at."""

    meanwhile: Callable[[], object] = lambda: None

    def arrived_by(self, key: ChannelKey, time: int) -> Iterator[Indexed]:
        found = list(super().arrived_by(key, time))
        self.meanwhile()
        return iter(found)


def test_the_trimmer_does_not_take_out_who_turns_out_to_have_come_back(rollcall: Clockwork) -> None:
    at = rollcall.time
    for action, user, later in (("join", "ann", 0), ("inactive", "", 2), ("state-change", "ann", 9)):
        rollcall.receive(event(action, user, at=at + later))
    slow = IndexThatIsSlow(rollcall.client, "Presence", lambda: rollcall.receive(event("join", "ann", at=at + 3)))
    rollcall.trim(Trimmed.MEMBERS, reader=slow)
    assert (present(rollcall), rollcall.indexed()) == (["ann"], 1)


def test_a_channel_that_is_vacated_is_trimmed_by_the_next_run(rollcall: Clockwork) -> None:
    rollcall.receive(event("join", "ann", at=rollcall.time))
    for _ in range(12):
        rollcall.time += 4 * MINUTE
        rollcall.trim(Trimmed.MEMBERS)
    rollcall.receive(event("inactive", at=rollcall.time))
    rollcall.time += 1
    assert rollcall.trim(Trimmed.MEMBERS)[0].trimmed == {"channel_vacated": 1}
