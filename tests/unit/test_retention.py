"""How long things are kept."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from rollcall.merge import Channel, Count, Member, Stamp, State
from rollcall.retention import LATEST_WEBHOOK_MINUTES, Override, Retention

_TEMPLATE = Path(__file__).parents[2] / "template.yaml"
_MINUTE = 60_000  # milliseconds
_TEN_YEARS = 10 * 365 * 1440  # minutes

_STACK: dict[str, Any] = {
    "lease_minutes": 1_440,
    "tombstone_retention_minutes": 43_200,
    "event_retention_minutes": 10_080,
    "trim_members": True,
    "trim_tombstones": True,
    "trim_events": True,
    "log_events": True,
}

times = st.integers(1, 10**13)
stamps = st.builds(Stamp, times, times, st.integers(0, 10_000))
members = st.builds(
    Member,
    seen=stamps,
    left=st.none() | stamps,
    joined=st.none() | stamps,
    state=st.none() | st.builds(State, stamps, st.just("{}")),
)
channels = st.builds(
    Channel, occupied=st.none() | stamps, vacated=stamps, reported=st.none() | st.builds(Count, stamps, times)
)


def test_tombstones_outlive_the_latest_webhook() -> None:
    assert LATEST_WEBHOOK_MINUTES == 28 * 60 + (4 + 14) * 24 * 60 == 27_600


def test_the_template_refuses_what_the_function_refuses() -> None:
    template = yaml.load(_TEMPLATE.read_text(), Loader=yaml.BaseLoader)  # noqa: S506  makes text of everything, tags too
    parameters = template["Parameters"]
    assert parameters["TombstoneRetentionMinutes"]["MinValue"] == str(LATEST_WEBHOOK_MINUTES)
    assert parameters["LeaseMinutes"]["MinValue"] == parameters["EventRetentionMinutes"]["MinValue"] == "1"


def test_what_the_template_says_by_default_is_valid() -> None:
    parameters = yaml.load(_TEMPLATE.read_text(), Loader=yaml.BaseLoader)["Parameters"]  # noqa: S506  as above
    numbers = {
        "lease_minutes": "LeaseMinutes",
        "tombstone_retention_minutes": "TombstoneRetentionMinutes",
        "event_retention_minutes": "EventRetentionMinutes",
    }
    Retention.model_validate(_STACK | {name: int(parameters[theirs]["Default"]) for name, theirs in numbers.items()})


@pytest.mark.parametrize("model", [Retention, Override])
@pytest.mark.parametrize(
    "minutes", [27_599, 1_440, 1, 0, -1, _TEN_YEARS + 1, "43200", 43_200.0, True, None, float("nan")]
)
def test_a_tombstone_retention_that_breaks_correctness_is_refused(
    model: type[Retention | Override], minutes: object
) -> None:
    if model is Override and minutes is None:
        return  # says that the stack's holds
    with pytest.raises(ValidationError, match="tombstone_retention_minutes"):
        model.model_validate(_STACK | {"tombstone_retention_minutes": minutes})


@pytest.mark.parametrize("model", [Retention, Override])
@pytest.mark.parametrize("minutes", [27_600, 27_601, 43_200, _TEN_YEARS])
def test_a_tombstone_retention_that_is_long_enough_is_taken(model: type[Retention | Override], minutes: int) -> None:
    assert (
        model.model_validate(_STACK | {"tombstone_retention_minutes": minutes}).tombstone_retention_minutes == minutes
    )


@pytest.mark.parametrize("name", ["lease_minutes", "event_retention_minutes"])
@pytest.mark.parametrize("minutes", [0, -1, _TEN_YEARS + 1, "60", 1.5])
def test_a_retention_that_is_none_is_refused(name: str, minutes: object) -> None:
    with pytest.raises(ValidationError, match=name):
        Override.model_validate({name: minutes})


def test_a_mistyped_setting_is_refused() -> None:
    with pytest.raises(ValidationError, match="leese_minutes"):
        Override.model_validate({"leese_minutes": 60})


def test_a_source_overrides_what_it_names_and_nothing_else() -> None:
    stack = Retention.model_validate(_STACK)
    own = stack.overridden_by(Override(lease_minutes=60, trim_events=False))
    assert own == Retention.model_validate(_STACK | {"lease_minutes": 60, "trim_events": False})
    assert stack == Retention.model_validate(_STACK)
    assert own.lease == 60 * _MINUTE


def test_an_empty_override_leaves_the_stacks_settings() -> None:
    stack = Retention.model_validate(_STACK)
    assert stack.overridden_by(Override()) == stack


@given(evidence=members | channels)
def test_a_record_outlives_its_newest_evidence_by_lease_and_tombstone(evidence: Member | Channel) -> None:
    expires_at = Retention.model_validate(_STACK).presence_expires_at(evidence)
    newest, received_at = max(_stamps(evidence))[:2]
    assert expires_at == (max(newest, received_at) + (1_440 + 43_200) * _MINUTE) // 1000


@given(one=members, other=members)
def test_expiry_depends_on_the_evidence_and_not_on_how_it_came_together(one: Member, other: Member) -> None:
    retention = Retention.model_validate(_STACK)
    together = retention.presence_expires_at(one.merge(other))
    assert together == retention.presence_expires_at(other.merge(one))
    assert together == retention.presence_expires_at(one.merge(other).merge(one))


@given(evidence=members, later=st.integers(1, 10**9))
def test_newer_evidence_never_lets_a_record_expire_earlier(evidence: Member, later: int) -> None:
    retention = Retention.model_validate(_STACK)
    newest = max(_stamps(evidence))
    renewed = replace(evidence, seen=Stamp(newest.occurred_at + later, newest.received_at + later, 0))
    before, after = retention.presence_expires_at(evidence), retention.presence_expires_at(renewed)
    assert before is not None
    assert after is not None
    assert before <= after


@given(occurred_at=times, received_at=times)
def test_an_event_is_kept_from_when_it_became_known(occurred_at: int, received_at: int) -> None:
    expires_at = Retention.model_validate(_STACK).event_expires_at(occurred_at, received_at)
    assert expires_at == (max(occurred_at, received_at) + 10_080 * _MINUTE) // 1000


def test_what_is_not_trimmed_never_expires() -> None:
    keeping = Retention.model_validate(_STACK | {"trim_tombstones": False, "trim_events": False})
    assert keeping.presence_expires_at(Member(seen=Stamp(1, 1, 0))) is None
    assert keeping.event_expires_at(1, 1) is None


def _stamps(evidence: Member | Channel) -> list[Stamp]:
    if isinstance(evidence, Member):
        of_member = [evidence.seen, evidence.left, evidence.joined, evidence.state and evidence.state.stamp]
        return [stamp for stamp in of_member if stamp]
    of_channel = [evidence.occupied, evidence.vacated, evidence.reported and evidence.reported.stamp]
    return [stamp for stamp in of_channel if stamp]
