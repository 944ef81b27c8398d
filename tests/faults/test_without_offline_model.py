"""The program without the folder of the offline model, as production may leave it out."""

import shutil
from pathlib import Path

import httpx2
import pytest

from tests.fixtures.openai_server import KEY, MODEL, OpenAiServer
from tests.fixtures.processes import ROOT, RunMvp, Server, StartServer

ASK = {"request": "Show open tasks"}


@pytest.fixture
def settings(tmp_path: Path, provider: OpenAiServer, fresh_database_url: str) -> dict[str, str]:
    project = tmp_path / "project"
    shutil.copytree(ROOT / "alembic", project / "alembic")
    shutil.copy(ROOT / "pyproject.toml", project)
    shutil.copytree(
        ROOT / "backend",
        project / "backend",
        ignore=lambda folder, _names: {"offline"} if Path(folder).name == "language_models" else (),
    )
    return {
        "PYTHONPATH": str(project),
        "DATABASE_URL": fresh_database_url,
        "SEED_ON_START": "true",
        "MODEL_PROVIDER": "openai",
        "MODEL_NAME": MODEL,
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": f"{provider.url}/v1",
    }


def ask(server: Server) -> httpx2.Response:
    signed = server.sign_in()
    return httpx2.post(f"{server.url}/api/v1/agent/act", json=ASK, headers=signed, timeout=30)


def test_another_provider_answers(
    start_server: StartServer, settings: dict[str, str], provider: OpenAiServer
) -> None:
    provider.say("None is open.")

    answer = ask(start_server("--no-worker", **settings))

    assert (answer.status_code, answer.json()["text"]) == (200, "None is open.")


def test_whoever_chooses_its_configuration_is_told_why_it_does_not_answer(
    start_server: StartServer, settings: dict[str, str]
) -> None:
    server = start_server("--no-worker", **settings)
    admin = server.sign_in("admin@example.com")
    api = f"{server.url}/api/v1/model-configs"
    configs = httpx2.get(api, headers=admin).json()["items"]
    [offline] = [config["id"] for config in configs if config["provider"] == "offline"]
    changed = httpx2.patch(f"{api}/{offline}", json={"is_default": True}, headers=admin)
    changed.raise_for_status()

    answer = ask(server)

    assert answer.status_code == 503
    assert "The offline model is not installed" in answer.json()["detail"]


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_nothing_starts_with_it_as_the_provider(
    run_mvp: RunMvp, settings: dict[str, str], command: str
) -> None:
    offline = {"MODEL_PROVIDER": "offline", "SEED_ON_START": "false"}
    done = run_mvp(command, **settings | offline)

    assert done.returncode == 2
    [*_, line] = done.stderr.splitlines()
    assert line.startswith("error: MODEL_PROVIDER: the offline model is not installed; choose")
