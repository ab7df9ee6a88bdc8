"""Compares what Rollcall answers with what a perfect receiver knows, and with what is true."""

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random

from tools.simulator.ledger import Ledger
from tools.simulator.pace import now
from tools.simulator.perfect_receiver import Occupancy, Place, Stay
from tools.simulator.questions import Questions
from tools.simulator.simulation import App

CLOCKS_DIFFER = 2_000  # milliseconds, between this machine and Rollcall's: a lease that ends within is not judged
EXAMPLES = 10  # that are kept of what is wrong

type Member = tuple[Place, str]


@dataclass
class Findings:
    """Of one audit. `wrong` is where Rollcall differs from the perfect receiver, by kind; the rest is as it is."""

    at: int  # our time, Unix milliseconds
    members: int = 0  # that the perfect receiver says are there
    channels: int = 0  # that were asked for
    wrong: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    undecided: int = 0  # members of whom even the perfect receiver cannot be sure
    # Against the truth: what the providers never told, or told late, is in here too.
    told: set[Member] = field(default_factory=set)
    untrue: set[Member] = field(default_factory=set)  # told, and not there
    missing: set[Member] = field(default_factory=set)  # there, and not told

    def note(self, kind: str, what: str) -> None:
        self.wrong[kind] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"{kind}: {what}")


class Auditor:
    """Asks with so many connections, and for the whereabouts of a sample of users in each source."""

    def __init__(self, questions: Questions, ledger: Ledger, connections: int, sample: int) -> None:
        self._questions = questions
        self._ledger = ledger
        self._connections = connections
        self._sample = sample

    def audit(self) -> Findings:
        """Raises `Trouble` if the read API cannot be asked."""
        findings = Findings(now())
        with self._ledger.lock:
            places = self._ledger.receiver.places()
        apps = list(self._ledger.simulation.truth)
        with ThreadPoolExecutor(self._connections) as pool:
            list(pool.map(lambda place: self._members(findings, place), places))
            list(pool.map(lambda app: self._channels(findings, app), apps))
            list(pool.map(lambda asked: self._whereabouts(findings, *asked), self._sampled(places)))
        truth = {
            (Place(*app, channel), user)
            for app, channels in self._ledger.truth().items()
            for channel, users in channels.items()
            for user in users
        }
        findings.untrue, findings.missing = findings.told - truth, truth - findings.told
        return findings

    def _members(self, findings: Findings, place: Place) -> None:
        asked_at = now()
        told, occupancy = self._questions.members(place)
        early, late = self._expected(place, asked_at - CLOCKS_DIFFER), self._expected(place, now() + CLOCKS_DIFFER)
        with self._ledger.lock:
            findings.channels += 1
            findings.members += len(late)
            findings.told.update((place, user) for user in told)
            users = sorted(told.keys() | early.keys() | late.keys())
            doubtful = {user for user in users if self._ledger.is_doubtful(place, user)}
            findings.undecided += len(doubtful)
            for kind, what in differences(told, early, late, doubtful):
                findings.note(kind, f"{what} in {'/'.join(place)}")
            if not doubtful and occupancy not in range(min(len(early), len(late)), max(len(early), len(late)) + 1):
                findings.note("wrong occupancy", f"{occupancy}, not {len(late)}, in {'/'.join(place)}")

    def _expected(self, place: Place, at: int) -> dict[str, Stay]:
        with self._ledger.lock:
            return self._ledger.receiver.members(*place, at, self._ledger.lease)

    def _channels(self, findings: Findings, app: App) -> None:
        asked_at = now()
        told = self._questions.channels(app)
        with self._ledger.lock:
            receiver, lease = self._ledger.receiver, self._ledger.lease
            early = receiver.channels(*app, asked_at - CLOCKS_DIFFER, lease)
            late = receiver.channels(*app, now() + CLOCKS_DIFFER, lease)
            for channel in sorted(told.keys() | early.keys() | late.keys()):
                place = Place(*app, channel)
                if self._is_doubtful(place):
                    continue
                answer, right = told.get(channel), (early.get(channel), late.get(channel))
                if not _is_between(answer, *right):
                    findings.note("wrong channel", f"{answer}, not {right[1]}, of {'/'.join(place)}")

    def _is_doubtful(self, place: Place) -> bool:
        members = self._ledger.receiver.known_members(place)
        return any(self._ledger.is_doubtful(place, user) for user in members)

    def _sampled(self, places: Iterable[Place]) -> list[tuple[App, str]]:
        """Any users that were ever heard of, the same ones for the same seed."""
        users: dict[App, set[str]] = {}
        with self._ledger.lock:
            for place in places:
                known = self._ledger.receiver.known_members(place)
                users.setdefault(App(place.provider, place.source), set()).update(known)
        chance = Random(self._ledger.simulation.knobs.seed)  # noqa: S311 - it must repeat itself
        return [
            (app, user)
            for app, known in users.items()
            for user in chance.sample(sorted(known), min(self._sample, len(known)))
        ]

    def _whereabouts(self, findings: Findings, app: App, user: str) -> None:
        asked_at = now()
        told = self._questions.whereabouts(app, user)
        with self._ledger.lock:
            receiver, lease = self._ledger.receiver, self._ledger.lease
            early = receiver.whereabouts(*app, user, asked_at - CLOCKS_DIFFER, lease)
            late = receiver.whereabouts(*app, user, now() + CLOCKS_DIFFER, lease)
            for channel in sorted(told.keys() | early.keys() | late.keys()):
                if self._ledger.is_doubtful(Place(*app, channel), user):
                    continue
                answers = [stay.since if stay else None for stay in (early.get(channel), late.get(channel))]
                if told.get(channel) not in answers:
                    findings.note("wrong whereabouts", f"{user} in {channel} of {'/'.join(app)}")


def _is_between(answer: Occupancy | None, early: Occupancy | None, late: Occupancy | None) -> bool:
    """Whether it was right at some time between: several leases may end in one channel while it is asked for."""
    if early == late or answer is None or early is None:
        return answer in (early, late)
    fewest = 1 if late is None else late.members
    return min(fewest, early.members) <= answer.members <= max(fewest, early.members)


def differences(
    told: dict[str, Stay], early: dict[str, Stay], late: dict[str, Stay], doubtful: set[str]
) -> Iterator[tuple[str, str]]:
    """Where an answer is neither what was right before it was given, nor what was right after."""
    for user in sorted((told.keys() | early.keys() | late.keys()) - doubtful):
        answer, right = told.get(user), (early.get(user), late.get(user))
        if answer in right:
            continue
        stays = [stay for stay in right if stay is not None]
        if answer is None:
            yield "missing", user
        elif not stays:
            yield "ghost", user
        else:
            parts = [name for name in Stay._fields if getattr(answer, name) not in {getattr(s, name) for s in stays}]
            yield f"wrong {' and '.join(parts) or 'mixture'}", f"{user}: {answer}, not {stays[-1]}"
