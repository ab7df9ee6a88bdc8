"""A Rollcall of this suite's own: deployed on an embedded AWS that enforces the functions' roles."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.rollcall_client import RollcallClient
from tools.embedded_aws import EmbeddedAws
from tools.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("aws")
    with EmbeddedAws(auth=True, state_dir=folder) as aws:
        yield aws.deploy("rollcall-e2e", {"TrimMembers": "DISABLED"})  # its schedule would trim between two steps


@pytest.fixture
def rollcall(stack: Stack) -> RollcallClient:
    return RollcallClient(stack)
