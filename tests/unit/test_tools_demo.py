import pytest

from rollcall import provider
from rollcall.envelope import Envelope
from rollcall.errors import Unverified
from tools.demo.stories import LASTS, STORIES, present_at_the_end, told
from tools.demo.stream import Posting, postings

BEGAN = 1_754_042_400  # any time will do
SECRETS = {"pusher": {"tokens": [{"key": "demo-key", "secret": "secret"}]}}


def _envelope(posting: Posting) -> Envelope:
    return Envelope(
        provider=posting.provider,
        source="demo",
        received_at=(BEGAN + LASTS) * 1000,
        request_id="1",
        headers={name.lower(): value for name, value in posting.headers.items()},
        body=posting.body,
    )


def _is_genuine(posting: Posting) -> bool:
    dialect = provider.load(posting.provider)
    try:
        dialect.verify(_envelope(posting), dialect.Secrets.model_validate(SECRETS.get(posting.provider, {})))
    except Unverified:
        return False
    return True


def test_all_webhooks_but_one_are_genuine() -> None:
    assert [posting.body for posting in postings(BEGAN, "secret") if not _is_genuine(posting)] == [
        next(posting.body for posting in postings(BEGAN, "secret") if b"mallory" in posting.body)
    ]


@pytest.mark.parametrize("name", STORIES)
def test_the_webhooks_tell_every_act_of_the_story(name: str) -> None:
    stream = [posting for posting in postings(BEGAN, "secret") if posting.provider == name and _is_genuine(posting)]
    events = {
        (event.occurred_at // 1000 - BEGAN, event.channel, event.user)
        for posting in stream
        for event in provider.load(name).parse(_envelope(posting))
    }
    acts = {(act.at, act.channel, "" if act.what == "counted" else act.user) for act in told(STORIES[name])}
    assert events == acts


def test_the_last_act_decides_where_somebody_is() -> None:
    story = """
      0 joined  room  Ada
      5 state   room  Ada  {"mood":"calm"}
      9 left    room  Bob  late
      8 joined  room  Bob
      3 joined  hall  Eve
      6 vacated hall
      7 joined  hall  Joe
    """
    assert present_at_the_end(told(story)) == {"room": {"Ada": {"mood": "calm"}}, "hall": {"Joe": None}}
