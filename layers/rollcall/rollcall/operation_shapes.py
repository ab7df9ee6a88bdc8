"""The shapes of the read API's answers to operators: what becomes of webhooks, and how a source is set up."""

from typing import Annotated

from pydantic import BaseModel, Field

from rollcall.read_shapes import Moment
from rollcall.trimming import Trimmed

LastReceived = Annotated[
    Moment | None, Field(description="When the last webhook was received; null if none was, for a week")
]
LastOutcome = Annotated[
    str | None, Field(description="What became of it: applied, retried, or the reason why it was parked")
]


class IntakeOfSource(BaseModel):
    """What became of one source's webhooks, and of the events in them."""

    provider: str
    source: str
    received: Annotated[int, Field(description="Webhooks that were taken from the queue for the first time")]
    applied: Annotated[int, Field(description="Webhooks of which everything was written")]
    retried: Annotated[int, Field(description="Tries at webhooks that failed; they come again")]
    parked: Annotated[dict[str, int], Field(description="Webhooks that no retry could help, by reason")]
    events: Annotated[int, Field(description="Events in webhooks that were applied or parked")]
    late: Annotated[int, Field(description="Events received more than a minute after they occurred")]
    repeated: Annotated[int, Field(description="Events that changed nothing, since they or something newer were known")]
    not_understood: Annotated[
        int,
        Field(description="Events that Rollcall does not know, or that lack a channel or user; all else is applied"),
    ]
    unknown_kinds: Annotated[list[str], Field(description="What these are called, up to ten of them")]
    may_have_lost_events: Annotated[
        int, Field(description="Webhooks whose provider says, or whose size tells, that events are missing in them")
    ]
    longest_wait_ms: Annotated[
        int | None,
        Field(description="Milliseconds from receipt until applied, the longest, to two digits; null if none was"),
    ]
    last_received_at: LastReceived
    last_outcome: LastOutcome


class RunOfTrimmer(BaseModel):
    """How the trimmer's last run of one kind ended."""

    kind: Trimmed
    ran_at: Annotated[Moment | None, Field(description="When it ended; null if there never was one")]
    complete: Annotated[
        bool | None, Field(description="Whether it got to its end; else the next one goes on where it stopped")
    ]


class Intake(BaseModel):
    """What became of webhooks since an hour ago, and what waits."""

    now: Moment
    since: Annotated[Moment, Field(description="Where the figures begin: an hour ago, on a mark of five minutes")]
    waiting: Annotated[int, Field(description="Webhooks in the queue, about: in flight or not")]
    oldest_waiting_seconds: Annotated[
        int | None,
        Field(
            description="How long the oldest of them has waited, by what is known; 0 if none waits, null if nothing is"
        ),
    ]
    parked_waiting: Annotated[int, Field(description="Webhooks that are parked, about: of this hour or before")]
    sources: Annotated[
        list[IntakeOfSource], Field(description="All that have sent for a week, or have channels; by name")
    ]
    trimmer: list[RunOfTrimmer]


class ProviderSetup(BaseModel):
    """How a provider is told of Rollcall."""

    provider: Annotated[str, Field(description="Its name in addresses")]
    title: Annotated[str, Field(description="Its name for people")]
    where: Annotated[str, Field(description="The place in its dashboard")]
    switch_on: Annotated[list[str], Field(description="What is to be done there, one step each")]
    signs: Annotated[bool, Field(description="Whether it signs its webhooks")]
    proof: Annotated[str, Field(description="What proves a webhook genuine")]
    secrets: Annotated[str, Field(description="Where in its dashboard that is found which is to be stored")]


class Setups(BaseModel):
    """How each provider is told of Rollcall."""

    providers: list[ProviderSetup]


class SourceSetup(ProviderSetup):
    """How a provider is told of one source, and whether its webhooks arrive."""

    source: str
    path: Annotated[
        str, Field(description="What follows the API's address in the webhook URL; whoever has it can send webhooks")
    ]
    now: Moment
    last_received_at: LastReceived
    last_outcome: LastOutcome
    last_sentence: Annotated[str, Field(description="Why it was parked, and else empty")]
