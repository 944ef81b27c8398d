"""Coverage measured by probes in the code instead of a trace function.

Before Python 3.14 coverage.py follows branches by a trace function, which CPython calls at every
line of every library: the suite takes more than twice as long. SlipCover compiles `backend/` with
probes at its lines and branches, and leaves all else alone. This plugin of coverage.py (see
`[tool.coverage.run]`) hands on what they saw, so that data files, reports and gates stay as they
are. Where SlipCover is not installed, or `COVERAGE_CORE` names another way, coverage.py measures by
itself. At the end of a `finally` there is no probe: whatever it leads to counts as reached. So CI's
report comes from `COVERAGE_CORE=ctrace`.
"""

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from coverage import control
from coverage.core import Core
from coverage.parser import PythonParser
from coverage.plugin import FileReporter
from coverage.results import Analysis, analysis_from_file_reporter
from coverage.sqldata import CoverageData
from coverage.types import TArc, Tracer

from tests.probes.branches import mark, translate_arcs

if TYPE_CHECKING:
    from slipcover import Slipcover

ROOT = Path(__file__).parents[2]


def coverage_init(_registry: object, options: Mapping[str, str]) -> None:
    """Called by coverage.py when it reads its configuration.

    options: `source` is the folder whose code carries probes.
    """
    control.analysis_from_file_reporter = analyse_once  # type: ignore[attr-defined, assignment]
    if find_spec("slipcover") and not os.environ.get("COVERAGE_CORE"):
        _sources[:] = [ROOT / options["source"]]
        # It has no option for a core of one's own.
        control.Core = ProbeCore  # type: ignore[attr-defined]
        PythonParser.translate_arcs = translate_arcs  # type: ignore[method-assign, assignment]


def analyse_once(data: CoverageData, precision: int, file: FileReporter, name: str) -> Analysis:
    """pytest-cov 7.1 asks for the total, and then for the table: each looks at all files."""
    key = data, precision, name
    if key not in _analysed:
        _analysed[key] = analysis_from_file_reporter(data, precision, file, name)
    return _analysed[key]


class ProbeTracer:
    """One for all threads and greenlets of a process.

    A line that ran is the arc from itself to itself, as coverage.py's core on `sys.monitoring` has
    it. A branch is a mark, which `translate_arcs` makes coverage.py's.
    """

    # Nothing here depends on what ran before, so greenlets need no care.
    concur_id_func: Any = None

    def __init__(self) -> None:
        self.data: dict[str, Any] = {}

    def start(self) -> None:
        """Have what is imported from now on carry probes."""
        probes()

    def stop(self) -> None:
        """The probes stay, in case it starts again."""

    def activity(self) -> bool:
        """Coverage.py asks for it before it takes the data."""
        # Copied, as other threads may still add to it.
        for name, places in dict(probes().newly_seen).items():
            self.data[str(Path(name).absolute())] = set(map(_arc, tuple(places)))
        return bool(self.data)

    def reset_activity(self) -> None:
        """The data is made anew each time."""

    def get_stats(self) -> None:
        """There are none."""


class ProbeCore(Core):
    """Coverage.py's choices, but for the tracer."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.tracer_class = cast(type[Tracer], ProbeTracer)
        self.tracer_kwargs = {}
        self.packed_arcs = self.systrace = False


_analysed: dict[tuple[CoverageData, int, str], Analysis] = {}
_sources: list[Path] = []
_running: "list[Slipcover]" = []


def probes() -> "Slipcover":
    """Those of this process, from the first call on."""
    if not _running:
        from tests.probes.loading import load_with_probes  # noqa: PLC0415  # SlipCover may be away

        _running.append(load_with_probes(_sources[0]))
    return _running[0]


def _arc(place: int | tuple[int, int]) -> TArc:
    """Of a line, or of a branch."""
    return mark(*place) if isinstance(place, tuple) else (place, place)
