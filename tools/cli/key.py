"""`rollcall key`: the read key, for a pipe."""

import click

from tools.session import Session, pass_session


@click.command(
    epilog="""\b
Examples:
  rollcall key | pbcopy
  (printf 'Authorization: Bearer '; rollcall key) | curl -H @- https://API/intake

\b
JSON: {"read_key"}"""
)
@pass_session
def command(session: Session) -> None:
    """Print the read key. The read API and the console ask for it."""
    if session.is_json:
        session.show_json({"read_key": session.stack.read_key})
    else:
        print(session.stack.read_key)
