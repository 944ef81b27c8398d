"""Passkeys in Chromium, with an authenticator that Chromium makes up, against a real server."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import pyotp
import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.e2e.browser.conftest import PATIENCE, SEED_PASSWORD
from tests.fixtures.processes import Server

Json = dict[str, Any]
DEVICE = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
# As docs/use/passkeys.md shows it.
SCRIPT = """
globalThis.post = async (path, body, token) => {
  const headers = { "Content-Type": "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  const answer = await fetch(`/api/v1/auth/passkeys${path}`, {
    method: "POST", headers, body: JSON.stringify(body),
  });
  return answer.status === 204 ? null : answer.json();
};
globalThis.makePasskey = async (name, proof, token) => {
  const { public_key } = await post("/begin", proof, token);
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(public_key);
  const passkey = (await navigator.credentials.create({ publicKey })).toJSON();
  return post("", { name, passkey }, token);
};
globalThis.usePasskey = async () => {
  const { public_key } = await post("/options");
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(public_key);
  return (await navigator.credentials.get({ publicKey })).toJSON();
};
null;
"""


@dataclass
class Device:
    """An authenticator of a browser."""

    page: Page
    session: CDPSession
    device_id: str
    url: str

    def make(self, token: str, **proof: Any) -> Json:
        given = [proof or {"password": SEED_PASSWORD}, token]
        made: Json = self.page.evaluate("given => makePasskey('Chromium', ...given)", given)
        return made

    def use(self) -> Json:
        """What a passkey signs."""
        signed: Json = self.page.evaluate("usePasskey()")
        return signed

    def sign_in(self) -> Json:
        tokens: Json = self.page.evaluate("usePasskey().then(p => post('/sign-in', {passkey: p}))")
        return tokens

    def verify(self, *, is_right: bool) -> None:
        """Whether the finger that somebody shows the device is the right one."""
        given = {"authenticatorId": self.device_id, "isUserVerified": is_right}
        self.session.send("WebAuthn.setUserVerified", given)


@pytest.fixture
def device(chromium: Browser, seeded_server: Server) -> Iterator[Device]:
    # Browsers know no passkeys for an IP address.
    url = seeded_server.url.replace("127.0.0.1", "localhost")
    with chromium.new_context(base_url=url) as context:
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        added = session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        page.goto("/docs")
        page.evaluate(SCRIPT)
        yield Device(page, session, added["authenticatorId"], url)


@pytest.fixture
def person(device: Device) -> Iterator[httpx2.Client]:
    """Somebody new, with a session."""
    email = f"{uuid4().hex}@example.com"
    with httpx2.Client(base_url=f"{device.url}/api/v1") as client:
        registration = {"email": email, "full_name": "Ada", "password": SEED_PASSWORD}
        client.post("/auth/register", json=registration).raise_for_status()
        form = {"username": email, "password": SEED_PASSWORD}
        token = client.post("/auth/token", data=form).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def token_of(person: httpx2.Client) -> str:
    return person.headers["Authorization"].removeprefix("Bearer ")


def mine(person: httpx2.Client) -> Json:
    account: Json = person.get("/users/me").json()
    return account


def test_a_passkey_is_made_and_signs_in(device: Device, person: httpx2.Client) -> None:
    made = device.make(token_of(person))
    assert made["name"] == "Chromium", made

    tokens = device.sign_in()

    signed = {"Authorization": f"Bearer {tokens['access_token']}"}
    account = httpx2.get(f"{device.url}/api/v1/users/me", headers=signed).json()
    assert account["id"] == mine(person)["id"]
    [listed] = person.get("/auth/passkeys").json()["items"]
    assert listed["last_used_at"] is not None


def test_the_browser_makes_no_second_one_on_the_same_device(
    device: Device, person: httpx2.Client
) -> None:
    device.make(token_of(person))

    with pytest.raises(Exception, match="InvalidStateError"):
        device.make(token_of(person))


def test_the_wrong_finger_makes_and_uses_nothing(device: Device, person: httpx2.Client) -> None:
    device.make(token_of(person))
    device.verify(is_right=False)

    with pytest.raises(Exception, match="NotAllowedError"):
        device.sign_in()


def test_a_passkey_removes_itself(device: Device, person: httpx2.Client) -> None:
    made = device.make(token_of(person))

    path = f"/auth/passkeys/{made['id']}/remove"
    removed = person.post(path, json={"passkey": device.use()})

    assert removed.status_code == 204, removed.text
    assert device.sign_in()["status"] == 401


def test_swagger_ui_takes_a_passkey_for_the_code(device: Device, person: httpx2.Client) -> None:
    device.make(token_of(person))
    factor = "/auth/second-factor"
    secret = person.post(factor, json={"password": SEED_PASSWORD}).json()["secret"]
    code = {"code": pyotp.TOTP(secret).now()}
    person.post(f"{factor}/confirm", json=code).raise_for_status()

    page = device.page
    page.get_by_role("button", name="Authorize").first.click()
    page.get_by_label("username:").fill(mine(person)["email"])
    page.get_by_label("password:").fill(SEED_PASSWORD)
    page.get_by_role("button", name="Apply given OAuth2 credentials").click()

    expect(page.get_by_role("button", name="Remove authorization")).to_be_visible()
