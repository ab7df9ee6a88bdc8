"""Arguments and options that several commands of `rollcall` take."""

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import click
from botocore.exceptions import BotoCoreError, ClientError
from click.shell_completion import CompletionItem

from rollcall import provider
from tools.choice import named_stack
from tools.names import checked_key, written
from tools.session import Session
from tools.settings_store import all_stored
from tools.trouble import BadInput, Trouble
from tools.urls import DEFAULT_SOURCE

if TYPE_CHECKING:
    from rollcall.keys import SourceKey


class SourceType(click.ParamType["SourceKey"]):
    """A source of a provider, as in `pusher/prod`."""

    name = "PROVIDER/SOURCE"

    def convert(
        self, value: "str | SourceKey", param: click.Parameter | None, ctx: click.Context | None
    ) -> "SourceKey":
        if not isinstance(value, str):
            return value
        try:
            return checked_key(value)
        except BadInput as error:
            self.fail(str(error), param, ctx)

    def shell_complete(self, ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        likely = {f"{name}/{DEFAULT_SOURCE}" for name in provider.names()}
        session = Session.of(ctx)
        if not session.region:  # a press of the tab key must not wait for AWS
            likely.update(_stored_here(session.name))
        return [CompletionItem(one) for one in sorted(likely) if one.startswith(incomplete)]


def _stored_here(stack: str) -> Iterator[str]:
    with suppress(Trouble, BotoCoreError, ClientError):
        yield from (written(stored.key) for stored in all_stored(named_stack(stack, None)))


SOURCE = SourceType()

of_source = click.option(
    "--source", "only", type=SOURCE, help="Of this source only; else of all that sent or hold something."
)
at_most = click.option("--limit", type=click.IntRange(min=1), help="So many at most; else all.")
without_asking = click.option("--yes", is_flag=True, help="Do it without asking.")
