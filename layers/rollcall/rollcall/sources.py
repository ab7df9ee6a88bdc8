"""What is stored per source in SSM: its secrets, and its own retention; remembered for minutes.

A rotation takes effect by itself, at the latest when what is remembered has aged.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from pydantic import ValidationError

from rollcall.aws import unavailable_on_failure
from rollcall.errors import InvalidRetention, MissingSecret, Unavailable
from rollcall.keys import SourceKey
from rollcall.retention import Override, Retention

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

_REMEMBERED_FOR = 5 * 60.0  # seconds; each source costs a request that often, and SSM takes 40 a second
_ASKED_AGAIN_AFTER = 10.0  # seconds; a webhook that proves nothing may be the first of a rotation, or a forgery
# Seconds. Waiting for an answer that does not come takes as long, which a batch of a hundred webhooks has not got a
# hundred times. Not longer, for a consumer that knows nothing yet fails whatever it is given, and is given the more.
_SILENT_FOR = 2.0
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
_NAME = re.compile(r"[A-Za-z0-9_./-]+")


@dataclass
class Sources:
    """The stored parameters of sources. `clock` gives seconds."""

    client: "SSMClient"
    prefix: str
    clock: Callable[[], float]
    _remembered: dict[str, tuple[float, str | None]] = field(default_factory=dict)
    _silent_until: float = 0.0
    _doubted_until: float = 0.0  # secrets that were read before are read again
    _asking: Lock = field(default_factory=Lock)  # or all of the consumer's writers would ask the same at once

    def secrets(self, source: SourceKey, *, doubted: bool = False) -> object:
        """The source's secrets as stored, an empty object where none are; asked for again if `doubted`.

        Raises `MissingSecret` for what is no JSON, and `Unavailable`.
        """
        text = self._get("secrets", source, _ASKED_AGAIN_AFTER if doubted else _REMEMBERED_FOR)
        try:
            return {} if text is None else json.loads(text)
        except ValueError as error:
            raise MissingSecret("The stored secrets are not JSON.") from error

    def look_again(self) -> None:
        """Rely on no secrets that were read until now: somebody says that they have been mended."""
        self._doubted_until = self.clock()

    def override(self, source: SourceKey) -> Override:
        """The source's own retention. Raises `InvalidRetention` for one that would break correctness."""
        text = self._get("retention", source, _REMEMBERED_FOR)
        try:
            return Override() if text is None else Override.model_validate_json(text)
        except ValidationError as error:
            raise InvalidRetention("The source's stored retention is not valid.") from error

    def _get(self, what: str, source: SourceKey, fresh_for: float) -> str | None:
        name = f"{self.prefix}/{what}/{source.provider}/{source.source}"
        with self._asking:
            asked_at, value = self._remembered.get(name, (None, None))
            is_doubted = what == "secrets" and asked_at is not None and asked_at <= self._doubted_until
            if asked_at is None or is_doubted or self.clock() - asked_at > fresh_for:
                try:
                    value = self._ask_unless_silent(name)
                except Unavailable:
                    # An aged value is better than none, but not to refuse a webhook by it: so it stays as old as it is.
                    if asked_at is None or fresh_for < _REMEMBERED_FOR:
                        raise
                    return value
                self._remembered[name] = (self.clock(), value)
            return value

    def _ask_unless_silent(self, name: str) -> str | None:
        if self.clock() < self._silent_until:
            raise Unavailable("SSM does not answer.")
        try:
            return self._ask(name)
        except Unavailable:
            self._silent_until = self.clock() + _SILENT_FOR
            raise

    def _ask(self, name: str) -> str | None:
        if not _NAME.fullmatch(name):
            return None  # SSM refuses to be asked for such a name, so nothing is stored under it
        with unavailable_on_failure("Reading a source's parameters"):
            try:
                return self.client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
            except self.client.exceptions.ParameterNotFound:
                return None


@dataclass(frozen=True)
class RetentionOfSources:
    """The settings in force for a source: the stack's, with the source's own over them."""

    stack: Retention
    sources: Sources

    def __call__(self, source: SourceKey) -> Retention:
        return self.stack.overridden_by(self.sources.override(source))
