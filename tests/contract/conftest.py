"""A real server, and what its callers find."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import Engine, create_engine

from backend.core.database import database_url
from backend.core.permissions import Role
from tests.contract import server as cheap_mvp
from tests.contract.stock import API_URL, Stock
from tests.fixtures.application import PARTY, SECRET, make_settings
from tests.fixtures.issuer import CLIENT_ID, CLIENT_SECRET, Issuer
from tests.fixtures.processes import Server, starting_servers


@pytest.fixture(scope="session")
def server(
    worker_database_url: str,
    storage_folder: Path,
    running_issuer: Issuer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    with starting_servers(tmp_path_factory.mktemp("contract")) as start:
        yield start(
            program=(sys.executable, str(cheap_mvp.__file__)),
            DATABASE_URL=worker_database_url,
            FILES_URL=storage_folder.as_uri(),
            LOG_LEVEL="WARNING",
            MIGRATE_ON_START="false",
            SECRET_KEY=SECRET,
            PASSKEY_RP_ID=PARTY.id,
            PASSKEY_ORIGINS=PARTY.origins[0],
            PYTHONWARNINGS="error",
            SEED_ON_START="false",
            # Jobs that examples ask for would change what later ones find.
            WORKER_ENABLED="false",
            API_URL=API_URL,
            GITHUB_CLIENT_ID=CLIENT_ID,
            GITHUB_CLIENT_SECRET=CLIENT_SECRET,
            GITHUB_URL=running_issuer.url,
            GITHUB_API_URL=running_issuer.url,
        )


@pytest.fixture(scope="session")
def connection() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture(scope="session")
def engine(worker_database_url: str) -> Iterator[Engine]:
    engine = create_engine(database_url(worker_database_url))
    yield engine
    engine.dispose()


@pytest.fixture
def stock(
    engine: Engine, storage_folder: Path, worker_database_url: str, role: Role, issuer: Issuer
) -> Iterator[Stock]:
    # A run may take longer than a token lives by default.
    lasting = {"access_token_minutes": 24 * 60}
    stock = Stock(
        engine, storage_folder, make_settings(worker_database_url, security=lasting), role, issuer
    )
    stock.renew()
    yield stock
    if role is Role.ADMIN and not stock.successes:
        pytest.fail(
            "No example succeeded: teach tests/contract/stock.py what the operation needs.",
            pytrace=False,
        )
