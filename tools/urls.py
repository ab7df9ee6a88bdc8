"""The addresses of a Rollcall: where webhooks are sent, and where people look."""

from rollcall.tokens import make_token
from tools.stack import Stack

DEFAULT_SOURCE = "main"


def webhook_url(stack: Stack, name: str, source: str) -> str:
    """The URL for the dashboard of provider `name`; whoever knows it can send webhooks."""
    return f"{stack.url}/webhooks/{name}/{source}/{make_token(stack.url_secret, name, source)}"


def console_url(stack: Stack) -> str:
    """The console, for a browser; it asks for the read key."""
    return f"{stack.url}/console"
