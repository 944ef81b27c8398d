"""What a change of the contract breaks is said in words, and collections have every operation."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.processes import MVP, ROOT

NODE = MVP.with_name("node")
TOOLS = ROOT / "clients" / "contract"
METHODS = {"get", "put", "post", "patch", "delete"}


SOME = ("/api/v1/search", "/api/v1/tasks", "/api/v1/leads", "/api/v1/notifications")


def whole() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((ROOT / "openapi.json").read_text("utf-8"))
    return read


def some() -> dict[str, Any]:
    """Some operations, as to compare all of them takes long."""
    read = whole()
    read["paths"] = {path: each for path, each in read["paths"].items() if path in SOME}
    return read


@pytest.fixture
def document() -> dict[str, Any]:
    return some()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(NODE), *arguments],
        check=False,
        cwd=TOOLS,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=170,
    )


def changes(
    folder: Path, after: dict[str, Any], changelog: str = ""
) -> subprocess.CompletedProcess[str]:
    """What is said of a document that comes after the present one."""
    files = {"before.json": json.dumps(some()), "after.json": json.dumps(after)}
    for name, content in {**files, "CHANGELOG.md": changelog}.items():
        (folder / name).write_text(content)
    return run("changes.mjs", *(str(folder / name) for name in (*files, "CHANGELOG.md")))


def test_what_adds_something_breaks_nothing(tmp_path: Path, document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    schemas["TaskPublic"]["properties"]["colour"] = {"type": "string"}
    schemas["NotificationKind"]["enum"].append("painted")
    document["paths"]["/api/v1/colours"] = {"get": document["paths"]["/api/v1/search"]["get"]}

    done = changes(tmp_path, document)
    assert done.returncode == 0, done.stdout
    assert "Nothing that clients rely on has changed." in done.stdout


def test_what_takes_something_away_is_said_in_words(
    tmp_path: Path, document: dict[str, Any]
) -> None:
    del document["paths"]["/api/v1/search"]
    document["components"]["schemas"]["TaskCreate"]["required"].append("due_at")
    document["components"]["schemas"]["LeadStatus"]["enum"].remove("lost")

    done = changes(tmp_path, document)
    assert done.returncode == 1
    assert "[Removed] operation GET /api/v1/search" in done.stdout
    assert "[Added] required status to `due_at`" in done.stdout
    assert "[Removed] the value lost of `status` in the body" in done.stdout


def test_what_the_changelog_names_may_break(tmp_path: Path, document: dict[str, Any]) -> None:
    del document["paths"]["/api/v1/search"]
    named = "## 2.0\n\n### Breaking\n\n- `GET /api/v1/search` is gone.\n\n### Added\n\n- More.\n"
    elsewhere = named.replace("### Breaking", "### Removed")

    assert changes(tmp_path, document, named).returncode == 0
    assert changes(tmp_path, document, elsewhere).returncode == 1


def of_postman(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        if "item" in item:
            yield from of_postman(item["item"])
        else:
            yield item["request"]


def of_bruno(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        if item["type"] == "folder":
            yield from of_bruno(item["items"])
        else:
            yield item["request"]


def test_collections_have_every_operation() -> None:
    done = run("collections.mjs", str(ROOT / "openapi.json"))
    assert done.returncode == 0, done.stdout
    operations = sum(len(path.keys() & METHODS) for path in whole()["paths"].values())

    written = TOOLS / "collections"
    postman = json.loads((written / "postman.json").read_text("utf-8"))
    bruno = json.loads((written / "bruno.json").read_text("utf-8"))
    assert len([*of_postman(postman["item"])]) == operations
    assert len([*of_bruno(bruno["items"])]) == operations
