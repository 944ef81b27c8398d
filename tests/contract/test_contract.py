"""Every operation, called with examples made from the OpenAPI document: do the answers keep it?"""

from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from pydantic_settings import BaseSettings
from schemathesis import Case, Config, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.generation.meta import TestPhase

from backend.core.permissions import Role
from backend.main import create_app
from tests.contract.statuses import with_all_statuses
from tests.contract.stock import Stock, pick
from tests.contract.streams import with_item_schemas
from tests.fixtures.application import make_settings
from tests.fixtures.processes import Server
from tests.integration.api.test_access import ENDLESS


class ContractSettings(BaseSettings):
    examples: int = 20


DOCUMENT = schemathesis.openapi.from_dict(
    with_all_statuses(
        with_item_schemas(create_app(make_settings("postgresql:///unused")).openapi())
    ),
    config=Config.from_path(Path(__file__).with_name("schemathesis.toml")),
).exclude(path=sorted(ENDLESS))


@pytest.mark.parametrize("role", [Role.ADMIN, Role.MEMBER])
@DOCUMENT.parametrize()
@settings(
    deadline=None,
    max_examples=ContractSettings().examples,
    # Examples have to bear what earlier ones left behind, and a busy machine is no fault of theirs.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_answers_keep_the_contract(
    case: Case[Any], server: Server, stock: Stock, connection: requests.Session
) -> None:
    if _is_edge_case(case) and stock.role is not Role.ADMIN:
        # A member would get the same answers, or 403 for all of them.
        return
    is_account = "auth" in (case.operation.tags or ()) or case.path.startswith("/api/v1/users/me")
    if case.method != "GET" and is_account:
        # It may have ended the session, or used up the attempts to sign in.
        stock.renew(case.path)
    if case.meta and case.meta.generation.mode is GenerationMode.POSITIVE:
        stock.put_into(case)
    headers = {
        "Accept": pick(["*/*", "text/csv"], by=case.query),
        "Authorization": f"Bearer {stock.token}",
    }

    case.call_and_validate(server.url, connection, headers, additional_checks=[stock.count])


def test_a_status_that_no_operation_declares_would_be_found() -> None:
    for each in DOCUMENT.get_all_operations():
        assert isinstance(each, Ok)
        statuses = set(each.ok().responses.status_codes)
        assert statuses >= {"429", "500", "503"}
        assert "default" not in statuses


def _is_edge_case(case: Case[Any]) -> bool:
    """One of those that follow from the schema alone, however many examples there are."""
    return case.meta is not None and case.meta.phase.name is TestPhase.COVERAGE
