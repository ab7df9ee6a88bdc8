"""Asking the read API: all pages, of all sources, and no more than is wanted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from rollcall.keys import SourceKey
from tools.read_api import ReadApi
from tools.trouble import Trouble
from tools.web import Answer
from tools.whereabouts import channels, members, places

PROD, TEST = SourceKey("pusher", "prod"), SourceKey("pubnub", "test")


@dataclass
class Api:
    """Answers by path, a page for each time that it is asked."""

    pages: dict[str, list[Any]]
    asked: list[dict[str, list[str]]] = field(default_factory=list)

    def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        assert headers == {"Authorization": "Bearer key"}
        parts = urlsplit(url)
        self.asked.append(parse_qs(parts.query))
        pages = self.pages.get(parts.path, [])
        if not pages:
            return Answer(404, b'{"error": "There is nothing at this address."}')
        return Answer(200, json.dumps(pages.pop(0)).encode())

    def client(self) -> ReadApi:
        return ReadApi("https://api", "key", self.get)


def test_all_pages_are_read_and_each_is_asked_for_by_the_word_of_the_one_before() -> None:
    path = "/presence/pusher/prod/members"
    api = Api({path: [{"members": [{"user": "ann"}], "next": "w1="}, {"members": [{"user": "bob"}], "next": None}]})
    found = list(members(api.client(), [PROD], "a#b/c %"))
    assert found == [{"source": "pusher/prod", "user": "ann"}, {"source": "pusher/prod", "user": "bob"}]
    assert [(one["channel"], one.get("next")) for one in api.asked] == [(["a#b/c %"], None), (["a#b/c %"], ["w1="])]


def test_no_page_is_asked_for_that_is_not_needed() -> None:
    path = "/presence/pusher/prod/channels"
    api = Api({path: [{"channels": [{"channel": "a"}, {"channel": "b"}], "next": "more"}]})
    assert len(list(islice(channels(api.client(), [PROD, TEST], ""), 2))) == 2
    assert len(api.asked) == 1


def test_a_user_is_looked_for_in_all_sources_and_is_somewhere_nowhere_or_unknown() -> None:
    here = {
        "online": True,
        "last_seen": "T3",
        "channels": [{"channel": "a", "since": "T1", "last_seen": "T2"}],
        "next": None,
    }
    gone = {"online": False, "last_seen": "T0", "channels": [], "next": None}
    unknown: dict[str, Any] = {"online": False, "last_seen": None, "channels": [], "next": None}
    api = Api(
        {
            "/presence/pusher/prod/whereabouts": [here],
            "/presence/pubnub/test/whereabouts": [gone],
            "/presence/pubnub/prod/whereabouts": [unknown],
        }
    )
    assert list(places(api.client(), [PROD, TEST, SourceKey("pubnub", "prod")], "ann")) == [
        {"source": "pusher/prod", "online": True, "channel": "a", "since": "T1", "last_seen": "T2"},
        {"source": "pubnub/test", "online": False, "channel": None, "since": None, "last_seen": "T0"},
    ]


def test_the_sources_are_those_of_the_intake() -> None:
    api = Api({"/intake": [{"sources": [{"provider": "pusher", "source": "prod", "received": 1}]}]})
    assert api.client().sources() == [PROD]


def test_a_refusal_is_told_in_the_words_of_the_api() -> None:
    with pytest.raises(Trouble, match="404: There is nothing at this address"):
        Api({}).client().sources()
