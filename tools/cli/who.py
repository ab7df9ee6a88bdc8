"""`rollcall who`: who is in a channel."""

import json
from itertools import islice

import click

from rollcall.keys import SourceKey
from tools.arguments import at_most, of_source
from tools.read_api import ReadApi
from tools.session import Session, pass_session
from tools.whereabouts import members

_WIDEST_STATE = 60  # columns of a terminal that a state may take; all of it stands in the JSON


@click.command(
    epilog="""\b
Examples:
  rollcall who lobby
  rollcall who presence-lobby --source pusher/prod --output json

\b
JSON: {"channel", "members": [{"source", "user", "since", "last_seen", "state"}]}"""
)
@click.argument("channel")
@of_source
@at_most
@pass_session
def command(session: Session, channel: str, only: SourceKey | None, limit: int | None) -> None:
    """List who is in CHANNEL now. Also since when, and with which state."""
    api = ReadApi.of(session.stack)
    rows = list(islice(members(api, [only] if only else api.sources(), channel), limit))
    if session.is_json:
        session.show_json({"channel": channel, "members": rows})
        return
    session.show_rows("members", [row | {"state": _shown(row["state"])} for row in rows], f"Nobody is in {channel}.")


def _shown(state: object) -> str:
    text = "" if state is None else json.dumps(state, ensure_ascii=False)
    return text if len(text) <= _WIDEST_STATE else f"{text[: _WIDEST_STATE - 1]}…"
