"""`rollcall where`: where a user is."""

from itertools import islice

import click

from rollcall.keys import SourceKey
from tools.arguments import at_most, of_source
from tools.read_api import ReadApi
from tools.session import Session, pass_session
from tools.whereabouts import places


@click.command(
    epilog="""\b
Examples:
  rollcall where ann
  rollcall where ann --source pubnub/prod --output json

\b
JSON: {"user", "places": [{"source", "online", "channel", "since", "last_seen"}]}, where a user who is nowhere has a
channel of null in the sources that remember the user"""
)
@click.argument("user")
@of_source
@at_most
@pass_session
def command(session: Session, user: str, only: SourceKey | None, limit: int | None) -> None:
    """List the channels in which USER is now. Also when the user was last seen."""
    api = ReadApi.of(session.stack)
    rows = list(islice(places(api, [only] if only else api.sources(), user), limit))
    if session.is_json:
        session.show_json({"user": user, "places": rows})
    else:
        session.show_rows("places", rows, f"Nothing is known of {user}.")
