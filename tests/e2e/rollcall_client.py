"""A provider and a reader in one: posts webhooks, waits until they are applied, and asks."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tools import settings_store, web
from tools.demo.queue import wait_until_empty
from tools.stack import Stack
from tools.urls import webhook_url

PATIENCE = 300  # seconds; failed writes are tried seven times, and CI's machine may be busy


@dataclass(frozen=True)
class RollcallClient:
    stack: Stack

    def store(self, kind: str, provider: str, source: str, value: object) -> None:
        settings_store.store(self.stack, kind, provider, source, settings_store.checked(kind, provider, value))

    def post(self, provider: str, source: str, body: bytes, headers: Mapping[str, str] | None = None) -> web.Answer:
        sent = {"Content-Type": "application/json", **(headers or {})}
        return web.post(webhook_url(self.stack, provider, source), body, sent)

    def settle(self) -> None:
        wait_until_empty(self.stack, PATIENCE)

    def ask(self, question: str, provider: str, source: str, **parameters: str | int) -> web.Answer:
        key = {"Authorization": f"Bearer {self.stack.read_key}"}
        return web.get(f"{self.stack.url}/presence/{provider}/{source}/{question}?{urlencode(parameters)}", key)

    def tell(self, question: str, provider: str, source: str, **parameters: str | int) -> Any:
        """All pages of an answer, as one."""
        answer = self.ask(question, provider, source, **parameters)
        assert answer.status == 200, answer
        told = answer.json()
        (items,) = (name for name, value in told.items() if isinstance(value, list))
        while told["next"]:
            page = self.ask(question, provider, source, **{**parameters, "next": told["next"]}).json()
            assert page["next"] != told["next"], "a page led to itself"
            told[items] += page[items]
            told["next"] = page["next"]
        return told

    def intake(self) -> Any:
        return web.get(f"{self.stack.url}/intake", {"Authorization": f"Bearer {self.stack.read_key}"}).json()

    def users(self, provider: str, source: str, channel: str) -> set[str]:
        return {member["user"] for member in self.tell("members", provider, source, channel=channel)["members"]}


def pubnub(*events: tuple[str, str, str], at: int | None = None) -> bytes:
    """An Events & Actions body of joins and leaves: (kind, channel, user)."""
    ((kind, _, _), *_) = events
    moment = at if at is not None else now()
    items = [
        {"id": f"{kind}-{channel}-{user}-{moment}", "channel": channel, "userId": user, "timestamp": moment}
        for _, channel, user in events
    ]
    return json.dumps(
        {"schema": f"pubnub.com/schemas/events/presence.user.channel.{kind}?v=1.0.0", "data": items}
    ).encode()


def pusher(*events: tuple[str, str, str], at: int | None = None) -> bytes:
    """A Pusher body of events: (name, channel, user)."""
    named = [{"name": name, "channel": channel, "user_id": user} for name, channel, user in events]
    return json.dumps({"time_ms": at if at is not None else now(), "events": named}).encode()


def signed(body: bytes, key: str, secret: str) -> dict[str, str]:
    return {"X-Pusher-Key": key, "X-Pusher-Signature": hmac.digest(secret.encode(), body, hashlib.sha256).hex()}


def now() -> int:
    return time.time_ns() // 1_000_000
