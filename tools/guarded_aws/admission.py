"""An ASGI application that lets so many requests to Rollcall's API in at once, and has the others wait for their turn.

The embedded AWS starts a process for every request that finds no idle one, as AWS starts an instance. 64 webhooks at
once would start 64, which on two processors are busy with starting for a quarter of a minute: ingest then waits in
vain for SQS, and answers 503.
"""

import asyncio

from tools.guarded_aws.guard import App, Message, Receive, Send
from tools.guarded_aws.rule import is_api


class Admission:
    """Stands before `app`. What the functions ask of AWS does not wait: it is what they need to come to an end."""

    def __init__(self, app: App, at_once: int) -> None:
        self._app = app
        self._places = asyncio.Semaphore(at_once)  # first come, first served

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and is_api(scope["path"]):
            async with self._places:
                await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, send)
