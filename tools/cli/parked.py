"""`rollcall parked`: webhooks that no retry could apply."""

from typing import NamedTuple

import click

from rollcall.errors import Hopeless
from tools.arguments import without_asking
from tools.parked import FAILED, MOST, Choice, are_more, counted, counts, looked_at, rows
from tools.postmortem import Findings, findings
from tools.prompt import confirm, require_terminal
from tools.redrive import Take, Taken, discard, redrive
from tools.session import Session, pass_session
from tools.table import visible

_WIDEST_NAME = len("content type")
_WIDEST_BODY = 2000  # characters; more fills a screen, and all of it stands in the JSON


_REASONS = sorted([FAILED, *(kind.reason for kind in Hopeless.__subclasses__())])

for_reason = click.option(
    "--reason", type=click.Choice(_REASONS), metavar="REASON", help="Only those parked for this reason."
)
of_source = click.option("--source", metavar="PROVIDER/SOURCE", help="Only those of this source.")
only_showing = click.option("--dry-run", is_flag=True, help="Only show which would be meant.")


@click.group(
    epilog="""\b
Examples:
  rollcall parked list
  rollcall parked show --reason unverified
  rollcall parked redrive --reason missing_secret"""
)
def command() -> None:
    """Look at parked webhooks, redrive or discard them.

    What no retry can help is parked with a reason, and waits for 14 days. Mend the cause, then redrive.
    """


@command.command(
    "list",
    epilog="""\b
Example:
  rollcall parked list

\b
JSON: {"parked": [{"webhooks", "reason", "source", "sentence"}]}, where "webhooks" counts them""",
)
@pass_session
def list_(session: Session) -> None:
    """Count the parked webhooks, by reason and source."""
    more = are_more(session.stack)
    found = counts(session.stack)
    session.show_rows("parked", rows(found), "Nothing is parked.")
    _tell_of_more(session, more=more)
    if found:
        session.say("Once the cause is mended, `rollcall parked redrive` sends them through again.")


@command.command(
    epilog="""\b
Examples:
  rollcall parked show
  rollcall parked show --reason unreadable_body --source pubnub/prod --limit 1

\b
JSON: {"parked": [{"message_id", "source", "reason", "sentence", "parked_at", "received_at", "request_id",
                   "content_type", "headers", "body"}]}, where "headers" holds names"""
)
@for_reason
@of_source
@click.option("--limit", type=click.IntRange(min=1, max=MOST), default=10, show_default=True, help="So many at most.")
@pass_session
def show(session: Session, reason: str | None, source: str | None, limit: int) -> None:
    """Show parked webhooks one by one. They stay where they are."""
    with looked_at(session.stack, Choice(reason, source), limit) as messages:
        found = [findings(message) for message in messages]
    if session.is_json:
        session.show_json({"parked": found})
        return
    for one in found:
        _print_block(one)
    if not found:
        session.say("Nothing of that kind is parked.")


@command.command(
    "redrive",
    epilog="""\b
Examples:
  rollcall parked redrive
  rollcall parked redrive --reason missing_secret --source pusher/prod --yes
  rollcall parked redrive --dry-run

\b
JSON: {"dry_run", "parked": [{"webhooks", "reason", "source", "sentence"}]}, where "webhooks" counts those sent""",
)
@for_reason
@of_source
@only_showing
@without_asking
@pass_session
def redrive_(session: Session, reason: str | None, source: str | None, dry_run: bool, yes: bool) -> None:
    """Send parked webhooks through again, after showing which. Applying one twice changes nothing."""
    _take(session, Choice(reason, source), _REDRIVE, dry_run=dry_run, yes=yes)


@command.command(
    "discard",
    epilog="""\b
Examples:
  rollcall parked discard --reason unverified
  rollcall parked discard --all --source pusher/test --yes

\b
JSON: {"dry_run", "parked": [{"webhooks", "reason", "source", "sentence"}]}, where "webhooks" counts those deleted""",
)
@for_reason
@of_source
@click.option("--all", "every", is_flag=True, help="Whatever the reason.")
@only_showing
@without_asking
@pass_session
def discard_(session: Session, reason: str | None, source: str | None, every: bool, dry_run: bool, yes: bool) -> None:
    """Delete parked webhooks for good, after showing which."""
    if (reason is None) != every:
        raise click.UsageError("Say either --reason or --all.")
    _take(session, Choice(reason, source), _DISCARD, dry_run=dry_run, yes=yes)


class _Deed(NamedTuple):
    """What is done to parked webhooks, how it is asked for, and how it is told."""

    take: Take
    question: str
    done: str


_REDRIVE = _Deed(redrive, "Send these through again?", "Sent through again")
_DISCARD = _Deed(discard, "Delete these for good?", "Deleted")


def _take(session: Session, choice: Choice, deed: _Deed, *, dry_run: bool, yes: bool) -> None:
    if not (dry_run or yes):
        require_terminal()
    more = are_more(session.stack)
    if dry_run:
        with looked_at(session.stack, choice) as messages:
            found = counted(messages)
    else:
        meant = choice if yes else _agreed(session, choice, deed.question)
        found = deed.take(session.stack, meant, lambda count: session.say(f"  ... {count} so far"))
    if dry_run or yes or session.is_json or not found:  # else it was shown before it was agreed to
        _show(session, found, dry_run=dry_run)
    if found and not dry_run:
        session.say(f"{deed.done}: {found.total()}.")
    _tell_of_more(session, more=more)


def _agreed(session: Session, choice: Choice, question: str) -> Choice:
    """What is meant now and no more, for what is parked from here on nobody has agreed to."""
    with looked_at(session.stack, choice) as messages:
        found = counted(messages)
    if found:
        session.preview(rows(found))
        confirm(f"{session.stack.place}: {question}")
    return Choice(ids=frozenset(message["MessageId"] for message in messages))


def _show(session: Session, found: Taken, *, dry_run: bool) -> None:
    if session.is_json:
        session.show_json({"dry_run": dry_run, "parked": rows(found)})
    else:
        session.show_rows("parked", rows(found), "Nothing of that kind is parked.")


def _tell_of_more(session: Session, *, more: bool) -> None:
    if more:
        session.say(f"There are more: no more than {MOST} are looked at in one go.")


def _print_block(one: Findings) -> None:
    for name, value in one.items():
        if name != "body":
            print(f"{name.replace('_', ' '):<{_WIDEST_NAME}}  {visible(_text(value))}".rstrip())
    body = str(one["body"])
    for line in body[:_WIDEST_BODY].splitlines():
        print(f"    {visible(line)}")
    if len(body) > _WIDEST_BODY:
        print(f"    ... and {len(body) - _WIDEST_BODY} characters more; --output json has all.")
    print()


def _text(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value or "")
