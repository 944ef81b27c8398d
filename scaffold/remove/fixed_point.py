"""Cuts what uses something that is gone, and what uses that, until nothing does."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from functools import partial
from pathlib import Path

import libcst as cst

from scaffold.remove.checkers import Problem, formatted, lint_errors, tidy, type_errors
from scaffold.remove.cutter import Cutter, callee_of
from scaffold.remove.dead import FIXTURES, Dead, Gone
from scaffold.remove.finding import dead_imports, uses_of
from scaffold.remove.orphans import definitions_of, needed_elsewhere, orphaned
from scaffold.remove.splicing import splice_bases
from scaffold.remove.syntax import Source, name_of
from scaffold.remove.words import Words, dead_texts, values_of_members

_ROUNDS = 40
_TEXT = re.compile(r'"[^"\n]*"')
_KINDS = (
    {"attr-defined", "name-defined", "import-not-found"},
    {"call-arg", "arg-type", "override"},
)
"""Of the errors of mypy, the more certain ones first."""


class Tree:
    """The Python files of a project."""

    def __init__(self, root: Path, folders: Iterable[str]) -> None:
        self.root = root
        self._folders = tuple(folders)
        self.looked_at: dict[Path, frozenset[Gone]] = {}

    def files(self) -> list[Path]:
        found = (path for each in self._folders for path in (self.root / each).rglob("*.py"))
        return sorted(path.relative_to(self.root) for path in found)

    def text(self, path: Path) -> str:
        return (self.root / path).read_text()

    def cut(self, path: Path, dead: Dead, cutting: Callable[[Source, Cutter], None]) -> bool:
        """Change one file. True if something was cut."""
        source = Source(path, self.text(path))
        cutter = Cutter(source, dead)
        cutting(source, cutter)
        if cutter.changed:
            code = cutter.code()
            if _is_left(path, code, self.text(path)):
                (self.root / path).write_text(code)
            else:
                (self.root / path).unlink()
                dead.modules.add(source.dotted)
        return cutter.changed


def _is_left(path: Path, code: str, before: str) -> bool:
    """Has a module of tests any left, and another module anything?"""
    if path.name == "__init__.py":
        return True
    if path.name.startswith("test_"):
        return "def test_" in code or "def test_" not in before
    return bool(re.search(r"^(?:async )?(?:def|class) |^\w+.*=", code, re.MULTILINE))


def cut_all(tree: Tree, dead: Dead, words: Words, before: Counter[str]) -> list[Problem]:
    """Cut to a fixed point. Returns the errors that nothing could be cut for.

    Args:
        before: how often each word was in the files.
    """
    cut_by_text(tree, dead, words)
    for _ in range(_ROUNDS):
        while cut_by_name(tree, dead):
            pass
        problems = type_errors(tree.root)
        kinds = ([each for each in problems if _is_of(each, codes)] for codes in _KINDS)
        if any(cut_problems(tree, dead, found) for found in kinds) or _cut_unused(tree, dead):
            continue
        if not _cut_orphans(tree, dead, before):
            break
    _cut_columns_in_sql(tree, words)
    formatted(tree.root)
    return type_errors(tree.root)


def _is_of(problem: Problem, codes: set[str]) -> bool:
    """Does an error surely use something that is gone? Others may only follow from those."""
    return problem.code in codes and "? has" not in problem.text


def _cut_orphans(tree: Tree, dead: Dead, before: Counter[str]) -> bool:
    texts = {path: tree.text(path) for path in tree.files()}
    gone = orphaned(before, [*texts.values()]) - needed_elsewhere(tree.root)

    def cutting(source: Source, cutter: Cutter) -> None:
        for node in list(definitions_of(source, gone)):
            cutter.remove_definition(node)

    paths = [path for path, text in texts.items() if any(name in text for name in gone)]
    changed = [tree.cut(path, dead, cutting) for path in paths]
    return any(changed)


def _without_column(name: str, found: re.Match[str]) -> str:
    return re.sub(rf"\b{name}, |, {name}\b", "", found[0])


def _cut_columns_in_sql(tree: Tree, words: Words) -> None:
    """Columns in a list within a text, as in `num_nonnulls(customer_id, lead_id)`."""
    for path in tree.files():
        for name in words.names if path.parts[0] == "backend" else ():
            text = tree.text(path)
            if re.search(rf"\b{name}\b", text):
                left = _TEXT.sub(partial(_without_column, name), text)
                (tree.root / path).write_text(left)


def _cut_unused(tree: Tree, dead: Dead) -> bool:
    tidy(tree.root)
    found = lint_errors(tree.root, "ARG001", "F841", "F821", "F811")
    return cut_problems(tree, dead, found)


def tree_members(tree: Tree, words: Words) -> set[str]:
    paths = [path for path in tree.files() if "Enum)" in tree.text(path)]
    sources = (Source(path, tree.text(path)) for path in paths if words.may_be_in(tree.text(path)))
    return {text for source in sources for text in values_of_members(source, words)}


def cut_by_text(tree: Tree, dead: Dead, words: Words) -> None:
    for path in tree.files():
        if words.may_be_in(tree.text(path)):
            tree.cut(path, dead, partial(_kill_texts, words))


def _kill_texts(words: Words, source: Source, cutter: Cutter) -> None:
    for node in dead_texts(source, words):
        cutter.kill(node, is_text=True)


def cut_by_name(tree: Tree, dead: Dead) -> bool:
    """Cut the imports of what is gone, and what is made of it."""
    changed, gone = False, dead.everything()
    for path in tree.files():
        new = gone - tree.looked_at.get(path, frozenset())
        if new and _may_use(path, tree.text(path), new):
            changed |= _splice(tree, path, dead)
            changed |= tree.cut(path, dead, partial(_kill_names, dead))
        tree.looked_at[path] = gone
    return changed


def _splice(tree: Tree, path: Path, dead: Dead) -> bool:
    code = splice_bases(Source(path, tree.text(path)), dead) if dead.bases else None
    if code is not None:
        (tree.root / path).write_text(code)
    return code is not None


def _may_use(path: Path, text: str, new: Collection[Gone]) -> bool:
    """Is it worth the time to parse the file?"""
    own = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
    for module, name in new:
        if module == FIXTURES:
            found = path.parts[0] == "tests" and name in text
        elif name:
            found = (module == own or module in text) and name in text
        else:
            package, _, last = module.rpartition(".")
            found = module in text or (f"from {package} import" in text and last in text)
        if found:
            return True
    return False


def _kill_names(dead: Dead, source: Source, cutter: Cutter) -> None:
    found = list(dead_imports(source, dead))
    gone = {name for module, name in dead.names if module == source.dotted}
    gone -= {*_defined(source.module)}
    for use in list(uses_of(source, {name for _, name in found} | gone)):
        cutter.kill(use)
    for alias, _ in found:
        cutter.kill_import(alias)
    _kill_fixtures(source, cutter, dead)


def _defined(module: cst.Module) -> Iterable[str]:
    for each in module.body:
        if isinstance(each, cst.FunctionDef | cst.ClassDef):
            yield each.name.value


def _kill_fixtures(source: Source, cutter: Cutter, dead: Dead) -> None:
    if not source.is_test:
        return
    names = {name for name, path in dead.fixtures.items() if path in {None, source.path}}
    for node in list(source.nodes()):
        match node:
            case cst.Param(name=cst.Name(value=name)) if name in names:
                cutter.kill(node.name)
            case cst.Call(func=cst.Attribute(attr=cst.Name(value="usefixtures")), args=args):
                for each in args:
                    if isinstance(each.value, cst.SimpleString) and each.value.raw_value in names:
                        cutter.kill(each.value)


def cut_problems(tree: Tree, dead: Dead, problems: Iterable[Problem]) -> bool:
    by_path = defaultdict(list)
    for problem in problems:
        by_path[problem.path].append(problem)
    changed = False
    for path, found in by_path.items():
        changed |= tree.cut(path, dead, partial(_cut_each, dead, found))
    return changed


def _cut_each(dead: Dead, problems: list[Problem], source: Source, cutter: Cutter) -> None:
    for problem in problems:
        statement = source.statement_at(problem.span.line)
        for node in source.expressions_at(problem.span) or filter(None, [statement]):
            if not cutter.is_gone(node):
                _cut_one(dead, problem, source, cutter, node)


def _cut_one(
    dead: Dead, problem: Problem, source: Source, cutter: Cutter, node: cst.CSTNode
) -> None:
    match problem.code:
        case "call-arg":
            _cut_argument(source, cutter, dead, node, problem)
        case "arg-type":
            _cut_place(source, cutter, dead, node)
        case "override":
            _cut_parameters(source, cutter, dead, node)
        case "attr-defined" if problem.text.startswith('Module "'):
            _cut_import(source, cutter, problem)
        case "ARG001":
            _cut_parameter(source, cutter, problem)
        case _:
            cutter.kill(node)


def _cut_import(source: Source, cutter: Cutter, problem: Problem) -> None:
    for node in source.nodes():
        if isinstance(node, cst.ImportAlias):
            name = name_of(node.name)
            lines = source.lines(node)
            inside = lines.first <= problem.span.line <= lines.last
            if inside and f'no attribute "{name}"' in problem.text:
                cutter.kill_import(node)
                for use in list(uses_of(source, {name})):
                    cutter.kill(use)


def _call_of(source: Source, node: cst.CSTNode) -> cst.Call | None:
    return node if isinstance(node, cst.Call) else source.nearest(node, cst.Call)


def _cut_argument(
    source: Source, cutter: Cutter, dead: Dead, node: cst.CSTNode, problem: Problem
) -> None:
    call = node if isinstance(node, cst.Call) else _call_of(source, node)
    if call is None:
        return
    unexpected = re.search(r'Unexpected keyword argument "(\w+)"', problem.text)
    if unexpected:
        for each in call.args:
            if each.keyword is not None and each.keyword.value == unexpected[1]:
                cutter.remove_argument(each)
    elif problem.text.startswith("Too many"):
        _cut_dead_places(source, cutter, dead, call)
    elif problem.text.startswith("Missing"):
        cutter.kill(call)


def _cut_place(source: Source, cutter: Cutter, dead: Dead, node: cst.CSTNode) -> None:
    call = _call_of(source, source.parent(node) or node)
    if call is not None:
        _cut_dead_places(source, cutter, dead, call)


def _cut_dead_places(source: Source, cutter: Cutter, dead: Dead, call: cst.Call) -> None:
    name = callee_of(source, call)
    last = name.rsplit(".", maxsplit=1)[-1]
    for each in dead.parameters:
        matches = each.callee == name or each.callee.rsplit(".", maxsplit=1)[-1] == last
        if matches and each.place is not None and each.place < len(call.args):
            argument = call.args[each.place]
            if argument.keyword is None and not cutter.is_gone(argument):
                cutter.remove_argument(argument)
                return


def _cut_parameters(source: Source, cutter: Cutter, dead: Dead, node: cst.CSTNode) -> None:
    function = node if isinstance(node, cst.FunctionDef) else source.nearest(node, cst.FunctionDef)
    if function is None:
        return
    name = function.name.value
    gone = {each.name for each in dead.parameters if each.callee.rsplit(".")[-1] == name}
    for each in (*function.params.params, *function.params.kwonly_params):
        if each.name.value in gone:
            cutter.kill(each.name)


def _cut_parameter(source: Source, cutter: Cutter, problem: Problem) -> None:
    function = source.statement_at(problem.span.line)
    named = re.search(r"`(\w+)`", problem.text)
    if isinstance(function, cst.FunctionDef) and named:
        for each in (*function.params.params, *function.params.kwonly_params):
            if each.name.value == named[1]:
                cutter.kill(each.name)
