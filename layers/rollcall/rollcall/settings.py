"""What each function is told by its environment. This module alone reads it; `template.yaml` sets what stands here."""

import os
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from rollcall.errors import MissingSetting

if TYPE_CHECKING:  # ingest has no use for retention, and must not pay for pydantic
    from rollcall.retention import Retention


@dataclass(frozen=True, slots=True)
class IngestSettings:
    webhooks_queue_url: str
    url_secret: str
    fair_queue: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a function is, as Lambda itself tells it: its region and its role's credentials."""

    aws_region: str
    aws_access_key_id: str
    aws_secret_access_key: str


@dataclass(frozen=True, slots=True)
class ConsumerSettings:
    presence_table: str
    events_table: str
    webhooks_queue_url: str
    parked_queue_url: str
    parameter_prefix: str
    retry_seconds: str


@dataclass(frozen=True, slots=True)
class TrimmerSettings:
    presence_table: str
    events_table: str
    parameter_prefix: str


@dataclass(frozen=True, slots=True)
class QuerySettings:
    presence_table: str
    events_table: str
    parameter_prefix: str
    webhooks_queue_url: str
    parked_queue_url: str
    url_secret_arn: str
    read_key_arn: str


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """The stack's retention, as text."""

    lease_minutes: str
    tombstone_retention_minutes: str
    event_retention_minutes: str
    trim_members: str
    trim_tombstones: str
    trim_events: str
    log_events: str


def read[Settings](model: type[Settings]) -> Settings:
    """The settings of one function. Raises `MissingSetting`, which names all that are missing."""
    names = [field.name for field in fields(model)]  # type: ignore[arg-type]  # only the dataclasses above are read
    missing = [name.upper() for name in names if not os.environ.get(name.upper())]
    if missing:
        raise MissingSetting(f"The environment lacks {', '.join(missing)}.")
    return model(**{name: os.environ[name.upper()] for name in names})


def seconds(text: str) -> tuple[int, ...]:
    """Times, as a setting lists them."""
    return tuple(map(int, text.split()))


def read_session_token() -> str | None:
    """The token that belongs to a role's credentials; a user's own, with `sam local`, may have none."""
    return os.environ.get("AWS_SESSION_TOKEN") or None


def read_endpoint() -> str | None:
    """Another address for all of AWS, when it runs on this machine."""
    return os.environ.get("AWS_ENDPOINT_URL") or None


def read_service() -> str:
    """The stack's name, which is a dimension of all metrics."""
    return os.environ.get("POWERTOOLS_SERVICE_NAME", "")


def read_trace() -> str | None:
    """X-Ray's header of the invocation that runs, if X-Ray follows it."""
    trace = os.environ.get("_X_AMZN_TRACE_ID", "")  # Lambda sets it anew for each
    return trace if "Sampled=1" in trace else None


def read_retention() -> "Retention":
    """The stack's retention. Raises pydantic's `ValidationError` for settings that would break correctness."""
    from rollcall.retention import Retention  # here, so that ingest does not pay for pydantic

    settings = read(RetentionSettings)
    return Retention(
        lease_minutes=int(settings.lease_minutes),
        tombstone_retention_minutes=int(settings.tombstone_retention_minutes),
        event_retention_minutes=int(settings.event_retention_minutes),
        trim_members=settings.trim_members == "ENABLED",
        trim_tombstones=settings.trim_tombstones == "ENABLED",
        trim_events=settings.trim_events == "ENABLED",
        log_events=settings.log_events == "ENABLED",
    )
