"""Modules with marks at their branches, compiled once for all processes and runs.

SlipCover parses each module and marks its branches in each process anew, which takes longer than
all else about its probes. Here the compiled code is kept beside Python's own.
"""

import sys
from ast import parse
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.metadata import version
from pathlib import PurePath
from types import CodeType, ModuleType
from typing import Any

from slipcover import FileMatcher, Slipcover
from slipcover.branch import preinstrument

_SUFFIX = f".slipcover-{version('slipcover')}.pyc"


def load_with_probes(found: Slipcover, files: FileMatcher) -> None:
    """Have the modules of these files that are imported from now on carry probes."""
    sys.meta_path.insert(0, _Finder(found, files))


class _Finder(MetaPathFinder):
    def __init__(self, found: Slipcover, files: FileMatcher) -> None:
        self._found = found
        self._files = files

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """None leaves the module to Python's own finders."""
        spec = PathFinder.find_spec(name, path, target)
        if spec and spec.origin and self._files.matches(spec.origin):
            spec.loader = _Loader(self._found, name, spec.origin)
            return spec
        return None


class _Loader(SourceFileLoader):
    """Keeps compiled code in files of its own: without probes, the marks are of no use."""

    def __init__(self, found: Slipcover, name: str, path: str) -> None:
        super().__init__(name, path)
        self._found = found

    def exec_module(self, module: ModuleType) -> None:
        code = self._found.instrument(self.get_code(module.__name__))
        self._found.register_module(module)
        exec(code, module.__dict__)  # noqa: S102  # as Python's own loaders do

    def get_data(self, path: str) -> bytes:
        return super().get_data(_beside(path))

    def set_data(self, path: str, data: Any, *, _mode: int = 0o666) -> None:
        super().set_data(_beside(path), data, _mode=_mode)

    def source_to_code(  # type: ignore[override]  # typeshed has it as a static method
        self, data: Any, path: Any, **_options: Any
    ) -> CodeType:
        marked: CodeType = compile(preinstrument(parse(data)), path, "exec")
        return marked


def _beside(path: str) -> str:
    kept = PurePath(path)
    return str(kept.with_suffix(_SUFFIX)) if kept.suffix == ".pyc" else path
