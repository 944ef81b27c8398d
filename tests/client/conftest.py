"""A server for generated clients."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.postgres import cloned_database
from tests.fixtures.processes import SEED_PASSWORD, Server, starting_servers


@pytest.fixture
def seeded_server(server_url: str, template: str, tmp_path: Path) -> Iterator[Server]:
    """With a worker."""
    with cloned_database(server_url, template) as url, starting_servers(tmp_path) as start:
        yield start(DATABASE_URL=url, SEED_ON_START="true", SEED_PASSWORD=SEED_PASSWORD)
