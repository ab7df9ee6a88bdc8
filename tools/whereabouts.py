"""Who is where, over several sources, as rows for people and programs; no page is asked for before it is needed."""

from collections.abc import Iterable, Iterator

from rollcall.keys import SourceKey
from tools.names import written
from tools.read_api import ReadApi

type Row = dict[str, object]


def members(api: ReadApi, sources: Iterable[SourceKey], channel: str) -> Iterator[Row]:
    """Who is in the channel, by source."""
    for key in sources:
        for one in api.members(key, channel):
            yield {"source": written(key), **one}


def channels(api: ReadApi, sources: Iterable[SourceKey], prefix: str) -> Iterator[Row]:
    """The occupied channels, by source."""
    for key in sources:
        for one in api.channels(key, prefix):
            yield {"source": written(key), **one}


def places(api: ReadApi, sources: Iterable[SourceKey], user: str) -> Iterator[Row]:
    """Where the user is; a source that only remembers the user has one row, without a channel."""
    for key in sources:
        found = api.whereabouts(key, user)
        if found["last_seen"] is None and not found["channels"]:
            continue
        for place in found["channels"] or [{"channel": None, "since": None, "last_seen": found["last_seen"]}]:
            yield {
                "source": written(key),
                "online": found["online"],
                "channel": place["channel"],
                "since": place["since"],
                "last_seen": place["last_seen"],
            }
