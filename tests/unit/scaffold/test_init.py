"""What `mvp init` plans, and what it refuses before it changes anything."""

import shutil
import subprocess
import tomllib
from pathlib import Path
from textwrap import dedent

import pytest

from scaffold.errors import RefusedError
from scaffold.init import cli
from scaffold.init.naming import Names, present, rename, set_description

AREA = """
title = "{title}"
is_removable = {removable}
needs = []
uses = []
lends = "Plants"
"""
FILES = {
    "pyproject.toml": '[project]\nname = "old-garden"\n\n[tool.uv]\n',
    "README.md": "# Old Garden\n\n╭───── Old Garden ─────╮\n",
    "CHANGELOG.md": "Old Garden was begun.\n",
    "backend/core/product.py": """\
        NAME = "Old Garden"
        PACKAGE = "old-garden"
        MAIL_SENDER = "Old <no-reply@example.com>"
    """,
    "backend/services/beds/area.toml": AREA.format(title="Beds", removable="false"),
    "backend/services/ponds/area.toml": AREA.format(title="Ponds", removable="true"),
    "backend/services/ponds/frogs.py": "FROGS = 3\n",
    "clients/use.py": "import old_garden\n",
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project in Git, that is `mvp init`'s."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    return tmp_path


def git(root: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    command = ["git", *who, *arguments]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--no-verify", "--message", "Begin")


def begin(name: str = "New Garden", without: str = "", *, dry_run: bool = False) -> None:
    cli.init(name=name, without=without, checks=False, dry_run=dry_run)


def test_a_dry_run_says_what_would_be_done_and_does_nothing(
    root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    begin(without="ponds", dry_run=True)

    told = capfd.readouterr().err
    assert "is called New Garden, its package new-garden, in 4 files: README.md, " in told
    assert "Without ponds: 1 files of its own." in told
    assert git(root, "status", "--porcelain") == ""


def test_a_project_is_begun_once(root: Path) -> None:
    with (root / "pyproject.toml").open("a") as project:
        project.write('[tool.mvp]\ninitialised = "2030-01-01"\n')
    commit(root)

    with pytest.raises(RefusedError, match="initialised already: use `mvp remove`"):
        begin()


def test_what_is_not_committed_is_not_mixed_with_it(root: Path) -> None:
    (root / "notes.txt").write_text("mine")

    with pytest.raises(RefusedError, match="not committed: commit or stash them first"):
        begin()


@pytest.mark.parametrize(
    ("without", "said"),
    [
        ("lakes", "There is no area 'lakes'. These can be removed: ponds."),
        ("ponds, lakes", "There is no area 'lakes'"),
        ("beds", "beds can't be removed: it is part of the base"),
    ],
)
def test_an_area_that_can_not_go_is_named(root: Path, without: str, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        begin(without=without, dry_run=True)


@pytest.mark.parametrize("name", ["", "-", "Ünder", 'a"b', "x" * 61, "two\tlines\n{}"])
def test_a_name_that_can_not_be_a_package_is_refused(root: Path, name: str) -> None:
    with pytest.raises(RefusedError, match="--name: use up to 60 letters"):
        begin(name=name)


@pytest.mark.usefixtures("root")
def test_without_a_terminal_the_name_is_demanded() -> None:
    with pytest.raises(RefusedError, match="--name: say what the product is called"):
        cli.init(without="")


def test_uv_is_looked_for_before_anything_is_changed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.which("git") or "").parent
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "uv" else str(folder / name))

    with pytest.raises(RefusedError, match="uv is not on the PATH"):
        begin()

    assert git(root, "status", "--porcelain") == ""


def test_the_name_is_replaced_everywhere_but_in_history(root: Path) -> None:
    new = Names.of("St. Mary's  Garden")

    changed = rename(root, new, git(root, "ls-files").splitlines())

    assert changed == ["README.md", "backend/core/product.py", "clients/use.py", "pyproject.toml"]
    assert (root / "README.md").read_text() == "# St. Mary's Garden\n\n╭─ St. Mary's Garden ──╮\n"
    assert (root / "clients/use.py").read_text() == "import st_mary_s_garden\n"
    assert 'name = "st-mary-s-garden"' in (root / "pyproject.toml").read_text()
    assert present(root) == new
    assert new.sender == "St Mary's Garden <no-reply@example.com>"


def test_a_description_of_several_lines_is_kept_as_it_is(root: Path) -> None:
    project, text = root / "pyproject.toml", 'One "line",\nand \\ another.'
    project.write_text('[project]\ndescription = "Old"\n')

    set_description(root, text)

    assert tomllib.loads(project.read_text())["project"]["description"] == text
