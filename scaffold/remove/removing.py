"""One removal from beginning to end."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from scaffold.errors import RefusedError
from scaffold.remove.checkers import Problem, formatted
from scaffold.remove.dead import Cut, Dead
from scaffold.remove.enumerations import enumerations
from scaffold.remove.fixed_point import Tree, cut_all, tree_members
from scaffold.remove.orphans import mentions
from scaffold.remove.splicing import ancestors
from scaffold.remove.subject import CODE, Subject, delete
from scaffold.remove.texts import Names, clean_checked, clean_texts, still_mentioned
from scaffold.remove.variables import variables

Say = Callable[[str], None]


@dataclass
class Removed:
    """
    Attributes:
        problems: what the type checker still says, to be cut by hand.
        mentions: where what is removed is still named.
    """

    files: list[Path] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    mentions: list[str] = field(default_factory=list)
    migration: str = ""


def tracked_files(root: Path) -> set[str]:
    return set(_git(root, "ls-files").splitlines())


def check_clean(root: Path) -> None:
    """Raises RefusedError if something is not committed: `git diff` is the review."""
    if _git(root, "status", "--porcelain").strip():
        raise RefusedError(
            "There are changes that are not committed: commit or stash them first, "
            "so that `git diff` shows what this command has done."
        )


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments],  # noqa: S607  # the one of the PATH
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RefusedError(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout


def remove(root: Path, subjects: Sequence[Subject], areas: Sequence[str], say: Say) -> Removed:
    """Take one thing after the other out of the working tree."""
    removed = Removed()
    tracked = tracked_files(root)
    tree = Tree(root, CODE)
    before = mentions(tree.text(path) for path in tree.files())
    texts = [tree.text(path) for path in tree.files() if path.parts[0] == "backend"]
    dead = Dead(ancestors=ancestors(texts))
    words = subjects[0].words
    for subject in subjects:
        say(f"Deleting {len(subject.files)} files of {subject.name}")
        delete(root, subject, dead)
        removed.files += subject.files
        words = words.joined(subject.words)
    clean_checked(root)
    say("Cutting what uses them, until mypy and ruff are silent")
    words = words.including(tree_members(tree, words))
    removed.problems = cut_all(tree, dead, words, before)
    removed.cuts = dead.cuts
    say("Cleaning contracts, lists and pages")
    left = run_python(root, "-m", "scaffold.remove.variables").split()
    names = Names(areas, [each.name for each in subjects], variables() - {*left})
    clean_texts(root, words, tracked, names)
    formatted(root)
    removed.mentions = still_mentioned(root, words, tracked)
    return removed


def write_migration(root: Path, message: str) -> str:
    """Return the path of the new migration; empty if there is nothing to drop."""
    before = json.dumps(enumerations())  # this process has loaded them before anything was cut
    printed = run_python(root, "-m", "scaffold.remove.migration", message, before)
    return printed.strip().splitlines()[-1]


def write_contract(root: Path) -> None:
    run_python(root, "-m", "backend", "openapi", "--output", "openapi.json")


def write_comparison(root: Path) -> None:
    """Write anew how the resource that the generator is held against differs, if it is there."""
    agreed = root / "scaffold/templates/products.diff"
    if agreed.exists():
        agreed.write_text(run_python(root, "-m", "scaffold.new.comparison").removesuffix("\n"))


def run_python(root: Path, *arguments: str) -> str:
    """Run a module of the project as it is now. Returns its output."""
    with TemporaryDirectory(prefix="mvp-", dir="/tmp") as folder:  # a socket's path must be short
        environment = os.environ | {"DATA_DIR": folder}
        environment.pop("DATABASE_URL", None)
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RefusedError(f"{' '.join(arguments[:3])} failed:\n{done.stderr[-2000:]}")
    return done.stdout + "\n"
