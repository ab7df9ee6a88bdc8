"""What each simulated provider does with connections: what it holds back, puts together, drops and repeats."""

from collections import Counter
from dataclasses import dataclass, field, replace
from random import Random

import pytest

from tools.simulator import DIALECTS, Knobs
from tools.simulator.agenda import Agenda
from tools.simulator.provider import Circumstances, Provider
from tools.simulator.providers import pubnub, yalgaar
from tools.simulator.simulation import dialect_of
from tools.simulator.wire import Rendered

START = 1_754_042_400_000  # Unix milliseconds, a whole second


@dataclass
class Stage:
    """One provider, and all that it posts, with the seconds since the start."""

    dialect: str
    knobs: Knobs = field(default_factory=Knobs)
    posted: list[tuple[float, Rendered]] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.agenda = Agenda(START)
        circumstances = Circumstances(self.knobs, self.agenda, Random(1), self._post, self.lost)
        self.provider: Provider = dialect_of(self.dialect)(circumstances)

    def _post(self, rendered: Rendered) -> None:
        self.posted.append(((self.agenda.now - START) / 1000, rendered))

    def play(self, *acts: tuple[float, str, str, int]) -> list[tuple[float, list[str]]]:
        """Acts are (second, what, user, connection), all in one channel. What is told, and when: one list a body."""
        for second, what, user, connection in acts:
            self.agenda.after(second, getattr(self.provider, what), "room", user, connection)
        while self.agenda.advance():
            pass
        return [(second, [event.kind for event in rendered.events]) for second, rendered in self.posted]


def kinds(told: list[tuple[float, list[str]]]) -> list[str]:
    return [kind for _, body in told for kind in body]


def unbatched(dialect: str) -> Stage:
    return Stage(dialect, Knobs(batching=False))


def test_pusher_holds_a_leave_back_for_three_seconds() -> None:
    told = unbatched("pusher").play((0, "connect", "ann", 1), (10, "disconnect", "ann", 1))
    assert sorted(kinds(told[:2])) == ["channel_occupied", "joined"]
    assert sorted(kinds(told[2:])) == ["channel_vacated", "left"]
    assert [second for second, _ in told] == [0, 0, 13, 13]


def test_pusher_says_nothing_of_who_is_back_within_three_seconds() -> None:
    told = unbatched("pusher").play((0, "connect", "ann", 1), (10, "disconnect", "ann", 1), (12.9, "connect", "ann", 2))
    assert sorted(kinds(told)) == ["channel_occupied", "joined"]


def test_pusher_tells_of_who_is_back_too_late() -> None:
    told = unbatched("pusher").play((0, "connect", "ann", 1), (10, "disconnect", "ann", 1), (13.1, "connect", "ann", 2))
    assert Counter(kinds(told)) == {"channel_occupied": 2, "joined": 2, "left": 1, "channel_vacated": 1}


def test_pusher_holds_each_leave_of_its_own() -> None:
    told = unbatched("pusher").play(
        (0, "connect", "ann", 1),
        (10, "disconnect", "ann", 1),
        (11, "connect", "ann", 2),
        (12, "disconnect", "ann", 2),
    )
    assert [second for second, body in told if body == ["left"]] == [15]


@pytest.mark.parametrize("dialect", ["pusher", "soketi"])
def test_a_second_tab_is_silent(dialect: str) -> None:
    told = unbatched(dialect).play((0, "connect", "ann", 1), (1, "connect", "ann", 2), (10, "disconnect", "ann", 1))
    assert sorted(kinds(told)) == ["channel_occupied", "joined"]


def test_pusher_puts_what_happens_within_a_quarter_of_a_second_into_one_body_of_twenty_at_most() -> None:
    acts = [(0.0, "connect", f"user-{number}", number) for number in range(30)]
    told = Stage("pusher").play(*acts, (5.0, "connect", "eve", 98), (5.2, "connect", "joe", 99))
    assert [(second, len(body)) for second, body in told] == [(0, 20), (0.25, 11), (5.25, 2)]


def test_all_of_one_pusher_body_carries_the_time_at_which_it_was_made() -> None:
    stage = Stage("pusher")
    stage.play((0, "connect", "ann", 1), (0.2, "connect", "bob", 2))
    ((_, rendered),) = stage.posted
    assert {event.occurred_at for event in rendered.events} == {START + 250}


def test_soketi_vacates_before_it_removes_and_waits_for_nobody() -> None:
    told = unbatched("soketi").play((0, "connect", "ann", 1), (10, "disconnect", "ann", 1))
    assert told == [(0, ["channel_occupied"]), (0, ["joined"]), (10, ["channel_vacated"]), (10, ["left"])]


def test_soketi_keeps_numbers() -> None:
    stage = unbatched("soketi")
    stage.play((0, "connect", "1000", 1))
    assert b'"user_id":1000}' in stage.posted[1][1].body
    assert stage.posted[1][1].events[0].user == "1000"


def test_yalgaar_sends_the_first_at_once_and_the_rest_every_two_seconds() -> None:
    told = Stage("yalgaar").play(
        (0, "connect", "ann", 1), (0.5, "connect", "bob", 2), (1.9, "disconnect", "ann", 1), (9, "connect", "eve", 3)
    )
    assert told == [(0, ["joined"]), (2, ["joined", "left"]), (9, ["joined"])]


def test_yalgaar_drops_what_is_beyond_two_hundred() -> None:
    stage = Stage("yalgaar")
    told = stage.play(*((0.1, "connect", f"user-{number}", number) for number in range(251)))
    assert [len(body) for _, body in told] == [1, yalgaar.LARGEST_BATCH]
    assert stage.lost == {"events beyond the largest body": 50}


@pytest.mark.parametrize("dialect", ["yalgaar", "pubnub-legacy"])
def test_some_clocks_know_whole_seconds_only(dialect: str) -> None:
    stage = Stage(dialect)
    stage.play((7.9, "connect", "ann", 1))
    assert {event.occurred_at for _, rendered in stage.posted for event in rendered.events} == {START + 7000}


def test_joins_and_leaves_at_pubnub_travel_in_different_webhooks() -> None:
    for seed in range(20):
        stage = Stage("pubnub", Knobs(seed=seed))
        stage.provider.chance.seed(seed)
        told = stage.play((0, "connect", "ann", 1), (0.1, "disconnect", "ann", 1), (0.2, "connect", "ann", 2))
        assert all(len(set(body)) == 1 for _, body in told)


def test_pubnub_fills_a_batch_or_waits_for_its_window() -> None:
    sizes = set()
    for seed in range(40):
        stage = Stage("pubnub")
        stage.provider = dialect_of("pubnub")(
            Circumstances(stage.knobs, stage.agenda, Random(seed), stage._post, stage.lost)
        )
        told = stage.play(*((0.01 * number, "connect", f"user-{number}", number) for number in range(150)))
        batches = [(second, body) for second, body in told if body[0] == "joined"]
        sizes.add(max(len(body) for _, body in batches))
        assert sum(len(body) for _, body in batches) == 150
        assert all(second <= 1.5 + max(pubnub.WINDOWS) for second, _ in batches)
    assert sizes == {1, 10, 100, 101, 150}  # 101 are those of one second, the shortest window


def test_pubnub_repeats_the_join_of_a_second_device_and_leaves_with_the_last_one() -> None:
    for dialect in ("pubnub", "pubnub-legacy"):
        told = unbatched(dialect).play(
            (0, "connect", "ann", 1),
            (1, "connect", "ann", 2),
            (10, "disconnect", "ann", 1),
            (20, "disconnect", "ann", 2),
        )
        assert kinds(told) == ["channel_occupied", "joined", "joined", "left", "channel_vacated"]
        assert told[3][0] == 20


@pytest.mark.parametrize("dialect", DIALECTS)
def test_who_vanishes_is_noticed_by_time_out_unless_another_connection_is_there(dialect: str) -> None:
    earliest, latest = dialect_of(dialect).NOTICES_AFTER
    told = unbatched(dialect).play((0, "connect", "ann", 1), (10, "vanish", "ann", 1))
    (at,) = (second for second, body in told if set(body) & {"left", "timed_out"})
    assert 10 + earliest <= at <= 10 + latest + 3  # Pusher's hold
    told = unbatched(dialect).play((0, "connect", "ann", 1), (10, "vanish", "ann", 1), (20, "connect", "ann", 2))
    assert not set(kinds(told)) & {"left", "timed_out", "channel_vacated"}


def delays(dialect: str) -> list[float]:
    """All waits before retries, until the provider gives up."""
    found: list[float] = []
    while (delay := dialect_of(dialect).retry_delay(len(found) + 1, Random(len(found)))) is not None:
        found.append(delay)
    return found


def test_each_provider_tries_again_by_its_own_rules() -> None:
    assert len(delays("pubnub")) == 2
    assert all(10 <= delay <= 900 for delay in delays("pubnub"))
    assert delays("pubnub-legacy") == [5, 5, 5]  # four attempts
    assert delays("pusher") == [1, 2, 4, 8, 16, 32, 64, 128]
    assert sum(delays("pusher")) <= 300
    assert delays("soketi") == delays("yalgaar") == []


def test_members_are_told_as_json_and_channels_as_a_form_by_pubnubs_predecessor() -> None:
    stage = Stage("pubnub-legacy")
    stage.play((0, "connect", "ann", 1))
    form, member = (rendered for _, rendered in stage.posted)
    assert form.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert b'name="status"\r\n\r\nactive' in form.body
    assert member.headers["Content-Type"] == "application/json"


def test_every_dialect_has_a_mark_of_its_own_secret() -> None:
    one, other = Stage("pusher"), Stage("pusher", replace(Knobs(), pusher_secret="other"))
    for stage in (one, other):
        stage.play((0, "connect", "ann", 1))
    signatures = [stage.posted[0][1].headers["X-Pusher-Signature"] for stage in (one, other)]
    assert one.posted[0][1].body == other.posted[0][1].body
    assert signatures[0] != signatures[1]
