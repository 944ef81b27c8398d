"""Writes a file anew without what has been marked."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from itertools import takewhile

import libcst as cst

from scaffold.remove.comments import comment_after_opening, with_comment_after
from scaffold.remove.syntax import Source

Left = cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]


@dataclass
class Rewriting:
    """
    Attributes:
        replaced: by one of the nodes within them.
        inlined: conditions that are always true: only their body stays.
        branches: conditions that are always false: only what follows them stays.
        emptied: sets without any element left.
    """

    gone: set[cst.CSTNode] = field(default_factory=set)
    replaced: dict[cst.CSTNode, cst.CSTNode] = field(default_factory=dict)
    inlined: set[cst.If] = field(default_factory=set)
    branches: set[cst.If] = field(default_factory=set)
    emptied: set[cst.Set] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.gone or self.replaced or self.inlined or self.branches)


class Rewriter:
    """Makes only those nodes anew that something has gone from."""

    def __init__(self, rewriting: Rewriting, source: Source) -> None:
        self._rewriting = rewriting
        self._source = source
        self._done: dict[cst.CSTNode, cst.CSTNode] = {}
        self._elifs = {
            node.orelse
            for node in source.nodes()
            if isinstance(node, cst.If) and isinstance(node.orelse, cst.If)
        }
        marked = {*rewriting.gone, *rewriting.replaced, *rewriting.inlined}
        marked |= {*rewriting.branches, *rewriting.emptied}
        self._changing = marked | {each for node in marked for each in source.around(node)}

    def rewritten(self) -> cst.Module:
        done = self._rebuilt(self._source.module)
        assert isinstance(done, cst.Module)
        return done

    def _left(self, node: cst.CSTNode) -> Left:
        if node not in self._changing:
            return node
        if node in self._rewriting.gone or node in self._rewriting.emptied:
            return self._kept(node, node)
        kept = self._kept(node, self._rebuilt(node))
        if isinstance(kept, cst.CSTNode):
            self._done[node] = kept
        return kept

    def _rebuilt(self, node: cst.CSTNode) -> cst.CSTNode:
        changes: dict[str, object] = {}
        for each in fields(node):
            value = getattr(node, each.name)
            if isinstance(value, cst.CSTNode) and value in self._changing:
                left = self._left(value)
                changes[each.name] = left if isinstance(left, cst.CSTNode) else None
            elif isinstance(value, list | tuple):
                changes[each.name] = self._rebuilt_all(value)
        elements = getattr(node, "elements", ())
        if elements and elements[0] in self._rewriting.gone:
            changes |= comment_after_opening(node, self._first_gone(elements))
        return _rebuilt_with(node, changes)

    def _rebuilt_all(self, values: Sequence[object]) -> list[object]:
        kept: list[object] = []
        for value in values:
            left = self._left(value) if isinstance(value, cst.CSTNode) else value
            if isinstance(left, cst.FlattenSentinel):
                kept += left.nodes
            elif left is not cst.RemovalSentinel.REMOVE:
                kept.append(left)
            elif kept and isinstance(value, cst.CSTNode):
                kept[-1] = with_comment_after(kept[-1], value)
        return kept

    def _first_gone(self, values: Sequence[cst.CSTNode]) -> cst.CSTNode:
        """Return the last of those at the beginning that are gone."""
        return [*takewhile(self._rewriting.gone.__contains__, values)][-1]

    def _kept(self, original: cst.CSTNode, updated: cst.CSTNode) -> Left:
        if original in self._rewriting.gone:
            return cst.RemoveFromParent()
        if original in self._rewriting.emptied:
            return cst.Call(cst.Name("set"))
        if original in self._rewriting.replaced:
            return self._replacement(original)
        if isinstance(original, cst.If) and isinstance(updated, cst.If):
            if original in self._rewriting.branches:
                return self._without_branch(original, updated)
            if original in self._rewriting.inlined:
                return self._inlined(original, updated)
        return updated

    def _replacement(self, original: cst.CSTNode) -> cst.CSTNode:
        by = self._rewriting.replaced[original]
        while by in self._rewriting.replaced:
            by = self._rewriting.replaced[by]
        found = self._done.get(by, by)
        around = getattr(original, "lpar", ())
        if around and not getattr(found, "lpar", around):
            return found.with_changes(lpar=around, rpar=getattr(original, "rpar", ()))
        return found

    def _without_branch(self, original: cst.If, updated: cst.If) -> Left:
        after = updated.orelse
        if after is None:
            return cst.RemoveFromParent()
        if original in self._elifs or isinstance(after, cst.If):
            return after
        return cst.FlattenSentinel(_statements(after.body))

    def _inlined(self, original: cst.If, updated: cst.If) -> Left:
        if original in self._elifs:
            return cst.Else(body=updated.body)
        return cst.FlattenSentinel(_statements(updated.body))


def _statements(body: cst.BaseSuite) -> list[cst.CSTNode]:
    return [*body.body] if isinstance(body, cst.IndentedBlock) else [body]


def _rebuilt_with(node: cst.CSTNode, changes: dict[str, object]) -> cst.CSTNode:
    """Change a node so that it is valid without the parts that have gone."""
    elements, names = changes.get("elements"), changes.get("names")
    match node:
        case cst.Tuple() if isinstance(elements, list):
            if len(elements) == 1 and isinstance(elements[0].comma, cst.MaybeSentinel):
                changes["elements"] = [elements[0].with_changes(comma=cst.Comma())]
            if not elements and not node.lpar:
                changes |= {"lpar": [cst.LeftParen()], "rpar": [cst.RightParen()]}
        case cst.Assign():
            return _unpacked_one(node.with_changes(**changes))
        case cst.Subscript() if isinstance(slices := changes.get("slice"), list) and slices:
            last = slices[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            changes["slice"] = [*slices[:-1], last]
        case cst.ImportFrom(lpar=None) if isinstance(names, list):
            last = names[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            changes["names"] = [*names[:-1], last]
        case cst.Call() | cst.List() | cst.Set() | cst.Dict():
            _drop_last_comma(node, changes)
        case cst.Parameters(star_arg=cst.ParamStar()) if not changes.get(
            "kwonly_params", node.kwonly_params
        ):
            changes["star_arg"] = cst.MaybeSentinel.DEFAULT
    return node.with_changes(**changes)


def _unpacked_one(assign: cst.CSTNode) -> cst.CSTNode:
    """Nobody writes `(one,) = (value,)` for what `one = value` says."""
    match assign:
        case cst.Assign(
            targets=[cst.AssignTarget(target=cst.Tuple(elements=[cst.Element(value=one)])) as to],
            value=cst.Tuple(elements=[cst.Element(value=value)]),
        ):
            return assign.with_changes(targets=[to.with_changes(target=one)], value=value)
        case _:
            return assign


def _drop_last_comma(node: cst.CSTNode, changes: dict[str, object]) -> None:
    """What stood on one line does so again: the last part has no comma if the last one had none."""
    name = "args" if isinstance(node, cst.Call) else "elements"
    left, before = changes.get(name), getattr(node, name)
    if isinstance(left, list) and left and isinstance(before[-1].comma, cst.MaybeSentinel):
        changes[name] = [*left[:-1], left[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)]
