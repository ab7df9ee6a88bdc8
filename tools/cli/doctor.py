"""`rollcall doctor`: what is wrong with a deployment, and what to do about it."""

from textwrap import shorten

import click

from tools.doctor.check import Verdict
from tools.doctor.deployment import Deployment
from tools.doctor.examination import checks, examine
from tools.session import Session, pass_session
from tools.table import print_table, visible

WIDTH = 100  # characters; below the table, what needs somebody's hand is told in full


@click.command(
    epilog="""\b
Examples:
  rollcall doctor
  rollcall doctor --region eu-west-1 --output json

\b
JSON: {"checks": [{"name", "verdict", "sentence", "remedy"}]}
The verdict is ok, warning, fault or skipped. Any fault ends the command with 1."""
)
@click.pass_context
@pass_session
def command(session: Session, ctx: click.Context) -> None:
    """Check a deployment, name each fault and what to do about it.

    The last check sends a webhook through it, of a source of its own, and removes all that it leaves.
    """
    deployment = Deployment.read(session.stack)
    session.say(f"Examining {session.stack.name}; a webhook that goes all the way may take a minute ...")
    findings = list(examine(checks(deployment)))
    if session.is_json:
        session.show_json({"checks": [finding._asdict() for finding in findings]})
    else:
        rows = [(one.name, one.verdict, shorten(one.sentence, WIDTH, placeholder=" ...")) for one in findings]
        print_table(("check", "verdict", "what was seen"), rows)
        for finding in findings:
            if finding.remedy:
                print(f"\n{finding.name}: {visible(finding.sentence)}\n  {visible(finding.remedy)}")
    if any(finding.verdict is Verdict.FAULT for finding in findings):
        ctx.exit(1)
