"""Prints what was removed, with file and line."""

from collections.abc import Iterable

from backend.cli.runtime import error_console
from scaffold.remove.dead import Cut
from scaffold.remove.removing import Removed

_ROOTS = (
    "backend/wiring.py",
    "backend/process_state.py",
    "backend/api/router.py",
    "backend/services/container.py",
    "backend/repositories/unit_of_work.py",
    "backend/repositories/sql/unit_of_work.py",
    "backend/seeds/runner.py",
    "backend/core/permissions.py",
    "tests/world.py",
    "tests/fakes.py",
    "tests/factories.py",
)
"""Where resources are registered."""


def print_removed(removed: Removed) -> None:
    registered = [cut for cut in removed.cuts if str(cut.path).startswith(_ROOTS)]
    others = [cut for cut in removed.cuts if cut not in registered]
    _print_cuts("Registrations", registered)
    _print_cuts("Reaches in from elsewhere", [cut for cut in others if not cut.is_logic])
    _print_cuts("Within functions: look at these", [cut for cut in others if cut.is_logic])
    _print("Still mentioned", removed.mentions)
    _print("To be cut by hand", [str(problem) for problem in removed.problems])


def _print_cuts(title: str, cuts: Iterable[Cut]) -> None:
    _print(title, [f"{cut.path}:{cut.line}: {cut.text}" for cut in cuts])


def _print(title: str, lines: list[str]) -> None:
    if lines:
        error_console.print(f"\n{title}:", style="bold")
        for line in dict.fromkeys(lines):
            error_console.print(f"  {line}", highlight=False, markup=False, soft_wrap=True)
