"""Names that people give on the command line."""

import re

from rollcall import provider
from rollcall.keys import SourceKey
from tools.trouble import BadInput

_SOURCE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")  # as ingest takes it: one part of a URL and of a parameter's name


def checked_source(name: str) -> str:
    """The name of a source, if it can be one."""
    if not _SOURCE.fullmatch(name):
        raise BadInput(
            f"{name!r} cannot be the name of a source: take 1 to 63 lower-case letters, digits and hyphens,"
            " with no hyphen in front."
        )
    return name


def checked_provider(name: str) -> str:
    """The name of a provider, if there is such a one."""
    if not provider.exists(name):
        raise BadInput(f"There is no provider {name!r}, only {', '.join(provider.names())}.")
    return name


def checked_key(text: str) -> SourceKey:
    """A source of a provider, written `pusher/prod`."""
    name, slash, source = text.partition("/")
    if not slash:
        raise BadInput(f"{text!r} is no source: write PROVIDER/SOURCE, as in pusher/prod.")
    return SourceKey(checked_provider(name), checked_source(source))


def written(key: SourceKey) -> str:
    """A source as people write it."""
    return f"{key.provider}/{key.source}"
