"""Modules with probes, made once for all processes and runs.

SlipCover parses each module, marks its branches and adds its probes in each process anew, which
takes longer than all else about it. Here the code is kept beside Python's own. Before Python 3.12 a
probe is an object among the constants of the code, which can't be kept: what it stands for is.
"""

import sys
from ast import parse
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.metadata import version
from pathlib import Path, PurePath
from types import CodeType, ModuleType
from typing import Any

import slipcover
from slipcover.branch import preinstrument

_SUFFIX = f".probes-{version('slipcover')}.pyc"
_BY_CONSTANTS = sys.version_info < (3, 12)
# To replace code while it runs costs more than probes that stay.
_NEVER = 2**31 - 1


class _Places:
    """In place of the module `slipcover.probe`, for code that is to be kept."""

    PROBE = "slipcover.probe"
    signal = "slipcover.probe.signal"

    @staticmethod
    def new(_found: object, _file: str, place: object, _threshold: int) -> tuple[str, object]:
        return _Places.PROBE, place


def load_with_probes(folder: Path) -> slipcover.Slipcover:
    """Have what is imported from a package from now on carry probes, and return what they see."""
    if _BY_CONSTANTS:
        slipcover.slipcover.probe = _Places
    found = slipcover.Slipcover(branch=True, exclude_lines=[], d_miss_threshold=_NEVER)
    sys.meta_path.insert(0, _Finder(found, folder))
    return found


class _Finder(MetaPathFinder):
    def __init__(self, found: slipcover.Slipcover, folder: Path) -> None:
        self._found = found
        self._folder = folder

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """None leaves the module to Python's own finders."""
        if name.partition(".")[0] != self._folder.name:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec and spec.origin and Path(spec.origin).is_relative_to(self._folder):
            spec.loader = _Loader(self._found, name, spec.origin)
            return spec
        return None


class _Loader(SourceFileLoader):
    """Keeps compiled code in files of its own: without probes, it is of no use."""

    def __init__(self, found: slipcover.Slipcover, name: str, path: str) -> None:
        super().__init__(name, path)
        self._found = found

    def get_code(self, fullname: str) -> CodeType | None:
        code: Any = super().get_code(fullname)
        probed: CodeType = self._bound(code) if _BY_CONSTANTS else self._found.instrument(code)
        return probed

    def get_data(self, path: str) -> bytes:
        return super().get_data(_beside(path))

    def set_data(self, path: str, data: Any, *, _mode: int = 0o666) -> None:
        super().set_data(_beside(path), data, _mode=_mode)

    def source_to_code(  # type: ignore[override]  # typeshed has it as a static method
        self, data: Any, path: Any, **_options: Any
    ) -> CodeType:
        marked: CodeType = compile(preinstrument(parse(data)), path, "exec")
        return self._found.instrument(marked) if _BY_CONSTANTS else marked

    def _bound(self, code: CodeType) -> CodeType:
        """The same code, with probes of this process where their places are."""
        constants = (self._constant(constant, code.co_filename) for constant in code.co_consts)
        return code.replace(co_consts=tuple(constants))

    def _constant(self, kept: Any, file: str) -> Any:
        match kept:
            case CodeType():
                return self._bound(kept)
            case (_Places.PROBE, place):
                return slipcover.probe.new(self._found, file, place, _NEVER)
            case _Places.signal:
                return slipcover.probe.signal
        return kept


def _beside(path: str) -> str:
    kept = PurePath(path)
    return str(kept.with_suffix(_SUFFIX)) if kept.suffix == ".pyc" else path
