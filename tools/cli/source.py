"""`rollcall source`: what is stored for a source."""

import click

from rollcall.keys import SourceKey
from tools import source as sources
from tools.arguments import SOURCE, without_asking
from tools.names import written
from tools.prompt import confirm, require_terminal
from tools.session import Session, pass_session
from tools.sources import overview
from tools.urls import webhook_url

a_source = click.argument("key", type=SOURCE, metavar="PROVIDER/SOURCE")


@click.group(
    name="source",
    epilog="""\b
Examples:
  rollcall source add pusher/prod
  rollcall source rotate pusher/prod
  rollcall source list""",
)
def command() -> None:
    """Store, rotate, list and remove what is kept for sources.

    That is what proves their webhooks genuine, and a retention of their own. A source is one app or environment of
    yours at a provider. What is stored takes effect within five minutes.
    """


@command.command(
    epilog="""\b
Examples:
  rollcall source add pusher/prod
  rollcall source add pusher/prod < source.json
  echo '{"retention": {"lease_minutes": 60}}' | rollcall source add pubnub/staging

\b
JSON on stdin, of which either part may be missing; a provider's secrets have a form of their own:
  {"secrets": {"tokens": [{"key": "...", "secret": "..."}]}, "retention": {"lease_minutes": 60}}

\b
JSON: {"source", "stored": ["secrets", "retention"], "webhook_url"}"""
)
@a_source
@click.option("--replace", is_flag=True, help="Throw away the secrets that are stored.")
@pass_session
def add(session: Session, key: SourceKey, replace: bool) -> None:
    """Store a source's secrets and its retention.

    They say what proves its webhooks genuine, and how long its things are kept. On a terminal they are asked for, and
    no secret that you type is shown; otherwise they are read as JSON from stdin. Stored secrets are replaced with
    --replace only; a retention may be changed at any time.
    """
    kinds = sources.add(session.stack, key, replace=replace)
    url = webhook_url(session.stack, *key)
    if session.is_json:
        session.show_json({"source": written(key), "stored": kinds, "webhook_url": url})
        return
    for kind in kinds:
        print(f"Stored the {kind} of {written(key)}; the functions take them within {sources.CACHE_MINUTES} minutes.")
    print(f"Its webhook URL: {url}")


@command.command(
    "list",
    epilog="""\b
Example:
  rollcall source list

\b
JSON: {"sources": [{"source", "kind", "holds", "changed"}]}""",
)
@pass_session
def list_(session: Session) -> None:
    """List what is stored. Of secrets it is told that they are there, and no more."""
    session.show_rows("sources", overview(session.stack), "Nothing is stored for any source.")


@command.command(
    epilog="""\b
Examples:
  rollcall source rotate pusher/prod             the new secret is accepted beside the old one
                                                 ... change it at the provider, and wait an hour ...
  rollcall source rotate pusher/prod --finish    only the new one is accepted

\b
JSON on stdin, without a terminal: {"secrets": ...}, as for `rollcall source add`

\b
JSON: {"source", "finished"}"""
)
@a_source
@click.option("--finish", is_flag=True, help="Keep only what the latest rotation put in front.")
@pass_session
def rotate(session: Session, key: SourceKey, finish: bool) -> None:
    """Put a new secret beside the old one. Both are accepted until --finish."""
    if finish:
        sources.finish(session.stack, key)
    else:
        sources.rotate(session.stack, key)
    if session.is_json:
        session.show_json({"source": written(key), "finished": finish})
    elif finish:
        print(f"Only the newest secrets of {written(key)} are accepted, within {sources.CACHE_MINUTES} minutes.")
    else:
        print(f"Old and new secrets of {written(key)} are accepted, within {sources.CACHE_MINUTES} minutes.")
        print(f"Once the provider uses the new ones only: `rollcall source rotate {written(key)} --finish`.")


@command.command(
    epilog="""\b
Examples:
  rollcall source remove pusher/staging
  rollcall source remove pusher/staging --yes

\b
JSON: {"source", "removed": ["secrets", "retention"]}"""
)
@a_source
@without_asking
@pass_session
def remove(session: Session, key: SourceKey, yes: bool) -> None:
    """Delete what is stored for a source. Its URL and what is known of its members stay."""
    if not yes:
        require_terminal()
        confirm(f"{session.stack.place}: Delete the secrets and the retention of {written(key)}?")
    kinds = sources.remove(session.stack, key)
    if session.is_json:
        session.show_json({"source": written(key), "removed": kinds})
    else:
        print(f"Deleted the {' and the '.join(kinds)} of {written(key)}.")
