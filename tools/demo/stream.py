"""The stream of webhooks that the stories make, and its way to a running Rollcall."""

import random
import sys
from dataclasses import dataclass

from tools import web
from tools.demo.dialects import PUSHER_KEY, dialects, pusher_signature
from tools.demo.stories import STORIES, Act, bodies, told
from tools.stack import Stack
from tools.trouble import Trouble
from tools.urls import webhook_url


@dataclass(frozen=True)
class Posting:
    """One webhook on its way; `late` ones go last."""

    provider: str
    body: bytes
    headers: dict[str, str]
    late: bool = False


def postings(began: int, pusher_secret: str) -> list[Posting]:
    """All webhooks of all stories in the order in which they arrive: the providers mixed, the late ones at the end."""
    found = [posting for provider in STORIES for posting in _of_story(provider, began, pusher_secret)]
    chance = random.Random(7)  # noqa: S311 - it only mixes; the same way each time, so that a failure can be repeated
    chance.shuffle(found)
    found.insert(len(found) // 2, _forged(began))
    return sorted(found, key=lambda posting: posting.late)


def send(stack: Stack, source: str, stream: list[Posting]) -> None:
    """Posts them one by one, as a provider does that waits for the answer."""
    for number, posting in enumerate(stream, 1):
        answer = web.post(webhook_url(stack, posting.provider, source), posting.body, posting.headers)
        if answer.status != 200:
            raise Trouble(f"Rollcall answered {answer.status} to {posting.provider}: {answer.body[:200]!r}")
        _show(number, len(stream))


def _of_story(provider: str, began: int, pusher_secret: str) -> list[Posting]:
    speak = dialects(pusher_secret)[provider]
    found: list[Posting] = []
    for acts in bodies(told(STORIES[provider])):
        posting = Posting(provider, *speak(acts, began), late=_has(acts, "late"))
        found.extend([posting] * (2 if _has(acts, "twice") else 1))
    return found


def _has(acts: list[Act], note: str) -> bool:
    return any(note in act.notes for act in acts)


def _forged(began: int) -> Posting:
    """Somebody who knows the URL and the key, but not the secret."""
    event = '{"name":"member_added","channel":"presence-class-7b","user_id":"mallory"}'
    body = f'{{"time_ms":{began * 1000 + 590_000},"events":[{event}]}}'.encode()
    signature = pusher_signature(body, "guessed")
    return Posting("pusher", body, {"X-Pusher-Key": PUSHER_KEY, "X-Pusher-Signature": signature})


def _show(number: int, total: int) -> None:
    if sys.stdout.isatty():
        print(f"\rSending webhooks: {number} of {total}", end="\n" if number == total else "", flush=True)
    elif number == total:
        print(f"Sent {total} webhooks.", flush=True)
