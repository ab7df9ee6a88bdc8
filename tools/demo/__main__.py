"""`make demo`: sends the stories at the Rollcall on this machine, asks it who is where, and checks the answer."""

import json
import secrets
import time
from typing import Any

from rollcall import provider
from rollcall.keys import SourceKey
from tools.demo.dialects import PUSHER_KEY
from tools.demo.queue import wait_until_empty
from tools.demo.stories import LASTS, STORIES, present_at_the_end, told
from tools.demo.stream import postings, send
from tools.embedded_aws import EmbeddedAws
from tools.parked import counts
from tools.progress import step
from tools.read_api import ReadApi
from tools.settings_store import checked, store
from tools.stack import Stack
from tools.table import print_table
from tools.trouble import Trouble, run
from tools.urls import console_url

type Presence = dict[str, dict[str, dict[str, Any]]]  # provider, channel, user: state


def demo(stack: Stack) -> None:
    """A source of its own for each run, so that no run sees what an earlier one left."""
    source = f"demo-{int(time.time()):x}"
    pusher_secret = secrets.token_hex(10)
    value = {"tokens": [{"key": PUSHER_KEY, "secret": pusher_secret}]}
    store(stack, "secrets", "pusher", source, checked("secrets", "pusher", value))
    send(stack, source, postings(int(time.time()) - LASTS, pusher_secret))
    with step("Waiting for the consumer"):
        wait_until_empty(stack)
    api = ReadApi.of(stack)
    _compare(_ask_and_print(api, source), {name: present_at_the_end(told(STORIES[name])) for name in STORIES})
    _whereabouts(api, source)
    _parked(stack, source)
    print(f"\nSee it in the console, which asks for the read key:\n\nConsole:  {console_url(stack)}")
    print(f"Read key: {stack.read_key}")


def _ask_and_print(api: ReadApi, source: str) -> Presence:
    found: Presence = {}
    rows: list[tuple[str, str, str, str, str]] = []
    for name in provider.names():
        key = SourceKey(name, source)
        for channel in [entry["channel"] for entry in api.channels(key, "")]:
            members = list(api.members(key, channel))
            found.setdefault(name, {})[channel] = {member["user"]: member["state"] or None for member in members}
            rows += [(name, channel, one["user"], one["since"], _shown(one["state"])) for one in members]
    print(f"\nWho is where, says the read API about the source {source}:\n")
    print_table(("provider", "channel", "user", "since", "state"), rows)
    return found


def _shown(state: object) -> str:
    return json.dumps(state, ensure_ascii=False) if state else ""


def _compare(found: Presence, expected: Presence) -> None:
    wrong = sorted(_facts(found) ^ _facts(expected))
    if wrong:
        raise Trouble(f"This is not who should be where; it differs in: {'; '.join(wrong)}.")
    print("\nThis is exactly who should be there.")


def _facts(presence: Presence) -> set[str]:
    return {
        f"{user} in {channel} of {name}, state {state}"
        for name, channels in presence.items()
        for channel, members in channels.items()
        for user, state in members.items()
    }


def _whereabouts(api: ReadApi, source: str) -> None:
    found = sorted(one["channel"] for one in api.whereabouts(SourceKey("pubnub", source), "Ada")["channels"])
    print(f"Where is Ada? In {' and '.join(found) or 'no channel'}.")
    if found != ["support-desk", "town-hall"]:
        raise Trouble("Ada should be in support-desk and town-hall.")


def _parked(stack: Stack, source: str) -> None:
    found = [(why, count) for (why, origin), count in counts(stack).items() if origin.endswith(f"/{source}")]
    for why, count in found:
        print(f"Parked: {count}, {why.reason}. {why.sentence}")
    if [(why.reason, count) for why, count in found] != [("unverified", 1)]:
        raise Trouble("Exactly one webhook should be parked, as unverified: the one with a forged signature.")


def main() -> None:
    running = EmbeddedAws.running()
    if running is None:
        raise Trouble("Rollcall does not run on this machine: `make up` starts it.")
    demo(Stack.read("rollcall", running.aws))


if __name__ == "__main__":
    run(main)
