"""What the audit finds, what it forgives, and what it measures."""

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.simulator import App, Delivery, Knobs, Occupancy, Place, Stay, WireEvent, run
from tools.simulator.audit import Auditor, Findings, differences
from tools.simulator.ghosts import GhostLives
from tools.simulator.ledger import Ledger, Turn
from tools.simulator.options import parse
from tools.simulator.pace import Pace, now
from tools.simulator.probes import percentile
from tools.simulator.questions import Questions
from tools.simulator.wire import Rendered
from tools.trouble import BadInput

NOW = now()
DAY = 86_400_000  # milliseconds
APP = App("pubnub", "sim-pubnub-0")
ROOM = Place(*APP, "room-1")
ANN, BOB = Stay(NOW - 9000, NOW - 9000, None), Stay(NOW - 8000, NOW - 5000, '{"seat":1}')


def delivery(*events: tuple[str, str, int], at: int = NOW - 1000) -> Delivery:
    """Events are (kind, user, milliseconds before now)."""
    told = tuple(
        WireEvent(kind, ROOM.channel, user, NOW - before, place) for place, (kind, user, before) in enumerate(events)
    )
    return Delivery(*APP, 1, Rendered({}, b"", told), at)


def ledger(*deliveries: Delivery) -> Ledger:
    found = Ledger(run(Knobs(events=0, mix={"pubnub": 1.0}), NOW), lease=DAY)
    for one in deliveries:
        found.acknowledge(one, one.received_at, 0.0, repeated=False)
    return found


class Rollcall:
    """Answers what it was told to."""

    def __init__(self, members: dict[str, Stay], occupancy: int, occupied_since: int | None = NOW - 9000) -> None:
        self._members = members
        self._occupancy = occupancy
        self._occupied_since = occupied_since

    def members(self, _place: Place) -> tuple[dict[str, Stay], int]:
        return self._members, self._occupancy

    def channels(self, _app: App) -> dict[str, Occupancy]:
        return {ROOM.channel: Occupancy(self._occupancy, self._occupied_since)} if self._occupancy else {}

    def whereabouts(self, _app: App, user: str) -> dict[str, int | None]:
        return {ROOM.channel: self._members[user].since} if user in self._members else {}


def audit(rollcall: Rollcall, known: Ledger) -> Findings:
    return Auditor(cast("Questions", rollcall), known, connections=1, sample=5).audit()


JOINED = delivery(("joined", "ann", 9000), ("joined", "bob", 8000), ("joined", "eve", 7000), ("left", "eve", 6000))
RIGHT = {"ann": Stay(NOW - 9000, NOW - 9000, None), "bob": Stay(NOW - 8000, NOW - 8000, None)}


def test_an_answer_that_a_perfect_receiver_would_give_is_right() -> None:
    findings = audit(Rollcall(RIGHT, 2), ledger(JOINED))
    assert not findings.wrong
    assert (findings.members, findings.channels) == (2, 1)


@pytest.mark.parametrize(
    ("told", "occupancy", "wrong"),
    [
        ({"ann": RIGHT["ann"]}, 2, {"missing": 1, "wrong whereabouts": 1}),
        (RIGHT | {"eve": ANN}, 2, {"ghost": 1, "wrong whereabouts": 1}),
        (RIGHT | {"mallory": ANN}, 2, {"ghost": 1}),
        (RIGHT, 3, {"wrong occupancy": 1, "wrong channel": 1}),
        (RIGHT, 0, {"wrong occupancy": 1, "wrong channel": 1}),
        (RIGHT | {"bob": RIGHT["bob"]._replace(last_seen=NOW)}, 2, {"wrong last_seen": 1}),
        (RIGHT | {"bob": RIGHT["bob"]._replace(state='"calm"')}, 2, {"wrong state": 1}),
    ],
)
def test_what_is_wrong_is_found_and_named(told: dict[str, Stay], occupancy: int, wrong: dict[str, int]) -> None:
    assert audit(Rollcall(told, occupancy), ledger(JOINED)).wrong == wrong


def test_a_wrong_beginning_of_an_occupied_channel_is_found() -> None:
    assert audit(Rollcall(RIGHT, 2, NOW), ledger(JOINED)).wrong == {"wrong channel": 1}


def test_a_lease_that_ends_while_it_is_asked_for_may_be_answered_either_way() -> None:
    known = ledger(JOINED)
    known.lease = now() - (NOW - 9000) + 1000  # ann's ends in a second
    for told in (RIGHT, {"bob": RIGHT["bob"]}):
        findings = audit(Rollcall(told, len(told), min(stay.since for stay in told.values())), known)
        assert not findings.wrong, findings.examples


def test_an_answer_between_two_right_ones_is_right_and_any_other_is_not() -> None:
    later = ANN._replace(last_seen=NOW)
    assert not list(differences({"ann": later}, {"ann": ANN}, {"ann": later}, set()))
    wrong = ANN._replace(since=NOW)
    assert [kind for kind, _ in differences({"ann": wrong}, {"ann": ANN}, {"ann": later}, set())] == ["wrong since"]


@pytest.mark.parametrize("told", [{}, RIGHT])
def test_a_webhook_without_a_clear_answer_leaves_its_members_undecided(told: dict[str, Stay]) -> None:
    known = ledger()
    known.give_up(JOINED, unclear=True)
    known.acknowledge(delivery(("left", "ann", 100), ("left", "bob", 100)), NOW, 0.0, repeated=False)
    findings = audit(Rollcall(told, len(told)), known)
    assert not findings.wrong
    assert bool(findings.undecided) == bool(told)


def test_a_webhook_that_was_clearly_refused_leaves_nothing_undecided() -> None:
    known = ledger(JOINED)
    known.give_up(delivery(("left", "ann", 10)), unclear=False)
    assert audit(Rollcall({"bob": RIGHT["bob"]}, 1), known).wrong["missing"] == 1


def test_a_repeated_webhook_leaves_only_those_undecided_for_whom_the_order_matters() -> None:
    known = ledger(delivery(("left", "ann", 9000)))
    known.acknowledge(JOINED, NOW, 0.0, repeated=True)
    assert known.is_doubtful(ROOM, "ann")  # joined and left at the same time, by different webhooks
    assert not known.is_doubtful(ROOM, "bob")


def test_who_is_told_and_not_truly_there_is_no_error_of_rollcalls() -> None:
    findings = audit(Rollcall(RIGHT, 2), ledger(JOINED))  # nothing ever happened in this world
    assert not findings.wrong
    assert findings.untrue == {(ROOM, "ann"), (ROOM, "bob")}


def test_the_next_turn_is_heard_of_once() -> None:
    known, heard = ledger(JOINED), list[Turn]()
    known.listener = heard.append
    known.acknowledge(JOINED, NOW, 1.0, repeated=True)  # changes nothing
    known.acknowledge(delivery(("left", "ann", 100)), NOW, 2.0, repeated=False)
    known.acknowledge(delivery(("left", "bob", 100)), NOW, 3.0, repeated=False)
    assert heard == [Turn(ROOM, "ann", NOW - 100, 2.0, None)]


# ---- Figures ---------------------------------------------------------------------------------------


def test_half_of_the_ghosts_are_gone_after_their_half_life() -> None:
    lives = GhostLives()
    lives.note(10_000, [(name, 0) for name in "abcd"])
    lives.note(20_000, [(name, 0) for name in "abc"])
    assert lives.half_life() is None  # one of four
    lives.note(30_000, [(name, 0) for name in "ab"])
    assert lives.half_life() == 30.0


def test_a_ghost_that_is_still_there_counts_for_as_long_as_it_was_watched() -> None:
    lives = GhostLives()
    lives.note(10_000, [("young", 9_000), ("a", 0), ("b", 0)])
    lives.note(20_000, [("a", 0)])
    # The young one ended after 11 s, b after 20 s, and a is there after 20 s.
    assert lives.half_life() == 20.0


def test_a_ghost_that_was_hardly_watched_says_nothing_of_a_long_life() -> None:
    lives = GhostLives()
    lives.note(10_000, [("a", 0), ("b", 0)])
    lives.note(20_000, [("b", 0), ("young", 19_000)])
    assert lives.half_life() == 20.0  # one of the two that were watched for so long


@given(values=st.lists(st.integers(0, 1000).map(float), min_size=1), share=st.sampled_from([0.5, 0.99]))
def test_a_percentile_is_the_smallest_value_that_enough_do_not_exceed(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) < share * len(values)


@given(
    began=st.integers(10**12, 2 * 10**12), lasts=st.integers(0, 10**8), speed=st.floats(0.1, 1000), at=st.floats(0, 1)
)
def test_a_fast_world_is_never_ahead_of_our_time(began: int, lasts: int, speed: float, at: float) -> None:
    pace = Pace.ending_now(began, lasts, speed)
    moment = pace.world_began + round(lasts * at)
    assert pace.ours(moment) >= began
    assert speed < 1 or moment <= pace.ours(moment) + 1


# ---- Options ---------------------------------------------------------------------------------------


def test_every_knob_can_be_turned_on_the_command_line() -> None:
    options = parse(
        ["--seed=7", "--loss=0.5", "--no-batching", "--mix=pusher=3,yalgaar", "--lost-leaves=0.25", "--window=9"]
    )
    assert options.knobs.seed == 7
    assert options.knobs.mix == {"pusher": 3.0, "yalgaar": 1.0}
    assert (options.knobs.loss, options.knobs.lost_leaves, options.knobs.window) == (0.5, 0.25, 9.0)
    assert not options.knobs.batching


@pytest.mark.parametrize("wrong", ["--loss=2", "--mix=nobody", "--mix=pusher=much", "--speed=0", "--connections=0"])
def test_what_makes_no_sense_is_told_in_one_sentence(wrong: str) -> None:
    with pytest.raises(BadInput):
        parse([wrong])


def test_secrets_are_no_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"])
    options = [word for word in capsys.readouterr().out.split() if word.startswith("--")]
    assert len(options) > 20
    assert not [word for word in options if "secret" in word or "key" in word]
