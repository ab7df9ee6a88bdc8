"""`make urls`: a ready webhook URL per provider and source."""

import os
from collections.abc import Iterable

from rollcall import provider
from rollcall.tokens import make_token
from tools.choice import chosen_stack
from tools.names import checked_source
from tools.stack import Stack
from tools.trouble import run

DEFAULT_SOURCE = "main"


def webhook_url(stack: Stack, name: str, source: str) -> str:
    """The URL for the dashboard of provider `name`; whoever knows it can send webhooks."""
    return f"{stack.url}/webhooks/{name}/{source}/{make_token(stack.url_secret, name, source)}"


def print_urls(stack: Stack, sources: Iterable[str]) -> None:
    """One line per provider, under each source."""
    for source in sources:
        print(f"Webhook URLs of the source {source}:")
        for name in provider.names():
            print(f"  {name:<9} {webhook_url(stack, name, source)}")


def main() -> None:
    sources = [checked_source(source) for source in os.environ.get("SOURCES", DEFAULT_SOURCE).split()]
    print_urls(chosen_stack(), sources or [DEFAULT_SOURCE])


if __name__ == "__main__":
    run(main)
