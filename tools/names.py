"""Names that people give on the command line."""

import re

from rollcall import provider
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
        raise BadInput(f"PROVIDER must be one of {', '.join(provider.names())}, as in `make source PROVIDER=pusher`.")
    return name
