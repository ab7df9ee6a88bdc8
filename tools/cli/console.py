"""`rollcall console`: where to look with a browser."""

import click

from tools.session import Session, pass_session
from tools.urls import console_url


@click.command(
    epilog="""\b
Example:
  open "$(rollcall console)"

\b
JSON: {"url"}"""
)
@pass_session
def command(session: Session) -> None:
    """Print the address of the console.

    It is a page for your browser, and asks for the read key, which `rollcall key` prints.
    """
    url = console_url(session.stack)
    if session.is_json:
        session.show_json({"url": url})
        return
    print(url)
    session.say("It asks for the read key: `rollcall key` prints it.")
