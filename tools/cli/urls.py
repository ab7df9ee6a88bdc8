"""`rollcall urls`: ready webhook URLs."""

import click

from rollcall import provider
from rollcall.keys import SourceKey
from tools.names import checked_source, written
from tools.session import Session, pass_session
from tools.urls import DEFAULT_SOURCE, webhook_url


@click.command(
    epilog="""\b
Examples:
  rollcall urls
  rollcall urls prod staging --region eu-west-1

\b
JSON: {"urls": [{"source", "url"}]}"""
)
@click.argument("names", nargs=-1, metavar="[SOURCE_NAME]...")
@pass_session
def command(session: Session, names: tuple[str, ...]) -> None:
    """Print webhook URLs, ready to paste.

    One for each provider, of the sources with these names (main, if none is given). Paste them into the providers'
    dashboards. Whoever knows a URL can send webhooks to it.
    """
    sources = [checked_source(name) for name in names or (DEFAULT_SOURCE,)]
    rows = [
        {"source": written(SourceKey(one, source)), "url": webhook_url(session.stack, one, source)}
        for source in sources
        for one in provider.names()
    ]
    session.show_rows("urls", rows, "There are no providers.")
