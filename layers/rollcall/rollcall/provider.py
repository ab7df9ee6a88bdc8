"""What a provider is: one file in `providers/`, found by its name, with what people must set up, a model of its secrets
and two verbs.

The order is the same for all: verify, then parse. What a provider's file knows is its dialect.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from rollcall.errors import Unavailable, UnknownProvider

if TYPE_CHECKING:  # ingest asks only for names, and must not pay for pydantic
    from pydantic import BaseModel

    from rollcall.dialect import Transcript
    from rollcall.envelope import Envelope

_FOLDER = Path(__file__).with_name("providers")
_NAME = re.compile(r"[a-z][a-z0-9]*")  # a file's name, and never a way out of the folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How the provider is told of Rollcall, in plain sentences for whoever sits at its dashboard.

    `where` is the place in the dashboard, `switch_on` what has to be done there, one step each. `signs` says whether
    the provider signs, `proof` what proves a webhook genuine, `secrets` where what is to be stored is found.
    """

    title: str
    where: str
    switch_on: tuple[str, ...]
    signs: bool
    proof: str
    secrets: str


class Provider(Protocol):
    """A module in `providers/`.

    `SETUP` tells people what to do at the provider's dashboard.
    `Secrets` is what proves a webhook genuine, as stored per source; a provider that does not sign takes an empty one.
    So many events in one body as `LOSES_EVENTS_FROM` mean that the provider dropped what did not fit; 0 for never.
    """

    SETUP: Setup
    Secrets: "type[BaseModel]"
    LOSES_EVENTS_FROM: int

    def verify(self, envelope: "Envelope", secrets: "BaseModel") -> None:
        """Raise `Unverified` unless one of the secrets proves the webhook genuine, or `TooLarge` if it is."""

    def parse(self, envelope: "Envelope") -> "Transcript":
        """What the body says, oldest first. Raises `Unreadable` if it is none of the provider's, and `TooLarge`."""


def names() -> list[str]:
    """The providers there are: the folder is the list."""
    return sorted(file.stem for file in _FOLDER.glob("*.py"))


def exists(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and (_FOLDER / f"{name}.py").is_file()


@cache
def load(name: str) -> Provider:
    """Import one provider, so that a cold start pays for no other. Raises `UnknownProvider`, and `Unavailable`."""
    if not _FOLDER.is_dir():
        # A function whose code was taken away under it knows nobody; another one will, so nothing is parked for that.
        raise Unavailable("Rollcall's own files are gone.")
    if not exists(name):
        raise UnknownProvider("No provider has this name.")
    return cast("Provider", import_module(f"rollcall.providers.{name}"))
