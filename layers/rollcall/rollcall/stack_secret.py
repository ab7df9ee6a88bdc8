"""A secret of the stack itself, as Secrets Manager holds it; remembered for minutes, so that none needs a deployment.

Its value is one key, or several with spaces between them: the first is in use, and each is accepted.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rollcall.aws import unavailable_on_failure
from rollcall.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_REMEMBERED_FOR = 5 * 60.0  # seconds; ten thousand requests for a secret cost 0.05 dollars
_ASKED_AGAIN_AFTER = 10.0  # seconds; a key that is not known may be a new one, or a guess


@dataclass
class StackSecret:
    """`clock` gives seconds."""

    client: "SecretsManagerClient"
    arn: str
    clock: Callable[[], float] = time.monotonic
    _keys: tuple[str, ...] = ()
    _asked_at: float = field(default=-_REMEMBERED_FOR)

    def keys(self, *, doubted: bool = False) -> tuple[str, ...]:
        """All keys that are accepted, the one in use first; asked for again if `doubted`. Raises `Unavailable`."""
        fresh_for = _ASKED_AGAIN_AFTER if doubted else _REMEMBERED_FOR
        if not self._keys or self.clock() - self._asked_at > fresh_for:
            self._ask()
        return self._keys

    def _ask(self) -> None:
        self._asked_at = self.clock()  # also where it fails: who guesses must not make us ask with each guess
        try:
            self._keys = self._stored()
        except Unavailable:
            if not self._keys:  # one that has aged is better than none
                raise

    def _stored(self) -> tuple[str, ...]:
        with unavailable_on_failure("Reading a key of the stack"):
            keys = split(self.client.get_secret_value(SecretId=self.arn)["SecretString"])
        if not keys:
            raise Unavailable("A secret of the stack holds no key.")
        return keys


def split(value: str) -> tuple[str, ...]:
    """The keys that the value of a secret holds."""
    return tuple(value.split())
