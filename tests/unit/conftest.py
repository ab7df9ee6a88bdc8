"""Unit tests touch nothing outside the process: whatever opens a socket fails."""

import pytest


@pytest.fixture(autouse=True)
def _closed_network(socket_disabled: None) -> None:
    """Fail whatever opens a socket."""
