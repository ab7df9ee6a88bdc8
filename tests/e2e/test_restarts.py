"""What was acknowledged survives the death of functions and of the whole AWS: a short run of `make endure`."""

from pathlib import Path

import pytest

from tools.embedded_aws import EmbeddedAws
from tools.endurance.endure import endure
from tools.endurance.plan import Plan


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # the audit keeps a connection in each of its threads
def test_nothing_acknowledged_is_lost_while_functions_are_killed_and_aws_is_restarted(tmp_path: Path) -> None:
    with EmbeddedAws(keeps_state=True, state_dir=tmp_path) as aws:
        outcome = endure(aws, Plan(webhooks=300, seed=3, clients=4, share=0.2, restarts=1))
    assert outcome.wrong == {}, outcome.presence.examples
    # It has been through something, and through all of it.
    assert len(outcome.disasters.traffic.acknowledged) > 300
    assert outcome.disasters.restarted == 1
    assert outcome.disasters.kills > 0
    assert outcome.disasters.faulty.failures.total() > 0
    assert outcome.before.parked["unverified"] > 0
