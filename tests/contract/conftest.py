"""No provider's file opens a connection: verifying and parsing need nothing but the webhook."""

import pytest


@pytest.fixture(autouse=True)
def _closed_network(socket_disabled: None) -> None:
    """Fail whatever opens a socket."""
