"""The recorded webhooks in `recordings/`, one folder per provider, and what each of them means.

A recording is three files: its body (`NAME.json` or `NAME.body`, the exact bytes), `NAME.headers.json`, and
`NAME.events.json`: when it was received, and either the events that it means or the reason why it is refused; what of
it is not understood, by name, and whether it may have lost events. What an event does not mention is empty; its
position is its place in the list unless it says otherwise.

Beside them, `secrets.json` proves all of a provider's recordings genuine and `secrets.rotated.json` none of them, field
by field. A provider whose bodies are not signed says so in `unsigned.md`.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rollcall.envelope import Envelope
from rollcall.events import Kind, PresenceEvent

FOLDER = Path(__file__).with_name("recordings")
SOURCE = "recorded"


@dataclass(frozen=True)
class Recording:
    """`refused` is the reason by which the webhook must be parked, empty for a good one."""

    name: str
    envelope: Envelope
    events: list[PresenceEvent] = field(repr=False)
    refused: str
    not_understood: Counter[str] = field(default_factory=Counter, repr=False)
    may_have_lost_events: bool = False

    @property
    def provider(self) -> str:
        return self.envelope.provider

    def __str__(self) -> str:
        return f"{self.provider}/{self.name}"


def recordings_of(provider: str) -> list[Recording]:
    return [_read(meaning) for meaning in sorted((FOLDER / provider).glob("*.events.json"))]


def files_of(recording: Recording) -> set[Path]:
    folder = FOLDER / recording.provider
    body = _body_of(folder, recording.name)
    return {body, *(folder / f"{recording.name}.{part}.json" for part in ("headers", "events"))}


def secrets_of(provider: str) -> Any:
    """What proves all of the recordings, as it would be stored."""
    return _load(FOLDER / provider / "secrets.json")


def rotated_secrets_of(provider: str) -> Any:
    """What the secrets become once those that prove the recordings are retired."""
    return _load(FOLDER / provider / "secrets.rotated.json")


def is_signed(provider: str) -> bool:
    return not (FOLDER / provider / "unsigned.md").exists()


def _read(meaning_file: Path) -> Recording:
    folder, name = meaning_file.parent, meaning_file.name.removesuffix(".events.json")
    meaning = _load(meaning_file)
    headers = _load(folder / f"{name}.headers.json")
    envelope = Envelope(
        provider=folder.name,
        source=SOURCE,
        received_at=meaning["received_at"],
        request_id=name,
        headers={header.lower(): value for header, value in headers.items()},  # as API Gateway gives them
        body=_body_of(folder, name).read_bytes(),
    )
    return Recording(
        name,
        envelope,
        list(_events(envelope, meaning.get("events", ()))),
        meaning.get("refused", ""),
        Counter(meaning.get("not_understood", {})),
        meaning.get("may_have_lost_events", False),
    )


def _events(envelope: Envelope, meant: Iterable[dict[str, Any]]) -> Iterable[PresenceEvent]:
    for position, event in enumerate(meant):
        told = {"position": position} | event | {"kind": Kind(event["kind"])}
        if "state" in told:
            told["state"] = json.dumps(told["state"], sort_keys=True, separators=(",", ":"))
        yield PresenceEvent(
            provider=envelope.provider, source=envelope.source, received_at=envelope.received_at, **told
        )


def _body_of(folder: Path, name: str) -> Path:
    (body,) = (file for file in (folder / f"{name}.json", folder / f"{name}.body") if file.exists())
    return body


def _load(file: Path) -> Any:
    return json.loads(file.read_text())
