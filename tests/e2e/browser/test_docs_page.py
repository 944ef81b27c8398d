"""Swagger UI and ReDoc, used by a person in a browser without the internet."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pyotp
import pytest
from playwright.sync_api import Locator, Page, expect

from backend.core.product import NAME
from backend.seeds.users import MEMBER
from tests.e2e.browser.conftest import SEED_PASSWORD, Tab

READ_ME = "users-read_me"
REFRESH = "/api/v1/auth/refresh"
OPERATIONS = {
    "/docs": ".opblock",
    "/redoc": "[data-section-id*='/operation/']",
}


@pytest.fixture
def page(tab: Tab) -> Page:
    """Swagger UI, with nobody signed in."""
    tab.page.goto("/docs")
    return tab.page


def test_the_root_leads_to_swagger_ui(tab: Tab) -> None:
    tab.page.goto("/")

    assert tab.page.url == f"{tab.origin}/docs"
    expect(tab.page.get_by_role("heading", name=NAME)).to_be_visible()


@pytest.mark.parametrize("path", OPERATIONS)
def test_a_page_shows_every_operation(tab: Tab, path: str) -> None:
    tab.page.goto(path)
    if path == "/docs":
        _unfold(tab.page)

    document = _document(tab)
    listed = document["paths"] | document.get("webhooks", {})
    operations = tab.page.locator(OPERATIONS[path])
    expect(operations).to_have_count(sum(len(methods) for methods in listed.values()))


def test_swagger_ui_opens_with_its_tags_folded(tab: Tab, page: Page) -> None:
    expect(page.locator(".opblock-tag")).to_have_count(len(_document(tab)["tags"]))

    # Webhooks have no tags: they stand below, each folded.
    expect(page.locator(".opblock-tag-section .opblock")).to_have_count(0)
    expect(page.locator(".opblock.is-open")).to_have_count(0)
    expect(page.locator(".models")).to_have_count(0)


def test_tags_are_found_by_a_part_of_their_name(page: Page) -> None:
    page.get_by_placeholder("Filter by tag").fill("prom")

    expect(page.locator(".opblock-tag")).to_have_count(1)
    expect(page.locator("#operations-tag-prompts")).to_be_visible()


def test_a_link_to_an_operation_opens_it(tab: Tab) -> None:
    tab.page.goto("/docs#/tasks/create_task")

    block = tab.page.locator("#operations-tasks-create_task")
    expect(block.get_by_role("button", name="Try it out")).to_be_visible()
    expect(tab.page.locator("#operations-leads-create_lead")).to_have_count(0)


def test_an_operation_shows_what_it_shares_with_others(page: Page) -> None:
    block = _try_out(page, "tasks-update_task")

    expect(block.get_by_placeholder("If-Match")).to_be_visible()
    answers = block.locator(".responses-table:not(.live-responses-table)")
    expect(answers).to_contain_text("Changed in the meantime.")
    expect(answers).to_contain_text("/problems/precondition-failed")
    expect(answers).to_contain_text("The current version.")
    expect(answers).to_contain_text("Send the offer")
    # All of it was resolved.
    expect(answers).not_to_contain_text("$ref")


def test_an_operation_shows_what_any_request_may_be_answered_with(page: Page) -> None:
    answers = _try_out(page, "tasks-read_task").locator(".responses-table")

    row = answers.locator("tr[data-code=default]")
    expect(row).to_contain_text("429: Too many requests.")
    expect(row).to_contain_text("500: Internal error.")
    expect(row).to_contain_text("503: Temporarily unavailable.")


def test_each_choice_of_a_body_has_its_name(page: Page) -> None:
    block = page.locator("#operations-workflows-create_workflow")
    page.locator("#operations-tag-workflows").click()
    block.locator(".opblock-summary-control").click()

    block.locator(".opblock-section-request-body").get_by_role("tab", name="Schema").click()

    schema = block.locator(".opblock-section-request-body .json-schema-2020-12")
    schema.get_by_role("button", name="Expand all").first.click()
    expect(schema.first).to_contain_text("#0 CrewWorkflowCreate")
    expect(schema.first).to_contain_text("#1 FlowWorkflowCreate")


def test_redoc_introduces_the_api_before_it_shows_the_operations(tab: Tab) -> None:
    tab.page.clock.install()
    tab.page.goto("/redoc")

    expect(tab.page.get_by_role("heading", name=NAME)).to_be_visible()
    assert tab.page.locator(OPERATIONS["/redoc"]).count() == 0
    tab.page.clock.run_for(1000)
    expect(tab.page.locator(OPERATIONS["/redoc"]).last).to_be_attached()


def test_a_second_visit_loads_no_file_again(page: Page) -> None:
    expect(page.locator(".opblock-tag").last).to_be_visible()
    page.goto("/problems/not-found")
    page.goto("/docs")

    expect(page.locator(".opblock-tag").last).to_be_visible()
    sizes = page.evaluate(
        "performance.getEntriesByType('resource').filter(each => each.name.includes('?v='))"
        ".map(each => each.transferSize)"
    )
    assert len(sizes) >= 4
    assert set(sizes) == {0}


@pytest.mark.parametrize("path", [*OPERATIONS, "/problems/not-found"])
def test_a_page_asks_no_other_server(tab: Tab, path: str) -> None:
    _visit(tab.page, path)

    assert tab.strangers == []


@pytest.mark.parametrize("path", [*OPERATIONS, "/problems/not-found"])
def test_a_page_makes_the_console_complain_about_nothing(tab: Tab, path: str) -> None:
    _visit(tab.page, path)

    assert tab.complaints == []


@pytest.mark.parametrize("path", OPERATIONS)
def test_a_page_does_not_run_what_is_slipped_into_it(tab: Tab, path: str) -> None:
    _visit(tab.page, path)

    slip = "document.body.append(Object.assign(document.createElement('script'), {text: 'hit=1'}))"
    tab.page.evaluate(slip)

    assert tab.page.evaluate("typeof hit") == "undefined"


def test_somebody_who_signs_in_creates_a_task_and_reads_it(page: Page) -> None:
    _sign_in(page)

    status, task = _execute(page, "tasks-create_task", body={"title": "Water the plants"})
    assert (status, task["title"]) == ("201", "Water the plants")
    assert _execute(page, "tasks-read_task", task_id=task["id"]) == ("200", task)


def test_a_file_is_uploaded_with_the_form_as_it_stands(page: Page, tmp_path: Path) -> None:
    _sign_in(page)
    (tmp_path / "hello.txt").write_text("hello")
    block = _try_out(page, "files-upload_file")

    block.locator("input[type=file]").set_input_files(tmp_path / "hello.txt")
    block.get_by_role("button", name="Execute").click()

    status, file = _answer(block)
    assert (status, file["name"], file["customer_id"]) == ("201", "hello.txt", None)


def test_the_agent_acts_for_who_has_signed_in_without_the_internet(page: Page) -> None:
    _sign_in(page)

    status, reply = _execute(page, "agent-act", body={"request": "Create a task Feed the cat"})

    assert (status, reply["status"]) == ("200", "done")
    assert reply["text"].startswith("(offline model)")
    (action,) = reply["actions"]
    assert _execute(page, "tasks-read_task", task_id=action["result"]["id"]) == (
        "200",
        action["result"],
    )


def test_a_stream_is_shown_after_a_while(page: Page) -> None:
    page.clock.install()
    _sign_in(page)
    block = _try_out(page, "notifications-follow_notifications")
    with page.expect_response("**/notifications/stream"):
        block.get_by_role("button", name="Execute").click()

    page.clock.fast_forward("00:10")

    answer = block.locator(".live-responses-table")
    expect(answer.locator(".response-col_status")).to_have_text(["Code", "200"])
    expect(answer).to_contain_text("text/event-stream")


def test_using_swagger_ui_breaks_no_rule_of_the_content_security_policy(
    tab: Tab, page: Page
) -> None:
    _sign_in(page)

    _execute(page, "tasks-list_tasks")

    assert tab.complaints == []


def test_a_reload_leaves_somebody_signed_in(page: Page) -> None:
    _sign_in(page)

    page.reload()

    status, me = _execute(page, READ_ME)
    assert (status, me["email"]) == ("200", MEMBER.email)


def test_a_sign_in_that_has_expired_is_forgotten_at_a_reload(page: Page) -> None:
    _sign_in(page)

    _let_pass(page, minutes=16)
    page.reload()

    assert _execute(page, READ_ME)[0] == "401"


def test_neither_password_nor_refresh_token_is_stored(page: Page) -> None:
    tokens = _sign_in(page)

    stored = page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])")

    assert tokens["access_token"] in stored
    assert tokens["refresh_token"] not in stored
    assert SEED_PASSWORD not in stored


def test_a_key_is_used_but_neither_stored_nor_renewed(page: Page) -> None:
    _sign_in(page)
    status, made = _execute(page, "api-keys-create_api_key", body={"name": "A program"})
    assert status == "201"
    page.reload()
    _log_out(page)

    _use_key(page, made["key"])
    _let_pass(page, minutes=20)

    assert _execute(page, READ_ME)[0] == "200"
    # The document says that no key opens this: it is not even sent.
    assert _execute(page, "auth-list_sessions")[0] == "401"
    stored = page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])")
    assert made["key"] not in stored
    page.reload()
    assert _execute(page, READ_ME)[0] == "401"


def test_somebody_with_a_second_factor_is_asked_for_a_code(tab: Tab, page: Page) -> None:
    email, codes = _protected(tab)
    page.once("dialog", lambda dialog: dialog.accept(codes[0]))

    _sign_in(page, email)

    status, me = _execute(page, READ_ME)
    assert (status, me["email"]) == ("200", email)
    stored = page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])")
    assert not any(code in stored for code in codes)


def test_a_wrong_code_signs_nobody_in(tab: Tab, page: Page) -> None:
    email, _ = _protected(tab)
    page.once("dialog", lambda dialog: dialog.accept("000000"))

    _fill_sign_in(page, email)
    page.get_by_role("button", name="Apply given OAuth2 credentials").click()

    expect(page.locator(".auth-container .errors")).to_be_visible()
    expect(page.get_by_role("button", name="Remove authorization")).to_have_count(0)


def test_requests_with_a_token_about_to_expire_share_one_renewal(page: Page) -> None:
    _sign_in(page)
    renewals: list[str] = []
    page.on("request", lambda sent: renewals.append(sent.url) if REFRESH in sent.url else None)
    blocks = [_try_out(page, operation) for operation in (READ_ME, "auth-list_sessions")]

    _let_pass(page, minutes=14, seconds=45)
    page.evaluate("document.querySelectorAll('.execute').forEach(button => button.click())")

    assert [_answer(block)[0] for block in blocks] == ["200", "200"]
    assert len(renewals) == 1


def test_a_renewed_sign_in_can_be_renewed_again(page: Page) -> None:
    _sign_in(page)
    _let_pass(page, minutes=14, seconds=45)
    _execute(page, READ_ME)

    _let_pass(page, minutes=29, seconds=30)
    with page.expect_response(f"**{REFRESH}") as answer:
        _execute(page, "auth-list_sessions")

    assert answer.value.status == 200


def test_a_page_that_stays_open_renews_the_sign_in_by_itself(page: Page) -> None:
    page.clock.install()
    _sign_in(page)

    with page.expect_response(f"**{REFRESH}") as answer:
        page.clock.fast_forward("14:45")

    assert answer.value.status == 200
    # So that a reload finds one that has not expired.
    page.wait_for_function(
        "token => localStorage.getItem('authorized').includes(token)",
        arg=answer.value.json()["access_token"],
    )
    page.reload()
    assert _execute(page, READ_ME)[0] == "200"


def test_a_session_that_was_ended_elsewhere_is_said_to_have_ended(tab: Tab, page: Page) -> None:
    email = _register(tab)
    _sign_in(page, email)
    _end_sessions(tab, email)

    assert _execute(page, READ_ME)[0] == "401"

    expect(page.get_by_role("alert")).to_contain_text("Your session has ended")
    stored = page.evaluate("JSON.stringify(localStorage)")
    assert "access_token" not in stored
    _sign_in(page, email)
    expect(page.get_by_role("alert")).to_have_count(0)
    assert _execute(page, "auth-list_sessions")[0] == "200"


def test_an_end_is_noticed_by_a_page_that_nobody_touches(tab: Tab, page: Page) -> None:
    email = _register(tab)
    page.clock.install()
    _sign_in(page, email)
    _end_sessions(tab, email)

    page.clock.fast_forward("14:45")

    expect(page.get_by_role("alert")).to_contain_text("Your session has ended")


def test_an_end_is_noticed_after_a_reload(tab: Tab, page: Page) -> None:
    """When the page has nothing to renew the token with."""
    email = _register(tab)
    _sign_in(page, email)
    page.reload()
    _end_sessions(tab, email)

    assert _execute(page, READ_ME)[0] == "401"

    expect(page.get_by_role("alert")).to_be_visible()


def test_a_wrong_password_ends_no_session(page: Page) -> None:
    _fill_sign_in(page, "nobody@example.com")
    page.get_by_role("button", name="Apply given OAuth2 credentials").click()

    expect(page.locator(".auth-container .errors")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_server_that_is_away_ends_no_session(page: Page) -> None:
    page.clock.install()
    _sign_in(page)
    page.route(f"**{REFRESH}", lambda route: route.fulfill(status=503))
    with page.expect_response(f"**{REFRESH}"):
        page.clock.fast_forward("14:45")
    page.unroute(f"**{REFRESH}")

    with page.expect_response(f"**{REFRESH}") as answer:
        page.clock.fast_forward("00:10")

    assert answer.value.status == 200
    expect(page.get_by_role("alert")).to_have_count(0)


def _visit(page: Page, path: str) -> None:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    if path == "/docs":
        _unfold(page)
    if path in OPERATIONS:
        expect(page.locator(OPERATIONS[path]).last).to_be_attached()


def _document(tab: Tab) -> dict[str, Any]:
    document: dict[str, Any] = httpx2.get(f"{tab.origin}/openapi.json").json()
    return document


def _unfold(page: Page) -> None:
    """Show the operations of all tags."""
    tags = page.locator(".opblock-tag")
    expect(tags.last).to_be_visible()
    for tag in tags.all():
        tag.click()


def _register(tab: Tab) -> str:
    """Register somebody; answers the address."""
    email = f"{uuid4().hex}@example.com"
    person = {"email": email, "full_name": "Ada", "password": SEED_PASSWORD}
    httpx2.post(f"{tab.origin}/api/v1/auth/register", json=person).raise_for_status()
    return email


def _end_sessions(tab: Tab, email: str) -> None:
    """As somebody does it on another device."""
    form = {"username": email, "password": SEED_PASSWORD}
    token = httpx2.post(f"{tab.origin}/api/v1/auth/token", data=form).json()["access_token"]
    signed = {"Authorization": f"Bearer {token}"}
    httpx2.post(f"{tab.origin}/api/v1/auth/logout-all", headers=signed).raise_for_status()


def _protected(tab: Tab) -> tuple[str, list[str]]:
    """Register somebody with a second factor; answers the address and the recovery codes."""
    api = f"{tab.origin}/api/v1"
    email = _register(tab)
    form = {"username": email, "password": SEED_PASSWORD}
    token = httpx2.post(f"{api}/auth/token", data=form).json()["access_token"]
    with httpx2.Client(headers={"Authorization": f"Bearer {token}"}) as client:
        factor = f"{api}/auth/second-factor"
        secret = client.post(factor, json={"password": SEED_PASSWORD}).json()["secret"]
        confirmed = client.post(f"{factor}/confirm", json={"code": pyotp.TOTP(secret).now()})
    codes: list[str] = confirmed.json()["recovery_codes"]
    return email, codes


def _fill_sign_in(page: Page, email: str) -> None:
    page.get_by_role("button", name="Authorize").first.click()
    page.get_by_label("username:").fill(email)
    page.get_by_label("password:").fill(SEED_PASSWORD)


def _sign_in(page: Page, email: str = MEMBER.email) -> dict[str, Any]:
    """Sign in through the dialog; answers what the server gave."""
    _fill_sign_in(page, email)
    with page.expect_response("**/api/v1/auth/token") as answer:
        page.get_by_role("button", name="Apply given OAuth2 credentials").click()
    expect(page.get_by_role("button", name="Remove authorization")).to_be_visible()
    page.get_by_role("button", name="Close").first.click()
    tokens: dict[str, Any] = answer.value.json()
    return tokens


def _log_out(page: Page) -> None:
    page.get_by_role("button", name="Authorize").first.click()
    page.get_by_role("button", name="Remove authorization").click()
    page.get_by_role("button", name="Close").first.click()


def _use_key(page: Page, key: str) -> None:
    page.get_by_role("button", name="Authorize").first.click()
    page.get_by_label("auth-bearer-value").fill(key)
    page.get_by_role("button", name="Apply credentials").click()
    page.get_by_role("button", name="Close").first.click()


def _let_pass(page: Page, **time: int) -> None:
    """For the page, not for the server."""
    page.clock.install(time=datetime.now(UTC) + timedelta(**time))


def _execute(
    page: Page, operation: str, body: dict[str, Any] | None = None, **parameters: str
) -> tuple[str, Any]:
    """Send a request with the form; answers the status and the body that the page shows."""
    block = _try_out(page, operation)
    if body is not None:
        block.locator("textarea").fill(json.dumps(body))
    for name, value in parameters.items():
        block.get_by_placeholder(name).fill(value)
    block.get_by_role("button", name="Execute").click()
    return _answer(block)


def _try_out(page: Page, operation: str) -> Locator:
    block = page.locator(f"#operations-{operation}")
    tag = page.locator(f"#operations-tag-{operation.rpartition('-')[0]}")
    if tag.get_attribute("data-is-open") == "false":
        tag.click()
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    return block


def _answer(block: Locator) -> tuple[str, Any]:
    answer = block.locator(".live-responses-table tbody")
    body = answer.locator(".highlight-code code").inner_text()
    return answer.locator(".response-col_status").inner_text().split()[0], json.loads(body)
