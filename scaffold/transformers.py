"""The changes of syntax trees that `editing.py` makes, one class each."""

import re
from collections.abc import Sequence

import libcst as cst
from libcst import matchers as m

from scaffold.errors import RefusedError

FIRST = "\0"
"""In place of what a new member stands behind: before all others."""


class Once(cst.CSTTransformer):
    is_done = False


class Members(Once):
    def __init__(self, class_name: str, code: str, after: str | None) -> None:
        super().__init__()
        self._class, self._code, self._after = class_name, code, after

    def leave_ClassDef(  # noqa: N802  # libcst calls it by the class of the node
        self, original_node: cst.ClassDef, updated_node: cst.ClassDef
    ) -> cst.ClassDef:
        if updated_node.name.value != self._class:
            return updated_node
        [new] = cst.parse_module(self._code).body
        body = list(updated_node.body.body)
        if any(_same(each, new) for each in body):
            raise RefusedError(f"{self._class} has this already: {head_of(self._code)}")
        body.insert(_place(body, self._after), new)
        self.is_done = True
        return updated_node.with_changes(body=updated_node.body.with_changes(body=body))


def _place(body: Sequence[cst.CSTNode], after: str | None) -> int:
    """Behind the last that contains `after`, or behind all."""
    if after == FIRST:
        docstring = m.SimpleStatementLine(body=[m.Expr(m.SimpleString())])
        return int(bool(body) and m.matches(body[0], docstring))
    found = [at for at, each in enumerate(body) if after and after in code_of(each)]
    return found[-1] + 1 if found else len(body)


class Statements(Once):
    def __init__(self, class_name: str, method: str, code: str, *, first: bool) -> None:
        super().__init__()
        self._class, self._method, self._code = class_name, method, code
        self._first = first
        self._classes: list[str] = []

    def visit_ClassDef(self, node: cst.ClassDef) -> None:  # noqa: N802  # see below
        self._classes.append(node.name.value)

    def leave_ClassDef(  # noqa: N802  # see below
        self, original_node: cst.ClassDef, updated_node: cst.ClassDef
    ) -> cst.ClassDef:
        self._classes.pop()
        return updated_node

    def leave_FunctionDef(  # noqa: N802  # libcst calls it by the class of the node
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        if self._classes != [self._class] or updated_node.name.value != self._method:
            return updated_node
        new = cst.parse_statement(self._code)
        body = list(updated_node.body.body)
        if any(_same(each, new) for each in body):
            raise RefusedError(
                f"{self._class}.{self._method} has this already: {head_of(self._code)}"
            )
        self.is_done = True
        at = (1 if updated_node.get_docstring() is not None else 0) if self._first else len(body)
        changed = updated_node.body.with_changes(body=[*body[:at], new, *body[at:]])
        return updated_node.with_changes(body=changed)


class Elements(Once):
    def __init__(self, variable: str, code: str) -> None:
        super().__init__()
        self._variable, self._code = variable, code

    def leave_Assign(  # noqa: N802  # libcst calls it by the class of the node
        self, original_node: cst.Assign, updated_node: cst.Assign
    ) -> cst.Assign:
        [target, *_] = updated_node.targets
        if not m.matches(target.target, m.Name(self._variable)):
            return updated_node
        return updated_node.with_changes(value=self.extended(updated_node.value))

    def leave_AnnAssign(  # noqa: N802  # libcst calls it by the class of the node
        self, original_node: cst.AnnAssign, updated_node: cst.AnnAssign
    ) -> cst.AnnAssign:
        if not m.matches(updated_node.target, m.Name(self._variable)) or not updated_node.value:
            return updated_node
        return updated_node.with_changes(value=self.extended(updated_node.value))

    def extended(self, value: cst.BaseExpression) -> cst.BaseExpression:
        self.is_done = True
        if isinstance(value, cst.BinaryOperation):  # A | {...}
            return value.with_changes(right=self.extended(value.right))
        if not isinstance(value, cst.Tuple | cst.List | cst.Set | cst.Dict):
            raise RefusedError(f"{self._variable} is not a tuple, list, set or dict.")
        new = _element_like(value, self._code)
        if any(_same(each, new) for each in value.elements):
            raise RefusedError(f"{self._variable} has this already: {head_of(self._code)}")
        return value.with_changes(elements=[*value.elements, new])


def _element_like(value: cst.BaseExpression, code: str) -> cst.CSTNode:
    """Return the code as an element of such a value."""
    if isinstance(value, cst.Dict):
        parsed = cst.ensure_type(cst.parse_expression("{" + code + "}"), cst.Dict)
        return parsed.elements[0].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return cst.Element(cst.parse_expression(code.strip().rstrip(",")))


class Returned(Once):
    def __init__(self, function: str, code: str) -> None:
        super().__init__()
        self._function, self._code = function, code

    def leave_FunctionDef(  # noqa: N802  # libcst calls it by the class of the node
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        if updated_node.name.value != self._function:
            return updated_node
        inner = Elements("", self._code)
        changed = updated_node.visit(_Returns(inner))
        self.is_done = inner.is_done
        return cst.ensure_type(changed, cst.FunctionDef)


class _Returns(cst.CSTTransformer):
    def __init__(self, elements: "Elements") -> None:
        super().__init__()
        self._elements = elements

    def leave_Return(  # noqa: N802  # see above
        self, original_node: cst.Return, updated_node: cst.Return
    ) -> cst.Return:
        if not isinstance(updated_node.value, cst.Dict):
            return updated_node
        return updated_node.with_changes(value=self._elements.extended(updated_node.value))


class Parameters(Once):
    def __init__(self, function: str, code: str) -> None:
        super().__init__()
        self._function, self._code = function, code

    def leave_FunctionDef(  # noqa: N802  # see above
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        if updated_node.name.value != self._function:
            return updated_node
        parsed = cst.parse_statement(f"def f({self._code}): ...")
        [new] = cst.ensure_type(parsed, cst.FunctionDef).params.params
        params = updated_node.params
        if any(_same(each, new) for each in params.params):
            raise RefusedError(f"{self._function} has this already: {head_of(self._code)}")
        self.is_done = True
        last = [each.with_changes(comma=cst.MaybeSentinel.DEFAULT) for each in params.params]
        return updated_node.with_changes(params=params.with_changes(params=[*last, new]))


class Union(Once):
    def __init__(self, variable: str, name: str) -> None:
        super().__init__()
        self._variable, self._name = variable, name

    def leave_Assign(  # noqa: N802  # see above
        self, original_node: cst.Assign, updated_node: cst.Assign
    ) -> cst.Assign:
        [target, *_] = updated_node.targets
        if not m.matches(target.target, m.Name(self._variable)):
            return updated_node
        if self._name in code_of(updated_node.value).split():
            raise RefusedError(f"{self._variable} has this already: {self._name}")
        self.is_done = True
        value = cst.parse_expression(f"{code_of(updated_node.value)} | {self._name}")
        return updated_node.with_changes(value=value)


class InCall(Once):
    def __init__(self, callee: str, mark: str, name: str, code: str) -> None:
        super().__init__()
        self._callee, self._mark, self._name, self._code = callee, mark, name, code

    def leave_Call(  # noqa: N802  # see above
        self, original_node: cst.Call, updated_node: cst.Call
    ) -> cst.Call:
        args = list(updated_node.args)
        marked = any(_without_layout(each) == self._mark for each in args)
        if not marked or not m.matches(updated_node.func, m.Name(self._callee)):
            return updated_node
        self.is_done = True
        for at, each in enumerate(args):
            if each.keyword is not None and each.keyword.value == self._name:
                value = Elements(self._name, self._code).extended(each.value)
                args[at] = each.with_changes(value=value)
                return updated_node.with_changes(args=args)
        call = cst.ensure_type(cst.parse_expression(f"f({self._name}=({self._code},))"), cst.Call)
        return updated_node.with_changes(args=[*args, *call.args])


class Keywords(Once):
    def __init__(self, function: str, callee: str, code: str) -> None:
        super().__init__()
        self._function, self._callee, self._keyword = function, callee, code
        self._within = 0

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:  # noqa: N802  # see above
        self._within += node.name.value == self._function

    def leave_FunctionDef(  # noqa: N802  # see above
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        self._within -= original_node.name.value == self._function
        return updated_node

    def leave_Call(  # noqa: N802  # see above
        self, original_node: cst.Call, updated_node: cst.Call
    ) -> cst.Call:
        if not self._within or not m.matches(updated_node.func, m.Name(self._callee)):
            return updated_node
        call = cst.ensure_type(cst.parse_expression(f"f({self._keyword})"), cst.Call)
        if any(_same(each, call.args[0]) for each in updated_node.args):
            raise RefusedError(f"{self._callee} has this already: {self._keyword}")
        self.is_done = True
        return updated_node.with_changes(args=[*updated_node.args, *call.args])


def _same(one: cst.CSTNode, other: cst.CSTNode) -> bool:
    return _without_layout(one) == _without_layout(other)


def _without_layout(node: cst.CSTNode) -> str:
    dense = re.sub(r"\s+", "", code_of(node))
    return re.sub(r",(?=[)\]}]|$)", "", dense)


def code_of(node: cst.CSTNode) -> str:
    return cst.Module(body=[]).code_for_node(node)


def head_of(code: str) -> str:
    """The line by which a statement is known: behind its decorators."""
    return next(line for line in code.splitlines() if line and not line.startswith("@"))
