"""An ASGI application that hands on what the rule lets pass, and answers all else itself."""

import json
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any

from tools.guarded_aws.rule import Request, refusal

# https://asgi.readthedocs.io/en/latest/specs/main.html
type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type App = Callable[[Message, Receive, Send], Awaitable[None]]


class Guard:
    """Stands before `app`, which is reached under `own_names`."""

    def __init__(self, app: App, own_names: Collection[str]) -> None:
        self._app = app
        self._own_names = own_names

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close"})  # Rollcall has none, and a page may open one to any origin
        elif sentence := refusal(_request(scope), self._own_names):
            await _refuse(send, sentence)
        else:
            await self._app(scope, receive, _without_cors(send))


def _request(scope: Message) -> Request:
    headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
    return Request(scope["method"], scope["path"], headers)


async def _refuse(send: Send, sentence: str) -> None:
    content = json.dumps({"error": sentence}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _without_cors(send: Send) -> Send:
    async def send_without_cors(message: Message) -> None:
        if message["type"] == "http.response.start":
            allowed = [header for header in message["headers"] if not header[0].lower().startswith(b"access-control-")]
            message = {**message, "headers": allowed}
        await send(message)

    return send_without_cors
