"""`rollcall tail`: events as they come."""

import json

import click

from rollcall.events import Kind
from rollcall.keys import SourceKey
from tools.arguments import of_source
from tools.names import written
from tools.session import Session, pass_session
from tools.table import visible
from tools.tail import Event, events

_WIDEST_KIND = max(map(len, Kind))


@click.command(
    epilog="""\b
Examples:
  rollcall tail
  rollcall tail lobby --source pusher/prod
  rollcall tail --output json | jq -r .user

\b
JSON, one object in each line:
  {"occurred_at", "source", "channel", "kind", "user", "occupancy", "reason"}"""
)
@click.argument("channel", required=False)
@of_source
@pass_session
def command(session: Session, channel: str | None, only: SourceKey | None) -> None:
    """Show events as they are logged.

    Of CHANNEL or, without one, of all channels; until Ctrl-C.

    An event that Rollcall knows already, since its webhook came twice, is not shown again.
    """
    source = written(only) if only else None
    arriving = events(session.stack)
    session.say("Waiting for events; Ctrl-C ends it.")
    for event in arriving:
        if channel in (None, event["channel"]) and source in (None, event["source"]):
            print(json.dumps(event) if session.is_json else _line(event), flush=True)


def _line(event: Event) -> str:
    kind = f"{event['kind']:<{_WIDEST_KIND}}"
    parts = (event["occurred_at"], event["source"], visible(event["channel"]), kind, *map(visible, _details(event)))
    return "  ".join(parts).rstrip()


def _details(event: Event) -> list[str]:
    counted = "" if event["occupancy"] is None else f"occupancy {event['occupancy']}"
    return [detail for detail in (event["user"], counted, event["reason"]) if detail]
