"""The Rollcall that a run is sent to, and asked afterwards: of a stack, or at any URL."""

import os
import secrets
from dataclasses import dataclass, field

from rollcall.tokens import make_token
from tools import settings_store, web
from tools.choice import chosen_stack
from tools.simulator.simulation import App
from tools.stack import Stack
from tools.trouble import Trouble

URL_SECRET, READ_KEY, PUSHER_SECRET = "ROLLCALL_URL_SECRET", "ROLLCALL_READ_KEY", "ROLLCALL_PUSHER_SECRET"


@dataclass(frozen=True)
class Target:
    """Without a stack nothing can be stored: Pusher's secret must be there already."""

    url: str
    url_secret: str = field(repr=False)
    read_key: str = field(repr=False)
    pusher_secret: str = field(repr=False)
    stack: Stack | None = None

    @classmethod
    def of_stack(cls) -> "Target":
        """The one on this machine, or the one that REGION and STACK name."""
        return cls.of(chosen_stack())

    @classmethod
    def of(cls, stack: Stack) -> "Target":
        return cls(stack.url, stack.url_secret, stack.read_key, secrets.token_hex(10), stack)

    @classmethod
    def at(cls, url: str) -> "Target":
        """Secrets come from the environment, for other programs can read a command's arguments."""
        missing = [name for name in (URL_SECRET, READ_KEY) if not os.environ.get(name)]
        if missing:
            raise Trouble(f"With --url the environment must hold {' and '.join(missing)}.")
        return cls(url.rstrip("/"), os.environ[URL_SECRET], os.environ[READ_KEY], os.environ.get(PUSHER_SECRET, ""))

    def webhook_url(self, app: App) -> str:
        return f"{self.url}/webhooks/{app.provider}/{app.source}/{make_token(self.url_secret, *app)}"

    def prepare(self, app: App, pusher_key: str, lease_minutes: int | None) -> None:
        """Store what the source needs, and see whether its webhooks will be let in."""
        if self.stack and app.provider == "pusher":
            self._store(self.stack, "secrets", app, {"tokens": [{"key": pusher_key, "secret": self.pusher_secret}]})
        if self.stack and lease_minutes:
            self._store(self.stack, "retention", app, {"lease_minutes": lease_minutes})
        if web.get(self.webhook_url(app)).status != 200:
            raise Trouble(f"{self.url} lets no webhooks of {app.provider}/{app.source} in: is its URL secret right?")

    @staticmethod
    def _store(stack: Stack, kind: str, app: App, value: object) -> None:
        settings_store.store(stack, kind, *app, settings_store.checked(kind, app.provider, value))
