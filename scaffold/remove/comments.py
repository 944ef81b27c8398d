"""Comments above the elements of a collection: each goes with the element that it stands above.

A syntax tree has them in the comma before the element, or in the opening bracket.
"""

from collections.abc import Sequence

import libcst as cst

Opening = cst.LeftParen | cst.LeftSquareBracket | cst.LeftCurlyBrace


def with_comment_after(kept: object, gone: cst.CSTNode) -> object:
    """Return what stays, followed by the comment that followed what goes."""
    comma = getattr(kept, "comma", None)
    if not isinstance(kept, cst.CSTNode) or not isinstance(comma, cst.Comma):
        return kept
    space = _with_lines(comma.whitespace_after, _lines_after(gone))
    return kept.with_changes(comma=comma.with_changes(whitespace_after=space))


def comment_after_opening(node: cst.CSTNode, gone: cst.CSTNode) -> dict[str, object]:
    """Return the changes of a collection that loses its first elements, `gone` as their last."""
    lines = _lines_after(gone)
    match node:
        case cst.Tuple(lpar=[bracket, *more]):
            return {"lpar": [_opened(bracket, lines), *more]}
        case cst.List():
            return {"lbracket": _opened(node.lbracket, lines)}
        case cst.Dict() | cst.Set():
            return {"lbrace": _opened(node.lbrace, lines)}
        case _:
            return {}


def _opened(bracket: Opening, lines: Sequence[cst.EmptyLine]) -> cst.CSTNode:
    return bracket.with_changes(whitespace_after=_with_lines(bracket.whitespace_after, lines))


def _lines_after(node: cst.CSTNode) -> Sequence[cst.EmptyLine]:
    comma = getattr(node, "comma", None)
    if isinstance(comma, cst.Comma):
        space = comma.whitespace_after
        return space.empty_lines if isinstance(space, cst.ParenthesizedWhitespace) else ()
    return ()


def _with_lines(
    space: cst.BaseParenthesizableWhitespace, lines: Sequence[cst.EmptyLine]
) -> cst.BaseParenthesizableWhitespace:
    if isinstance(space, cst.ParenthesizedWhitespace):
        return space.with_changes(empty_lines=lines)
    return space
