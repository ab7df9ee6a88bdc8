"""The answers for operators: what becomes of webhooks, and how a source is set up."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from rollcall import channel_directory, intake_figures, provider
from rollcall.backlog import OldestMessage, Queue
from rollcall.each import Each
from rollcall.errors import NotFound
from rollcall.intake_figures import IntakeFigures
from rollcall.keys import SourceKey
from rollcall.operation_shapes import Intake, IntakeOfSource, ProviderSetup, RunOfTrimmer, Setups, SourceSetup
from rollcall.presence_reader import PresenceReader
from rollcall.tally import APPLIED, PARKED, RETRIED, Tally
from rollcall.timestamps import to_iso
from rollcall.tokens import make_token
from rollcall.trimming import Bookmark, Run, Trimmed
from rollcall.waiting import Waiting

_LOOKED_BACK = 60 * 60_000  # milliseconds


@dataclass(frozen=True)
class Operation:
    """`now` gives Unix milliseconds. All methods raise `Unavailable`."""

    presence: PresenceReader
    figures: IntakeFigures
    bookmark: Bookmark
    webhooks: Queue
    parked: Queue
    oldest: OldestMessage
    hidden: Waiting
    url_secret: Callable[[], str]  # only asked for where URLs are shown
    now: Callable[[], int]
    each: Each = map

    def intake(self) -> Intake:
        now = self.now()
        since = _since(now)
        # Those that have sent stay listed for a week, and those with channels for as long as anybody may be there.
        # Both at once: a list takes a read for each source, one after the other.
        listed, sent = self.each(self._sources, (channel_directory.PARTITION, intake_figures.PARTITION))
        sources = sorted(listed | sent)
        tallies = self.each(lambda source: self.figures.of(source, since, now), sources)
        told = [
            (source, tally) for source, tally in zip(sources, tallies, strict=True) if tally.last or source in listed
        ]
        waiting = self.webhooks.waiting()
        runs = self.bookmark.last_runs()
        return Intake(
            now=to_iso(now),
            since=to_iso(since),
            waiting=waiting,
            oldest_waiting_seconds=self._oldest_waited(now) if waiting else 0,
            parked_waiting=self.parked.waiting(),
            sources=[_of_source(source, tally) for source, tally in told],
            trimmer=[_run(kind, runs.get(kind)) for kind in Trimmed],
        )

    def setups(self) -> Setups:
        return Setups(providers=[_setup(name) for name in provider.names()])

    def setup(self, source: SourceKey) -> SourceSetup:
        """Raises `NotFound` for an unknown provider."""
        if not provider.exists(source.provider):
            raise NotFound(f"There is no provider {source.provider}.")
        now = self.now()
        last = self.figures.of(source, _since(now), now).last
        token = make_token(self.url_secret(), *source)
        return SourceSetup(
            **_setup(source.provider).model_dump(),
            source=source.source,
            path=f"webhooks/{source.provider}/{source.source}/{token}",
            now=to_iso(now),
            last_received_at=to_iso(last.received_at) if last else None,
            last_outcome=last.outcome if last else None,
            last_sentence=last.sentence if last else "",
        )

    def _oldest_waited(self, now: int) -> int | None:
        """Seconds. CloudWatch is minutes late, and soon leaves out what fails again and again."""
        told, hidden_since = self.oldest.seconds_waited(now), self.hidden.oldest(now)
        if hidden_since is None:
            return told
        return max(told or 0, (now - hidden_since) // 1000)

    def _sources(self, partition: str) -> set[SourceKey]:
        return set(self.presence.sources(partition))


def _since(now: int) -> int:
    begin = now - _LOOKED_BACK
    return begin - begin % intake_figures.SPAN


def _of_source(source: SourceKey, tally: Tally) -> IntakeOfSource:
    counts = tally.counts
    return IntakeOfSource(
        provider=source.provider,
        source=source.source,
        received=counts["received"],
        applied=counts[APPLIED],
        retried=counts[RETRIED],
        parked={name.removeprefix(PARKED): count for name, count in counts.items() if name.startswith(PARKED)},
        events=counts["events"],
        late=counts["late"],
        repeated=counts["repeated"],
        not_understood=counts["not_understood"],
        unknown_kinds=sorted(tally.unknown_kinds),
        may_have_lost_events=counts["may_have_lost"],
        longest_wait_ms=tally.longest_wait,
        last_received_at=to_iso(tally.last.received_at) if tally.last else None,
        last_outcome=tally.last.outcome if tally.last else None,
    )


def _run(kind: Trimmed, run: Run | None) -> RunOfTrimmer:
    return RunOfTrimmer(kind=kind, ran_at=to_iso(run.ran_at) if run else None, complete=run.complete if run else None)


def _setup(name: str) -> ProviderSetup:
    return ProviderSetup(provider=name, **asdict(provider.load(name).SETUP))
