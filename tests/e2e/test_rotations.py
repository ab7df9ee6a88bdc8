"""Every secret is rotated while webhooks come: nothing is refused that should not be, and nothing is lost."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread

import pytest

from tests.e2e.rollcall_client import RollcallClient, now, pubnub, pusher, signed
from tools import web
from tools.embedded_aws import EmbeddedAws
from tools.parked import looked_at
from tools.stack import Stack
from tools.stack_secrets import Which, finish, rotate
from tools.trouble import BadInput

NAME = "rollcall-rotations"
OLD, NEW = {"key": "k-old", "secret": "old"}, {"key": "k-new", "secret": "new"}


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with EmbeddedAws(state_dir=tmp_path_factory.mktemp("aws")) as embedded:
        embedded.deploy(NAME, {"TrimMembers": "DISABLED"})
        yield embedded


@pytest.fixture
def stack(aws: EmbeddedAws) -> Stack:
    """As a command finds it: a stack remembers the secrets that it has read."""
    return Stack.read(NAME, aws.aws)


@dataclass
class Sender:
    """Sends joins, one after the other, of users who are counted; `post` sends one."""

    post: Callable[[str], web.Answer]
    acknowledged: list[str] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    @contextmanager
    def sending(self) -> Iterator[None]:
        ended = Event()
        thread = Thread(target=self._send_until, args=(ended,))
        thread.start()
        try:
            yield
            time.sleep(1)  # some more by what was rotated
        finally:
            ended.set()
            thread.join()

    def _send_until(self, ended: Event) -> None:
        while not ended.wait(0.02):
            user = f"user-{len(self.acknowledged) + len(self.refused)}"
            status = self.post(user).status
            if status == 200:
                self.acknowledged.append(user)
            else:
                self.refused.append(status)


def said(_sentence: str) -> None:
    """Nobody listens."""


def parked(stack: Stack) -> int:
    with looked_at(stack) as messages:
        return len(messages)


def assert_all_is_applied(rollcall: RollcallClient, sender: Sender, provider: str, source: str, channel: str) -> None:
    rollcall.settle()
    assert sender.refused == []
    assert parked(rollcall.stack) == 0
    assert rollcall.users(provider, source, channel) == set(sender.acknowledged)
    assert len(sender.acknowledged) > 5


def test_new_urls_are_taken_beside_the_old_ones_until_the_rotation_is_finished(aws: EmbeddedAws, stack: Stack) -> None:
    old = RollcallClient(stack)
    assert old.stack.url_secret  # is remembered

    def post(user: str) -> web.Answer:
        """By the old URL, and by the one that anybody would paste at this moment."""
        client = old if int(user.removeprefix("user-")) % 2 else RollcallClient(Stack.read(NAME, aws.aws))
        return client.post("pubnub", "urls", pubnub(("joined", "hall", user)))

    sender = Sender(post)
    with sender.sending():
        rotate(stack, Which.URLS, said)
    new = RollcallClient(Stack.read(NAME, aws.aws))
    assert new.stack.url_secret != old.stack.url_secret
    assert_all_is_applied(new, sender, "pubnub", "urls", "hall")
    with pytest.raises(BadInput, match="--finish"):
        rotate(stack, Which.URLS, said)

    only_new = Sender(lambda user: new.post("pubnub", "urls-2", pubnub(("joined", "hall", user))))
    with only_new.sending():
        finish(stack, Which.URLS, said)
    assert_all_is_applied(new, only_new, "pubnub", "urls-2", "hall")
    assert old.post("pubnub", "urls", pubnub(("joined", "hall", "late"))).status == 404
    with pytest.raises(BadInput, match="begins one"):
        finish(stack, Which.URLS, said)


def test_a_new_read_key_is_taken_at_once_and_the_old_one_until_the_rotation_is_finished(
    aws: EmbeddedAws, stack: Stack
) -> None:
    old = RollcallClient(stack)
    assert old.ask("channels", "pubnub", "key").status == 200
    rotate(stack, Which.KEY, said)
    new = RollcallClient(Stack.read(NAME, aws.aws))
    assert new.stack.read_key != old.stack.read_key
    assert [one.ask("channels", "pubnub", "key").status for one in (new, old, new)] == [200, 200, 200]
    finish(stack, Which.KEY, said)
    assert new.ask("channels", "pubnub", "key").status == 200


def test_a_providers_secret_is_rotated_without_losing_a_webhook(stack: Stack) -> None:
    rollcall = RollcallClient(stack)
    rollcall.store("secrets", "pusher", "rotated", {"tokens": [OLD]})
    signing = [OLD]

    def post(user: str) -> web.Answer:
        body = pusher(("member_added", "presence-hall", user), at=now())
        return rollcall.post("pusher", "rotated", body, signed(body, **signing[-1]))

    sender = Sender(post)
    with sender.sending():
        time.sleep(1)
        store(rollcall, [NEW, OLD])
        time.sleep(11)  # the consumer looks again for what it does not know, ten seconds after the last look
        signing.append(NEW)  # as somebody does at the dashboard
        time.sleep(1)
    rollcall.settle()
    assert sender.refused == []
    assert len(rollcall.users("pusher", "rotated", "presence-hall")) + parked(stack) == len(sender.acknowledged)
    assert parked(stack) == 0


def store(rollcall: RollcallClient, tokens: Sequence[dict[str, str]]) -> None:
    rollcall.store("secrets", "pusher", "rotated", {"tokens": list(tokens)})


def test_a_read_key_is_of_letters_and_digits_so_that_no_shell_mangles_it(stack: Stack) -> None:
    assert re.fullmatch("[A-Za-z0-9]{43}", stack.read_key)
