"""One question about a deployment, and what was found."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"
    SKIPPED = "skipped"


class Judgement(NamedTuple):
    """What was seen, in one sentence; of anything but `ok` also what to do about it, where that is known."""

    verdict: Verdict
    sentence: str
    remedy: str = ""


class Finding(NamedTuple):
    """A judgement under the name of its check."""

    name: str
    verdict: Verdict
    sentence: str
    remedy: str


@dataclass(frozen=True)
class Check:
    """`look` asks AWS and judges; it may raise what AWS refuses.

    It is not asked where it could only repeat a fault that has been found: one of a check whose name begins with one
    of `needs`.
    """

    name: str
    look: Callable[[], Judgement]
    needs: tuple[str, ...] = ()


def ok(sentence: str) -> Judgement:
    return Judgement(Verdict.OK, sentence)


def warning(sentence: str, remedy: str) -> Judgement:
    return Judgement(Verdict.WARNING, sentence, remedy)


def fault(sentence: str, remedy: str) -> Judgement:
    return Judgement(Verdict.FAULT, sentence, remedy)


def skipped(sentence: str) -> Judgement:
    return Judgement(Verdict.SKIPPED, sentence)
