"""What a Rollcall would answer, as the read API writes it: a world of a few lines, which tests change as they go."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

KEY = "right-key"
PROVIDERS: dict[str, dict[str, Any]] = {
    "pubnub": {
        "title": "PubNub",
        "where": "Events & Actions: one listener for each presence event, all with one webhook action.",
        "switch_on": ["Presence on the keyset", "A listener for users who join, leave, time out or change their state"],
        "signs": False,
        "proof": "The token in the URL proves a webhook genuine; a custom header may prove it as well.",
        "secrets": "You choose the header's value and write it into the webhook action.",
    },
    "pusher": {
        "title": "Pusher Channels",
        "where": "App, Webhooks: one entry each for channel existence and presence.",
        "switch_on": ["Channel existence", "Presence", "Batch webhooks, to pay for fewer requests"],
        "signs": True,
        "proof": "Pusher signs each webhook with the secret of the app's oldest token.",
        "secrets": "App Keys in the dashboard shows the app's key and secret.",
    },
}


def ago(**span: float) -> str:
    """A time before now, as answers carry it."""
    moment = datetime.now(UTC) - timedelta(**span)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def channel(name: str, occupancy: int, *, reported: int | None = None, since: str | None = None) -> dict[str, Any]:
    return {
        "channel": name,
        "occupancy": occupancy,
        "reported_occupancy": reported,
        "occupied_since": since or ago(minutes=7),
    }


def member(user: str, *, state: Any = None, since: str | None = None) -> dict[str, Any]:
    return {"user": user, "since": since or ago(minutes=12), "last_seen": ago(seconds=40), "state": state}


def event(kind: str, user: str, *, reason: str = "", occupancy: int | None = None, at: str = "") -> dict[str, Any]:
    moment = at or ago(minutes=12)
    return {
        "kind": kind,
        "user": user,
        "occurred_at": moment,
        "received_at": moment,
        "event_id": f"{kind} {user}",
        "state": None,
        "occupancy": occupancy,
        "reason": reason,
    }


def traffic(name: str, **figures: Any) -> dict[str, Any]:
    """A source as /intake tells of it."""
    provider, source = name.split("/")
    usual = {
        "received": 0,
        "applied": 0,
        "retried": 0,
        "parked": {},
        "events": 0,
        "late": 0,
        "repeated": 0,
        "not_understood": 0,
        "unknown_kinds": [],
        "may_have_lost_events": 0,
        "longest_wait_ms": None,
        "last_received_at": None,
        "last_outcome": None,
    }
    return {"provider": provider, "source": source, **usual, **figures}


@dataclass
class Canned:
    """`failing` is a status that is answered instead, and `slow` a wait in seconds; `asked` holds the questions."""

    sources: list[dict[str, Any]] = field(default_factory=list)
    channels: list[dict[str, Any]] = field(default_factory=list)
    members: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    occupancy: list[int] = field(default_factory=lambda: [0] * 61)
    complete: bool = True
    waiting: int = 0
    oldest_waiting: int | None = 0
    parked_waiting: int = 0
    last: dict[str, Any] = field(default_factory=dict)  # of the source that is being set up
    failing: int | None = None
    slow: float = 0
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str, asked: Mapping[str, str]) -> dict[str, Any] | None:
        """The answer to a question, `None` where there is nothing."""
        match path.split("/"):
            case ["intake"]:
                return self._intake()
            case ["setup"]:
                return {"providers": [{"provider": name, **facts} for name, facts in PROVIDERS.items()]}
            case ["setup", provider, source] if provider in PROVIDERS:
                return self._setup(provider, source)
            case ["presence", _, _, "channels"]:
                prefix = asked.get("prefix", "")
                return _page("channels", [one for one in self.channels if one["channel"].startswith(prefix)], asked)
            case ["presence", _, _, "members"]:
                return self._members(asked)
            case ["presence", _, _, "events"]:
                return {"channel": asked["channel"], **_page("events", self.events, asked)}
            case ["presence", _, _, "occupancy"]:
                span = {"from": ago(minutes=60), "until": ago(), "step_seconds": 60}
                return {"channel": asked["channel"], **span, "occupancy": self.occupancy, "complete": self.complete}
            case ["presence", provider, source, "whereabouts"]:
                return self._whereabouts(asked["user"], known=self.sources[:1] == [self._source(provider, source)])
        return None

    def _source(self, provider: str, source: str) -> dict[str, Any] | None:
        named = (one for one in self.sources if (one["provider"], one["source"]) == (provider, source))
        return next(named, None)

    def _intake(self) -> dict[str, Any]:
        return {
            "now": ago(),
            "since": ago(hours=1),
            "waiting": self.waiting,
            "oldest_waiting_seconds": self.oldest_waiting,
            "parked_waiting": self.parked_waiting,
            "sources": self.sources,
            "trimmer": [
                {"kind": "members", "ran_at": ago(minutes=2), "complete": True},
                {"kind": "tombstones", "ran_at": ago(hours=9), "complete": False},
                {"kind": "events", "ran_at": None, "complete": None},
            ],
        }

    def _setup(self, provider: str, source: str) -> dict[str, Any]:
        path = f"webhooks/{provider}/{source}/0123456789abcdef0123456789abcdef"
        nothing = {"last_received_at": None, "last_outcome": None, "last_sentence": ""}
        facts = {"provider": provider, **PROVIDERS[provider], "source": source, "path": path, "now": ago()}
        return {**facts, **nothing, **self.last}

    def _members(self, asked: Mapping[str, str]) -> dict[str, Any]:
        there = self.members.get(asked["channel"], [])
        reported = next(
            (one["reported_occupancy"] for one in self.channels if one["channel"] == asked["channel"]), None
        )
        told = {"channel": asked["channel"], "occupancy": len(there), "reported_occupancy": reported}
        return {**told, **_page("members", there, asked)}

    def _whereabouts(self, user: str, *, known: bool) -> dict[str, Any]:
        channels = [
            {"channel": name, "since": one["since"], "last_seen": one["last_seen"]}
            for name, there in self.members.items()
            for one in there
            if one["user"] == user and known
        ]
        seen = ago(seconds=40) if channels else None
        return {"user": user, "online": bool(channels), "last_seen": seen, "channels": channels, "next": None}


def _page(name: str, items: Iterable[dict[str, Any]], asked: Mapping[str, str]) -> dict[str, Any]:
    """As the API pages: the cursor is a position."""
    listed = list(items)
    begin = int(asked.get("next", "0"))
    end = begin + int(asked.get("limit", "100"))
    return {name: listed[begin:end], "next": str(end) if end < len(listed) else None}


def empty() -> Canned:
    return Canned()


def busy() -> Canned:
    """A good hour of two sources, with one that has its troubles."""
    rooms: list[tuple[str, int, int | None]] = [
        ("presence-lobby", 42, 42),
        ("presence-match-1207", 8, 9),
        ("presence-match-1208", 8, 8),
    ]
    rooms += [("presence-support", 3, None), ("private-orders", 0, None), ("presence-Zürich", 17, 17)]
    users = [
        "ann",
        "bob",
        "cem",
        "dörte",
        "eve",
        "用户七",
        "fatima",
        "driver-0042",
        "8f14e45f-ceea-467f-a0e6-6dd1e5f6b1ad",
    ]
    states: list[Any] = [
        None,
        {"mood": "ready"},
        None,
        {"seat": 4, "team": "blue", "score": {"kills": 12, "deaths": 3}},
    ]
    lobby = [member(user, state=states[at % 4], since=ago(minutes=3 * at * at + 1)) for at, user in enumerate(users)]
    lobby += [member(f"guest-{number:02}", since=ago(minutes=number)) for number in range(33)]
    return Canned(
        sources=[
            traffic(
                "pusher/main",
                received=12_904,
                applied=12_861,
                retried=3,
                parked={"unverified": 41, "unreadable_body": 2},
                events=15_230,
                late=212,
                repeated=1_480,
                longest_wait_ms=4_210,
                last_received_at=ago(seconds=4),
                last_outcome="applied",
            ),
            traffic(
                "pubnub/staging",
                received=318,
                applied=318,
                events=318,
                longest_wait_ms=1_130,
                last_received_at=ago(minutes=11),
                last_outcome="applied",
            ),
            traffic("yalgaar/eu-west", last_received_at=ago(days=2), last_outcome="missing_secret"),
        ],
        channels=[
            channel(name, count, reported=told, since=ago(minutes=11 * count + 2)) for name, count, told in rooms
        ],
        members={"presence-lobby": lobby, "presence-match-1207": [member("ann"), member("bob")]},
        events=[
            event("joined", "guest-07", at=ago(seconds=9)),
            event("left", "guest-34", at=ago(seconds=31)),
            event("state_changed", "dörte", at=ago(minutes=2)),
            event("timed_out", "guest-35", reason="lease_expired", at=ago(minutes=5)),
            event("occupancy_reported", "", occupancy=42, at=ago(minutes=6)),
            event("joined", "用户七", at=ago(hours=30)),
        ],
        occupancy=[
            max(0, 30 + at // 4 - abs(at - 25) // 2 + (at * 7) % 5 - (12 if 38 < at < 44 else 0)) for at in range(60)
        ]
        + [42],
        waiting=7,
        oldest_waiting=2,
        parked_waiting=43,
    )


HOSTILE = [
    "<script>window.ran = 1</script>",
    '"><img src=x onerror="window.ran = 1">',
    "javascript:window.ran=1",
    "' onmouseover='window.ran=1",
    "{{constructor.constructor('window.ran=1')()}}",
    "__proto__",
    "constructor",
    "%2F",
    "%",
    "a#b/c",
    "a?b=c&d",
    "../../etc/passwd",
    "..",
    "photo_\u202egnp.exe",
    "\u2066left\u2069 and \u200bzero\u200bwidth\ufeff",
    "line\nbreak\ttab\x00nul\x1b[31mred",
    "👩‍👩‍👧‍👦 family 🏳️‍🌈 ❤️",
    "مرحبا بالعالم",
    "Z\u0351\u034b\u0344a\u0322\u0328l\u0327g\u0321o\u035c" * 3,
    " spaces  at both ends ",
    "\u00a0\u3164\u2800",
    "W" * 1000,
    "word " * 180,
]


def hostile() -> Canned:
    """Names that strangers may choose."""
    return Canned(
        sources=[
            traffic("pusher/main", last_received_at=ago(seconds=4), last_outcome="applied", parked={HOSTILE[0]: 1})
        ],
        channels=[channel(name, at + 1) for at, name in enumerate(HOSTILE)],
        members={name: [member(user, state={user: user}) for user in HOSTILE] for name in HOSTILE},
        events=[event("joined", user, reason=user) for user in HOSTILE],
        last={"last_received_at": ago(seconds=4), "last_outcome": HOSTILE[0], "last_sentence": HOSTILE[0]},
    )


def crowded(members: int = 10_000) -> Canned:
    """A stadium."""
    return Canned(
        sources=[traffic("pusher/main", last_received_at=ago(seconds=1), last_outcome="applied")],
        channels=[channel("presence-stadium", members, reported=members)],
        members={"presence-stadium": [member(f"fan-{number:05}", state={"seat": number}) for number in range(members)]},
        events=[event("joined", f"fan-{number:05}") for number in range(150)],
        occupancy=[round(members * (at / 60) ** 2) for at in range(61)],
    )


def many_channels(count: int = 250) -> Canned:
    return Canned(
        sources=[traffic("pusher/main", last_received_at=ago(seconds=1), last_outcome="applied")],
        channels=[channel(f"room-{number:03}", number % 7 + 1) for number in range(count)] + [channel("zebra", 3)],
    )
