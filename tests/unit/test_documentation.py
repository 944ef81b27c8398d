"""What the Markdown files name is there: files, links, settings, commands, permissions, targets."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import cast
from urllib.parse import unquote, urlsplit

import pytest
import typer
from typer.core import TyperGroup

from backend.cli import app
from backend.core.config import Settings
from backend.core.config.base import Section
from backend.core.config.settings import variable_name
from backend.core.permissions import ROLE_PERMISSIONS, Role
from backend.core.product import NAME
from tests.fixtures.documentation import Block, Page, is_ignored, pages
from tests.fixtures.processes import ROOT
from tests.fixtures.walking import walk

PAGES = pages()
DOCS = ROOT / "docs"
FOLDERS = {path.name for path in ROOT.iterdir() if path.is_dir() and not is_ignored(path)}
FOLDERS.discard(".git")
FILE = re.compile(r"[\w.-]+(/[\w.-]+)*\.(py|md|toml|ya?ml|json|txt|html|conf|lock|css|js)")
PLACE = re.compile(r"[\w.-]+(/[\w.-]+)+/?")
IN_BLOCK = re.compile(rf"(?<![\w/.-])(?:{'|'.join(map(re.escape, FOLDERS))})/[\w./-]*\w")
# The resource that the guides add.
EXAMPLE = "invoice"
CURRENT = {str(page): page for page in PAGES if page.path.name != "CHANGELOG.md"}
"""The pages that tell what there is, and not what there was."""
TARGETS = set(re.findall(r"^([a-z0-9-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
MVP = typer.main.get_command(app)
SECTIONS = [cast(type[Section], field.annotation) for field in Settings.model_fields.values()]
VARIABLES = {variable_name(section, name) for section in SECTIONS for name in section.model_fields}
# Of Tavily's library, of deploy/compose.yaml, and of examples in the shell.
OTHER_VARIABLES = {"TAVILY_HTTPS_PROXY", "TAVILY_PROJECT", "DATABASE_MEMORY", "PROGRAM_MEMORY"}
OTHER_VARIABLES |= {"TOKEN_OF_A_MANAGER", "TOKEN_OF_AN_ADMIN"}
# Names of before, which the changelog gives.
OTHER_VARIABLES |= {"ASSISTANT_STEPS", "ASSISTANT_STEPS_PER_DAY", "EXECUTIONS_MOST_ACTIVE"}
OTHER_VARIABLES |= {"WORKER_RETRY_MOST_SECONDS"}
PREFIXES = tuple({variable.split("_")[0] + "_" for variable in VARIABLES if "_" in variable})
each_page = walk("page", {str(page): page for page in PAGES})
each_current_page = walk("page", CURRENT)


def exists(place: str, page: Page) -> bool:
    """Whether a path is there, from the root or from the folder of a package's README."""
    folders = [ROOT, page.path.parent] if page.path.name == "README.md" else [ROOT]
    return any((folder / place).exists() for folder in folders) or is_ignored(Path(place))


def named_places(page: Page) -> Iterator[str]:
    for span in page.spans():
        inside = PLACE.fullmatch(span) and span.split("/")[0] in FOLDERS
        if inside or (FILE.fullmatch(span) and span != "__init__.py"):
            yield span
    for block in page.blocks():
        yield from IN_BLOCK.findall(block.text)


def commands(page: Page, name: str) -> Iterator[list[str]]:
    """The words behind a command's name, wherever a page gives it."""
    lines = [line for block in page.blocks() if block.language == "sh" for line in _lines(block)]
    for text in [*page.spans(), *lines]:
        found = re.match(rf"(?:uv run |\.venv/bin/)?{name}\b(.*)", text)
        if found:
            yield shlex.split(found[1].split("[")[0].split("<")[0], comments=True)


def _lines(block: Block) -> list[str]:
    return block.text.replace("\\\n", " ").splitlines()


@each_page
def test_files_that_a_page_names_exist(page: Page) -> None:
    missing = {place for place in named_places(page) if not exists(place, page)}

    assert {place for place in missing if EXAMPLE not in place} == set()


@each_page
def test_links_lead_somewhere(page: Page) -> None:
    for link in page.links():
        target = urlsplit(link)
        if target.scheme:
            continue
        file = (page.path.parent / unquote(target.path)) if target.path else page.path
        assert file.exists(), link
        if target.fragment:
            assert target.fragment in Page(file).anchors(), link


@walk("folder", {str(file.parent): file for file in sorted(DOCS.rglob("README.md"))})
def test_each_page_is_in_the_list_of_its_folder(folder: Path) -> None:
    linked = {urlsplit(link).path for link in Page(folder).links()}

    pages = {page.name for page in folder.parent.glob("*.md")} - {folder.name}
    assert pages <= linked


@each_page
def test_a_heading_stands_apart(page: Page) -> None:
    """The site takes one right behind a table for a row of it."""
    lines = page.path.read_text().splitlines()
    headings = [each.map[0] for each in page.tokens() if each.type == "heading_open" and each.map]

    assert [lines[number] for number in headings if number and lines[number - 1].strip()] == []


@walk("page", {str(page): page for page in PAGES if page.path.is_relative_to(DOCS)})
def test_an_anchor_is_the_same_in_the_site(page: Page) -> None:
    """Python-Markdown puts one dash where GitHub puts several, and numbers in another way."""
    anchors = page.anchors()
    title = page.path.read_text().partition("\n")[0]

    # No link leads to a title with the name of the product, which may be `Smith & Sons`.
    held = anchors[1:] if NAME in title else anchors
    assert not [anchor for anchor in held if "--" in anchor]
    assert len(anchors) == len(set(anchors))


@each_current_page
def test_targets_of_make_exist(page: Page) -> None:
    for words in commands(page, "make"):
        assert {word for word in words if re.fullmatch(r"[a-z0-9-]+", word)} <= TARGETS, words


@each_current_page
def test_commands_exist(page: Page) -> None:
    for words in commands(page, "mvp"):
        command: object = MVP
        for word in words:
            if not isinstance(command, TyperGroup) or word.startswith("-"):
                break
            assert word in command.commands, words
            command = command.commands[word]


@each_page
def test_settings_exist(page: Page) -> None:
    named = {span.split("=")[0] for span in page.spans() if re.match(r"[A-Z]+_[A-Z_]+(=|$)", span)}

    assert {name for name in named if name.startswith(PREFIXES)} <= VARIABLES | OTHER_VARIABLES


def first_column(text: str) -> Iterator[set[str]]:
    """The code spans in the first cell of each row of the tables of a page."""
    for line in text.splitlines():
        if line.startswith("| `"):
            yield set(re.findall(r"`([^`]+)`", line.split(" | ")[0]))


def test_the_tables_have_the_settings_and_nothing_else() -> None:
    page = (DOCS / "operate" / "configuration.md").read_text()
    settings, _ = page.split("## Variables that are not settings")

    assert set().union(*first_column(settings)) == VARIABLES


def leaves(command: object, words: str) -> Iterator[str]:
    if isinstance(command, TyperGroup):
        for name, inner in command.commands.items():
            yield from leaves(inner, f"{words} {name}")
    else:
        yield words


def test_every_command_is_in_the_table() -> None:
    rows = first_column((DOCS / "operate" / "command-line.md").read_text())
    named = set().union(*rows)

    for command in leaves(MVP, "mvp"):
        assert any(f"{entry} ".startswith(f"{command} ") for entry in named), command


def test_every_target_is_in_the_table() -> None:
    rows = first_column((DOCS / "develop" / "tests.md").read_text())

    assert set().union(*rows) == {f"make {target}" for target in TARGETS}


@pytest.mark.parametrize("role", Role)
def test_the_table_of_permissions_is_that_of_the_code(role: Role) -> None:
    text = (DOCS / "use" / "roles-and-permissions.md").read_text()
    table = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    column = [name.strip() for name in table[0]].index(role)
    rows = table[2:]
    told = {name for row in rows if "yes" in row[column] for name in re.findall(r"`(.+?)`", row[0])}

    assert told == set(ROLE_PERMISSIONS[role])


def test_the_readme_fits_on_three_screens() -> None:
    text = (ROOT / "README.md").read_text()

    assert len(text.splitlines()) <= 200
    assert "make run" in text
    assert "make test" in text


def test_every_page_is_in_the_navigation() -> None:
    navigation = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]["nav"]
    named = set(re.findall(r"'([\w/-]+\.md)'", str(navigation)))
    written = {page.path.relative_to(DOCS) for page in PAGES if page.path.is_relative_to(DOCS)}

    # The list of decisions links to each of them.
    shown = {
        path.as_posix() for path in written if path.parts[0] != "adr" or path.name == "README.md"
    }
    assert named == shown


def test_every_release_says_what_a_project_has_to_do() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    _, *releases = re.split(r"^## ", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)

    assert releases[0].startswith(f"[{version}]")
    assert [each.splitlines()[0] for each in releases if "\n### Upgrading\n" not in each] == []
