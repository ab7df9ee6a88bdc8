"""`rollcall channels`: which channels are occupied."""

from itertools import islice

import click

from rollcall.keys import SourceKey
from tools.arguments import at_most, of_source
from tools.read_api import ReadApi
from tools.session import Session, pass_session
from tools.whereabouts import channels


@click.command(
    epilog="""\b
Examples:
  rollcall channels
  rollcall channels --prefix presence- --source pusher/prod

\b
JSON: {"channels": [{"source", "channel", "occupancy", "reported_occupancy", "occupied_since"}]}"""
)
@of_source
@click.option("--prefix", default="", help="Only those whose name begins so.")
@at_most
@pass_session
def command(session: Session, only: SourceKey | None, prefix: str, limit: int | None) -> None:
    """List the occupied channels. Each with the number of its members, and the provider's own last count."""
    api = ReadApi.of(session.stack)
    rows = list(islice(channels(api, [only] if only else api.sources(), prefix), limit))
    session.show_rows("channels", rows, "No channel is occupied.")
