"""Takes dead nodes out of a file, each with the smallest piece of code that can go with it."""

from typing import Literal

import libcst as cst

from scaffold.remove.dead import Cut, Dead, DeadParameter
from scaffold.remove.records import is_record, is_registry
from scaffold.remove.rewriting import Rewriter, Rewriting
from scaffold.remove.syntax import FUNCTION, Source, name_of

State = Literal["dead", "false", "true"]
"""What a piece of code has become: it has no value any more, or it is a condition with this one."""

_Collection = cst.Tuple | cst.List | cst.Set
_VARIADIC = {"gather", "or_", "and_", "union", "union_all", "chain"}
_EQUAL = (cst.Equal, cst.Is, cst.In)


class Cutter:
    """Collects what goes from one file; `code` returns the file without it."""

    def __init__(self, source: Source, dead: Dead) -> None:
        self._source = source
        self._dead = dead
        self._rewriting = Rewriting()
        self._is_text = False

    @property
    def changed(self) -> bool:
        return bool(self._rewriting)

    def code(self) -> str:
        return Rewriter(self._rewriting, self._source).rewritten().code

    def kill(self, node: cst.CSTNode, *, is_text: bool = False) -> None:
        """Cut a node, or the smallest piece of code around it that can go.

        Args:
            is_text: it is dead for its text, such as a path: a mapping of texts is one record.
        """
        self._is_text = is_text
        if not self._kill_case(node):
            self._climb(node, "dead")

    def remove_argument(self, argument: cst.Arg) -> None:
        if not self._kill_case(argument):
            self._remove(argument)

    def _kill_case(self, node: cst.CSTNode) -> bool:
        """What is within a test takes all of it along: with less, it would be another test."""
        around = [*self._source.around(node)]
        for each in around:
            if isinstance(each, cst.FunctionDef) and self._is_case(each) and each.body in around:
                if not self.is_gone(each):
                    self._kill_definition(each)
                return True
        return False

    def remove_definition(self, node: cst.CSTNode) -> None:
        self._kill_definition(node)

    def is_gone(self, node: cst.CSTNode) -> bool:
        gone = self._rewriting.gone
        return node in gone or any(each in gone for each in self._source.around(node))

    # What a node is in decides whether it can go by itself.

    def _climb(self, node: cst.CSTNode, state: State) -> None:
        if self.is_gone(node):
            return
        parent = self._source.parent(node)
        if parent is None:
            return
        match parent:
            case cst.Element() | cst.StarredElement():
                self._climb_element(parent)
            case cst.DictElement() | cst.StarredDictElement():
                self._climb_entry(parent, node)
            case cst.Index() | cst.Slice() if self._is_choice(parent):
                self._remove_from(self._outer(parent), self._outer(self._outer(parent)))
            case cst.Arg():
                self._climb_argument(parent, node, state)
            case cst.Annotation():
                self._climb_annotation(parent)
            case cst.Param():
                self._kill_parameter(parent)
            case cst.ImportAlias():
                self.kill_import(parent)
            case cst.Decorator() | cst.FunctionDef() | cst.ClassDef():
                self._kill_definition(self._source.nearest(node, *_DEFINITION) or parent)
            case cst.BooleanOperation() | cst.UnaryOperation() | cst.Comparison():
                self._climb_condition(parent, node, state)
            case cst.BinaryOperation(operator=cst.BitOr()):
                other = _other(parent, node)
                if isinstance(other, cst.Name) and other.value == "None":
                    self._climb(parent, "dead")
                else:
                    self._replace(parent, other)
            case cst.IfExp():
                self._climb_choice(parent, node, state)
            case cst.If() if node is parent.test:
                self._climb_branch(parent, state)
            case cst.CompIf():
                self._climb_filter(parent, state)
            case cst.MatchCase() if node is not parent.body:
                self._remove(parent)
            case cst.WithItem():
                self._remove_from(parent, self._outer(parent))
            case cst.For() | cst.While() | cst.With() | cst.Try() | cst.Match():
                self._kill_statement(parent)
            case cst.BaseSmallStatement():
                self._climb_small(parent, node)
            case cst.SimpleStatementLine() | cst.BaseCompoundStatement():
                self._kill_statement(parent)
            case _:
                self._climb(parent, "dead")

    def _outer(self, node: cst.CSTNode) -> cst.CSTNode:
        parent = self._source.parent(node)
        assert parent is not None
        return parent

    def _climb_element(self, element: cst.CSTNode) -> None:
        collection = self._outer(element)
        assign = self._source.nearest(collection, cst.Assign)
        if assign is not None and self._kill_parallel(assign, collection, element):
            return
        if is_record(self._source, collection, is_text=self._is_text):
            self._climb(collection, "dead")
        else:
            self._remove_from(element, collection)

    def _kill_parallel(
        self, assign: cst.Assign, collection: cst.CSTNode, element: cst.CSTNode
    ) -> bool:
        """Of `a, b = 1, 2` take one out of each side."""
        targets, values = assign.targets[0].target, assign.value
        if not isinstance(targets, cst.Tuple) or not isinstance(values, cst.Tuple):
            return False
        sides = (targets, values)
        if collection not in sides or len(values.elements) != len(targets.elements):
            return False
        place = [id(each) for each in _parts(collection)].index(id(element))
        for side in sides:
            self._remove(side.elements[place])
        if all(each in self._rewriting.gone for each in values.elements):
            self._kill_statement(assign)
        return True

    def _climb_entry(self, entry: cst.CSTNode, node: cst.CSTNode) -> None:
        mapping = self._outer(entry)
        assert isinstance(mapping, cst.Dict)
        is_key = isinstance(entry, cst.DictElement) and entry.key is node
        if not is_key and self._is_text and not is_registry(mapping):
            self._climb(mapping, "dead")
        else:
            self._remove_from(entry, mapping)

    def _is_choice(self, index: cst.CSTNode) -> bool:
        """Is this one of several values of a Literal or a Union?"""
        element = self._outer(index)
        subscript = self._outer(element)
        return isinstance(subscript, cst.Subscript) and name_of(subscript.value) in {
            "Literal",
            "Union",
        }

    def _climb_argument(self, argument: cst.Arg, node: cst.CSTNode, state: State) -> None:
        around = self._outer(argument)
        if isinstance(around, cst.ClassDef):
            self._climb_base(around, argument, node)
        elif not isinstance(around, cst.Call):
            self._climb(around, "dead")
        elif self._takes_no_longer(around, argument) or self._may_lack(around, argument):
            self._remove(argument)
        elif name_of(around.func) == "isinstance":
            self._climb(around, "false")
        elif self._is_mark(around):
            self._kill_definition(self._source.nearest(around, cst.FunctionDef) or around)
        else:
            self._climb(around, state if name_of(around.func) == "bool" else "dead")

    def _may_lack(self, call: cst.Call, argument: cst.Arg) -> bool:
        """Can the call perhaps do without it? The type checker says so afterwards."""
        if argument.star:
            return True
        if name_of(call.func) in _VARIADIC:
            return len([each for each in call.args if each not in self._rewriting.gone]) > 1
        is_named = argument.keyword is not None
        return is_named and not self._is_text and self._in_case(call) is None

    def _is_mark(self, call: cst.Call) -> bool:
        return isinstance(self._outer(call), cst.Decorator)

    def _takes_no_longer(self, call: cst.Call, argument: cst.Arg) -> bool:
        keyword = argument.keyword.value if argument.keyword else None
        place = None if keyword else [*call.args].index(argument)
        return any(
            each.name == keyword if keyword else each.place == place
            for each in self._dead.of_callee(callee_of(self._source, call))
        )

    def _climb_base(self, of: cst.ClassDef, argument: cst.Arg, node: cst.CSTNode) -> None:
        others = [
            base for base in of.bases if base is not argument and name_of(base.value) != "Protocol"
        ]
        if isinstance(argument.value, cst.Subscript) and node is argument.value:
            others = []
        if argument.keyword is not None or others:
            self._remove(argument)
        else:
            self._kill_definition(of)

    def _climb_annotation(self, annotation: cst.Annotation) -> None:
        around = self._outer(annotation)
        match around:
            case cst.Param():
                self._kill_parameter(around)
            case cst.FunctionDef():
                self._kill_definition(around)
            case _:
                self._climb_small(around, annotation)

    def _kill_parameter(self, parameter: cst.Param) -> None:
        function = self._source.nearest(parameter, *FUNCTION)
        assert function is not None
        if not isinstance(function, cst.FunctionDef):
            self._climb(function, "dead")
            return
        if self._is_case(function):
            self._kill_definition(function)
            return
        self._record_parameter(function, parameter)
        self._remove(parameter)

    def _record_parameter(self, function: cst.FunctionDef, parameter: cst.Param) -> None:
        owner = self._source.nearest(function, cst.ClassDef)
        name = function.name.value
        if name == "__init__" and owner is not None:
            name = owner.name.value
        elif owner is not None:
            name = f"{owner.name.value}.{name}"
        plain = [*function.params.posonly_params, *function.params.params]
        if plain and plain[0].name.value in {"self", "cls"}:
            plain = plain[1:]
        place = plain.index(parameter) if parameter in plain else None
        self._dead.parameters.add(DeadParameter(name, place, parameter.name.value))

    def _climb_condition(self, parent: cst.CSTNode, node: cst.CSTNode, state: State) -> None:
        match parent:
            case cst.Comparison():
                equal = isinstance(parent.comparisons[0].operator, _EQUAL)
                self._climb(parent, "false" if equal else "true")
            case cst.UnaryOperation(operator=cst.Not()):
                self._climb(parent, "false" if state == "true" else "true")
            case cst.UnaryOperation():
                self._climb(parent, "dead")
            case cst.BooleanOperation(operator=cst.And()) if state == "true":
                self._replace(parent, _other(parent, node))
            case cst.BooleanOperation(operator=cst.Or()) if state != "true":
                self._replace(parent, _other(parent, node))
            case _:
                self._climb(parent, state)

    def _climb_choice(self, parent: cst.IfExp, node: cst.CSTNode, state: State) -> None:
        if node is parent.test:
            self._replace(parent, parent.body if state == "true" else parent.orelse)
        else:
            self._replace(parent, parent.orelse if node is parent.body else parent.body)

    def _climb_branch(self, branch: cst.If, state: State) -> None:
        if state == "dead" and self._in_case(branch):
            self._kill_statement(branch)
        elif state == "true":
            self._note(branch)
            self._rewriting.inlined.add(branch)
        elif branch.orelse is None and isinstance(self._outer(branch), cst.IndentedBlock):
            self._remove(branch)
            self._kill_if_empty(self._outer(branch))
        else:
            self._note(branch)
            self._rewriting.branches.add(branch)

    def _climb_filter(self, condition: cst.CompIf, state: State) -> None:
        if state == "true":
            self._remove(condition)
        else:
            self._climb(self._outer(condition), "dead")

    def _climb_small(self, statement: cst.CSTNode, node: cst.CSTNode) -> None:
        match statement:
            case cst.Return() | cst.Raise():
                function = self._source.nearest(statement, cst.FunctionDef)
                self._kill_definition(function or statement)
            case cst.Expr() if isinstance(statement.value, cst.Yield):
                function = self._source.nearest(statement, cst.FunctionDef)
                self._kill_definition(function or statement)
            case cst.AnnAssign(value=cst.Attribute()) if node is statement.value and self._is_field(
                statement
            ):
                self._kill_definition(self._source.nearest(statement, cst.ClassDef) or statement)
            case _:
                self._kill_statement(statement)

    def _is_field(self, statement: cst.CSTNode) -> bool:
        block = self._outer(self._outer(statement))
        return isinstance(block, cst.IndentedBlock) and isinstance(self._outer(block), cst.ClassDef)

    # What goes.

    def kill_import(self, alias: cst.ImportAlias) -> None:
        self._remove_from(alias, self._outer(alias))

    def _remove_from(self, part: cst.CSTNode, whole: cst.CSTNode) -> None:
        """Remove one of several; what it leaves empty and can't be so goes as well."""
        self._remove(part)
        left = [each for each in _parts(whole) if each not in self._rewriting.gone]
        if left:
            return
        match whole:
            case cst.ImportFrom() | cst.Import() | cst.With():
                self._kill_statement(whole)
            case cst.Subscript():
                self._climb(whole, "dead")
            case cst.List() | cst.Tuple() | cst.Set() | cst.Dict() if self._is_needed(whole):
                self._climb(whole, "dead")
            case cst.Set():
                self._rewriting.emptied.add(whole)
            case _:
                pass

    def _is_needed(self, collection: cst.CSTNode) -> bool:
        """Is it the cases of a test, or a part of an expression that has no sense without any?"""
        around = self._outer(collection)
        if isinstance(around, cst.Arg):
            call = self._outer(around)
            return isinstance(call, cst.Call) and self._is_mark(call)
        return isinstance(around, cst.Assign | cst.For | cst.ComparisonTarget | cst.CompFor)

    def _is_case(self, function: cst.FunctionDef) -> bool:
        return self._source.is_test and function.name.value.startswith("test_")

    def _in_case(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        """Return the test function that a statement is in."""
        function = self._source.nearest(node, cst.FunctionDef)
        return function if function is not None and self._is_case(function) else None

    def _kill_statement(self, node: cst.CSTNode) -> None:
        case = self._in_case(node)
        if case is not None and not isinstance(node, cst.Import | cst.ImportFrom):
            self._kill_definition(case)
            return
        statement = self._source.statement(node)
        block = self._outer(statement)
        self._remove(statement, is_logic=self._is_logic(statement))
        self._record_targets(statement)
        self._remove_text_after(statement, block)
        self._kill_if_empty(block)

    def _is_logic(self, statement: cst.CSTNode) -> bool:
        return not self._source.is_test and self._source.nearest(statement, *FUNCTION) is not None

    def _record_targets(self, statement: cst.CSTNode) -> None:
        """Remember what a statement of a module or a class defined."""
        if self._source.nearest(statement, *FUNCTION) is not None:
            return
        if not isinstance(statement, cst.SimpleStatementLine):
            return
        for each in statement.body:
            for name in _defined(each):
                self._record_name(statement, name)

    def _record_name(self, node: cst.CSTNode, name: str) -> None:
        owner = self._source.nearest(node, cst.ClassDef)
        if owner is None:
            self._dead.names.add((self._source.dotted, name))
        else:
            self._remove_from_example(owner, name)
            places = [*_fields(owner)]
            place = places.index(name) if name in places else None
            self._dead.parameters.add(DeadParameter(owner.name.value, place, name))

    def _remove_from_example(self, owner: cst.ClassDef, name: str) -> None:
        """The example of a schema has its fields."""
        for node in self._source.within(owner):
            match node:
                case cst.DictElement(key=cst.SimpleString() as key) if key.raw_value == name:
                    if not self.is_gone(node):
                        self._remove_from(node, self._outer(node))

    def _remove_text_after(self, statement: cst.CSTNode, block: cst.CSTNode) -> None:
        """The text below a constant describes it."""
        statements = [*_parts(block)]
        place = statements.index(statement) + 1 if statement in statements else len(statements)
        if isinstance(statement, cst.SimpleStatementLine) and isinstance(
            statement.body[0], cst.Assign | cst.AnnAssign
        ):
            for after in statements[place : place + 1]:
                if _is_text(after):
                    self._rewriting.gone.add(after)

    def _kill_if_empty(self, block: cst.CSTNode) -> None:
        left = [each for each in _parts(block) if each not in self._rewriting.gone]
        if isinstance(block, cst.Module) or any(not _is_text(each) for each in left):
            return
        around = self._outer(block)
        match around:
            case cst.FunctionDef() | cst.ClassDef():
                self._kill_definition(around)
            case cst.If():
                self._climb_branch(around, "false")
            case cst.Else():
                self._rewriting.gone.add(around)
            case cst.MatchCase():
                self._remove(around)
            case _:
                self._kill_statement(around)

    def _kill_definition(self, node: cst.CSTNode) -> None:
        if not isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._kill_statement(node)
            return
        name, block = node.name.value, self._outer(node)
        around = self._source.nearest(node, cst.FunctionDef)
        if around is not None and isinstance(node, cst.FunctionDef) and self._is_case(around):
            self._kill_definition(around)
            return
        self._remove(node)
        if isinstance(node, cst.FunctionDef) and _is_fixture(node):
            is_shared = "fixtures" in self._source.path.parts or "conftest" in self._source.dotted
            self._dead.fixtures[name] = None if is_shared else self._source.path
        if around is None and self._source.nearest(node, cst.ClassDef) is None:
            self._dead.names.add((self._source.dotted, name))
        self._kill_if_empty(block)

    def _remove(self, node: cst.CSTNode, *, is_logic: bool = False) -> None:
        self._note(node, is_logic=is_logic)
        self._rewriting.gone.add(node)

    def _replace(self, node: cst.CSTNode, by: cst.CSTNode) -> None:
        self._note(node)
        self._rewriting.replaced[node] = by

    def _note(self, node: cst.CSTNode, *, is_logic: bool = False) -> None:
        source = self._source
        if isinstance(node, cst.ImportAlias) or self.is_gone(node):
            return
        self._dead.cuts.append(Cut(source.path, source.line(node), source.shown(node), is_logic))


_DEFINITION = (cst.FunctionDef, cst.ClassDef)


def callee_of(source: Source, call: cst.Call) -> str:
    """Return the name of what is called, with its class where the call names it."""
    func = call.func
    if isinstance(func, cst.Attribute):
        owner = name_of(func.value)
        if owner in {"self", "cls"}:
            around = source.nearest(call, cst.ClassDef)
            owner = around.name.value if around else ""
        if owner[:1].isupper():
            return f"{owner}.{func.attr.value}"
    name = name_of(func)
    if name == "cls":
        around = source.nearest(call, cst.ClassDef)
        return around.name.value if around else name
    return name


def _other(pair: cst.BooleanOperation | cst.BinaryOperation, node: cst.CSTNode) -> cst.CSTNode:
    return pair.right if node is pair.left else pair.left


def _parts(whole: cst.CSTNode) -> list[cst.CSTNode]:
    match whole:
        case cst.Tuple() | cst.List() | cst.Set() | cst.Dict():
            return [*whole.elements]
        case cst.ImportFrom() | cst.Import():
            return [] if isinstance(whole.names, cst.ImportStar) else [*whole.names]
        case cst.Subscript():
            return [*whole.slice]
        case cst.With():
            return [*whole.items]
        case cst.IndentedBlock() | cst.Module():
            return [*whole.body]
        case _:
            return []


def _is_text(statement: cst.CSTNode) -> bool:
    return (
        isinstance(statement, cst.SimpleStatementLine)
        and isinstance(statement.body[0], cst.Expr)
        and isinstance(statement.body[0].value, cst.BaseString)
    )


def _defined(statement: cst.CSTNode) -> list[str]:
    match statement:
        case cst.Assign():
            found = [each.target for each in statement.targets]
            tuples = [each for each in found if isinstance(each, cst.Tuple)]
            inner = [element.value for each in tuples for element in each.elements]
            return [each.value for each in (*found, *inner) if isinstance(each, cst.Name)]
        case cst.AnnAssign(target=cst.Name(value=name)):
            return [name]
        case _:
            return []


def _fields(of: cst.ClassDef) -> list[str]:
    """Return the names of the annotated fields of a class, in order."""
    names = []
    for line in of.body.body:
        if isinstance(line, cst.SimpleStatementLine):
            match line.body[0]:
                case cst.AnnAssign(target=cst.Name(value=name)):
                    names.append(name)
    return names


def _is_fixture(function: cst.FunctionDef) -> bool:
    return any(name_of(each.decorator) == "fixture" for each in function.decorators)
