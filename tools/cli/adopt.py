"""`rollcall adopt`: a new stack that goes on with what an old one has left."""

import click

from tools.adoption import adopt
from tools.session import Session, pass_session


@click.command(
    epilog="""\b
Example:
  rollcall adopt --presence rollcall-Presence-1A2B --events rollcall-Events-3C4D --url-secret arn:aws:... \\
    --region eu-west-1
  sam build && sam deploy --region eu-west-1

\b
JSON: {"stack", "adopted"}"""
)
@click.option("--presence", "Presence", help="Name of the table Presence that was left.")
@click.option("--events", "Events", help="Name of the table Events that was left.")
@click.option("--url-secret", "UrlSecret", help="ARN of the secret UrlSecret that was left: all URLs stay as they are.")
@pass_session
def command(session: Session, /, **left: str | None) -> None:
    """Make a new stack of what a deleted one has left.

    CloudFormation imports the tables and the secret; nothing is copied or changed. `sam deploy` adds the rest
    of the stack afterwards.
    """
    found = {name: value for name, value in left.items() if value}
    if not found:
        raise click.UsageError("Name at least one of --presence, --events and --url-secret.")
    adopt(session.name, session.aws, found)
    if session.is_json:
        session.show_json({"stack": session.name, "adopted": found})
    else:
        print(f"The stack {session.name} has adopted {', '.join(found)}. Now `sam build && sam deploy` adds the rest.")
