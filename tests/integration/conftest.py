"""What the tests on moto's tables begin with."""

from collections.abc import Iterator

import pytest

from tests.integration.tables import Clockwork, clockwork


@pytest.fixture
def rollcall() -> Iterator[Clockwork]:
    with clockwork() as made:
        yield made
