"""What came in, what became of it, and what waits."""

from tests.browser import canned
from tests.browser.console_page import NOT_KNOWN, ConsolePage
from tests.browser.fake_api import FakeApi


def test_it_tells_what_became_of_each_sources_webhooks(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open("#/intake")
    console.until_seen("pusher/main")
    row = console.column(1, ".intake").index("pusher/main")
    told = [console.column(number, ".intake")[row] for number in range(2, 9)]
    assert told == ["12,904", "12,861", "3", "41 not proved genuine, 2 unreadable", "1.4 %", "9.7 %", "4.2 s"]
    assert console.column(9, ".intake")[row].endswith("s ago, applied")
    quiet = console.column(1, ".intake").index("yalgaar/eu-west")
    assert [console.column(number, ".intake")[quiet] for number in (6, 8, 9)] == [
        NOT_KNOWN,
        NOT_KNOWN,
        "2 d ago, no secret stored",
    ]


def test_it_adds_up_and_says_what_waits(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open("#/intake")
    console.until_seen("13,222")
    tiles = console.text(".tiles")
    for told in ("13,222", "13,179", "15,548 events", "43 wait: rollcall parked list", "the oldest for 2 s"):
        assert told in tiles
    assert console.text(".tiles .bad dt") == "Parked"


def test_a_queue_whose_age_nobody_knows_is_told_without_one(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    api.canned.oldest_waiting = None
    console.open("#/intake")
    console.until_seen("in the queue", ".tiles")


def test_it_tells_how_the_trimmer_is_doing(api: FakeApi, console: ConsolePage) -> None:
    api.canned = canned.busy()
    console.open("#/intake")
    console.until_seen("tombstones")
    assert console.column(2, ".trimmer") == ["2 min ago", "9 h ago", "not yet"]
    assert console.column(3, ".trimmer") == ["done", "not finished; the next run goes on", NOT_KNOWN]


def test_without_any_webhook_it_says_what_to_do_next(console: ConsolePage) -> None:
    console.open("#/intake")
    console.until_seen("No webhook has arrived in the last week.")
    assert "Set up a source" in console.text()


def test_it_says_what_was_not_understood_and_what_may_be_lost(api: FakeApi, console: ConsolePage) -> None:
    api.canned.sources = [
        canned.traffic("yalgaar/eu", not_understood=12, unknown_kinds=["channel \u202ebind", "<b>rebind</b>"]),
        canned.traffic("pubnub/main", may_have_lost_events=3),
        canned.traffic("pusher/main"),
    ]
    console.open("#/intake")
    console.until_seen("12 events of 2 unknown kinds", ".doubts")
    told = console.text(".doubts")
    for words in ("yalgaar/eu", "channel", "U+202E", "<b>rebind</b>", "pubnub/main: 3 webhooks say"):
        assert words in told
    assert "pusher/main" not in told
