"""`rollcall trim`: the trimmer, out of turn."""

import click

from tools.session import Session, pass_session
from tools.trim import KINDS, trim


@click.command(
    epilog="""\b
Examples:
  rollcall trim --dry-run
  rollcall trim --kind events

\b
JSON: what the trimmer itself reports: {"kind", "dry_run", "complete", "trimmed", ...}"""
)
@click.option("--kind", type=click.Choice(KINDS), default=KINDS[0], show_default=True, help="What is to be trimmed.")
@click.option("--dry-run", is_flag=True, help="Say what a run would do, and delete nothing.")
@pass_session
def command(session: Session, kind: str, dry_run: bool) -> None:
    """Start the trimmer now, and show its report."""
    session.show_fields("of this run", trim(session.stack, kind, dry_run=dry_run))
