"""What `make coverage-report` prints of the last `make test`, as Markdown.

The figures and how to read them are explained in `docs/develop/tests.md`.
"""

import json
import sys
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any, NamedTuple, Self

from anybadge import Badge
from coverage import Coverage

CHANGE_GATE = 95
_COLOURS = {80: "red", 90: "yellow", 95: "yellowgreen", 101: "green"}
_WORST = 30
_LAYERS = ("api", "services", "repositories/sql", "repositories", "models", "integrations")
_OTHER, _ALL = "other", "all"


class Counts(NamedTuple):
    """How many lines and branches there are, and how many of them ran."""

    lines: int = 0
    lines_run: int = 0
    branches: int = 0
    branches_run: int = 0

    @classmethod
    def of(cls, summary: dict[str, int]) -> Self:
        """Of a summary in coverage.py's JSON report."""
        return cls(
            summary["num_statements"],
            summary["covered_lines"],
            summary["num_branches"],
            summary["covered_branches"],
        )

    @classmethod
    def total(cls, some: Iterable[Self]) -> Self:
        return cls(*map(sum, zip(cls(), *some, strict=True)))

    @property
    def missed(self) -> int:
        return self.lines + self.branches - self.lines_run - self.branches_run

    @property
    def percent(self) -> float:
        """Of lines and branches together, as coverage.py's gate counts them."""
        return _percent(self.lines_run + self.branches_run, self.lines + self.branches)


Files = dict[str, Counts]
Change = dict[str, Any]
"""What diff-cover's JSON report says of the lines that differ from another revision."""


def report(files: Files, critical: set[str], change: Change, gate: float) -> Iterator[str]:
    """The lines of the whole report."""
    yield "## Coverage\n"
    yield from _first_figures(files, critical, change, gate)
    yield "\n### Lines of this change that no test runs\n"
    yield from _not_run(change)
    yield "\n### By layer and area\n"
    yield from _by_layer_and_area(files)
    yield "\n<details><summary>Files with the most lines and branches that no test runs</summary>\n"
    yield from _worst(files)
    yield "\n</details>"


def _first_figures(files: Files, critical: set[str], change: Change, gate: float) -> Iterator[str]:
    everything = Counts.total(files.values())
    paths = Counts.total(counts for name, counts in files.items() if name in critical)
    yield from _row("", "Lines", "Branches", "Total", "Gate")
    yield from _row("---", "--:", "--:", "--:", "--:")
    for name, counts, least in (
        ("Everything", everything, gate),
        (f"Critical paths ({len(critical)} files)", paths, 100),
    ):
        lines = _percent(counts.lines_run, counts.lines)
        branches = _percent(counts.branches_run, counts.branches)
        yield from _row(
            name,
            f"{lines:.1f} % of {counts.lines:,}",
            f"{branches:.1f} % of {counts.branches:,}",
            f"**{counts.percent:.2f} %**",
            f"{least:g} %",
        )
    percent = change["total_percent_covered"]
    changed = f"{percent} % of {change['total_num_lines']:,}"
    yield from _row("This change", changed, "", f"**{percent} %**", f"{CHANGE_GATE} %")


def _not_run(change: Change) -> Iterator[str]:
    missed = {name: found["violation_lines"] for name, found in change["src_stats"].items()}
    if not any(missed.values()):
        yield "None." if change["total_num_lines"] else "No line that is measured has changed."
    for name, lines in sorted(missed.items()):
        if lines:
            yield f"- `{name}`: {_ranges(lines)}"


def _by_layer_and_area(files: Files) -> Iterator[str]:
    found: dict[tuple[str, str], list[Counts]] = defaultdict(list)
    for name, counts in files.items():
        layer, area = _place(name)
        for place in ((layer, area), (layer, _ALL), (_ALL, area), (_ALL, _ALL)):
            found[place].append(counts)
    layers = (*_LAYERS, _OTHER, _ALL)
    yield from _row("", *layers)
    yield from _row("---", *("--:" for _ in layers))
    for area in [*sorted({area for _, area in found} - {_OTHER, _ALL}), _OTHER, _ALL]:
        yield from _row(area, *(_cell(found[layer, area]) for layer in layers))


def _place(name: str) -> tuple[str, str]:
    """The layer and the area of a file, from its path."""
    parts = PurePath(name).parts[1:-1]
    for layer in _LAYERS:
        folders = PurePath(layer).parts
        if parts[: len(folders)] == folders:
            inner = [part for part in parts[len(folders) :] if part != "v1"]
            return layer, inner[0] if inner else _OTHER
    return _OTHER, _OTHER


def _worst(files: Files) -> Iterator[str]:
    yield from _row("File", "Not run", "Covered")
    yield from _row("---", "--:", "--:")
    missed = sorted(files.items(), key=lambda each: -each[1].missed)
    for name, counts in missed[:_WORST]:
        if counts.missed:
            yield from _row(f"`{name}`", str(counts.missed), f"{counts.percent:.1f} %")


def _row(*cells: str) -> Iterator[str]:
    yield f"| {' | '.join(cells)} |"


def _cell(some: Sequence[Counts]) -> str:
    return f"{Counts.total(some).percent:.1f}" if some else ""


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 100.0


def _ranges(lines: Sequence[int]) -> str:
    """Such as `3-5, 9`."""
    found: list[list[int]] = []
    for line in sorted(lines):
        if found and line == found[-1][1] + 1:
            found[-1][1] = line
        else:
            found.append([line, line])
    return ", ".join(f"{first}-{last}" if first != last else str(first) for first, last in found)


def main() -> int:
    """Print the report, and keep a badge. Returns 1 if too little of the change runs."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("coverage", type=Path, help="coverage.py's JSON report")
    parser.add_argument("change", type=Path, help="diff-cover's JSON report")
    parser.add_argument("--critical", required=True, help="the critical paths, with commas")
    parser.add_argument("--badge", type=Path, required=True, help="the SVG file to write")
    options = parser.parse_args()
    measured = json.loads(options.coverage.read_text())["files"]
    files = {name: Counts.of(file["summary"]) for name, file in measured.items()}
    change = json.loads(options.change.read_text())
    critical = set(options.critical.split(","))

    if unknown := critical - files.keys():
        sys.exit(f"Critical paths that nothing has measured: {', '.join(sorted(unknown))}.")
    gate = float(Coverage().get_option("report:fail_under"))  # type: ignore[arg-type]  # a number

    sys.stdout.writelines(f"{line}\n" for line in report(files, critical, change, gate))
    percent = int(Counts.total(files.values()).percent)
    Badge("coverage", percent, value_suffix=" %", thresholds=_COLOURS).write_badge(
        options.badge, overwrite=True
    )
    return int(change["total_percent_covered"] < CHANGE_GATE)


if __name__ == "__main__":
    sys.exit(main())
