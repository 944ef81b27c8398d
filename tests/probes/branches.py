"""The branches that ran, as coverage.py names them."""

from collections import defaultdict
from collections.abc import Iterable

from coverage.parser import PythonParser
from coverage.types import TArc, TLineNo

# No file has so many lines.
_MARK = 1_000_000

Exits = dict[TLineNo, set[TLineNo]]

_translate = PythonParser.translate_arcs


def mark(start: TLineNo, end: TLineNo) -> TArc:
    """A branch as SlipCover names it, whose end is a guess at times and 0 at the end of a function.

    So it must not be among the lines that ran, which those of arcs are.
    """
    return start, -_MARK - end


def translate_arcs(parser: PythonParser, arcs: Iterable[TArc]) -> set[TArc]:
    """In place of coverage.py's method: what was measured by a trace function stays as it is."""
    measured = set(arcs)
    found = _translate(parser, (arc for arc in measured if arc[1] > -_MARK))
    ran = {start for start, end in found if start == end}
    if ran:
        exits, marks = _exits(parser.arcs()), _marks(parser, measured)
        for line in exits.keys() & ran:
            if len(exits[line]) > 1:
                found |= {(line, end) for end in _taken(parser, line, exits, marks, ran)}
    return found


def _exits(arcs: Iterable[TArc]) -> Exits:
    """Where each line leads to."""
    exits: Exits = defaultdict(set)
    for start, end in arcs:
        exits[start].add(end)
    return exits


def _marks(parser: PythonParser, measured: Iterable[TArc]) -> Exits:
    """SlipCover's: they are at `if`, loops and `match`."""
    return _exits(
        (parser.first_line(start), parser.first_line(-_MARK - end))
        for start, end in measured
        if end <= -_MARK
    )


def _taken(
    parser: PythonParser, line: TLineNo, exits: Exits, marks: Exits, ran: set[TLineNo]
) -> set[TLineNo]:
    ends = exits[line]
    body = min(end for end in ends if end > line) if max(ends) > line else line
    if line in marks:
        # What comes after a block has two names at times: it is what is not its body.
        otherwise = ends - {body} if marks[line] - ends else set()
        return (ends & marks[line]) | otherwise
    taken = {end for end in ends if end in ran}
    if _is_case(parser, line):
        return taken | _after_cases(parser, line, exits, marks)
    # An `except` leads to its body and to the next one, and nothing else does. The end of a
    # `finally` leads to wherever it was entered for, of which there is no mark.
    return taken | {end for end in ends if end < 0}


def _is_case(parser: PythonParser, line: TLineNo) -> bool:
    return parser.text.splitlines()[line - 1].lstrip().startswith("case ")


def _after_cases(parser: PythonParser, line: TLineNo, exits: Exits, marks: Exits) -> set[TLineNo]:
    """Of the last `case`, where its `match` goes on if none fits."""
    match, bodies = line, set[TLineNo]()
    while _is_case(parser, match):
        bodies.add(min(end for end in exits[match] if end > match))
        (match,) = {start for start, ends in exits.items() if match in ends}
    after = exits[line] - bodies
    is_last = not any(end > 0 and _is_case(parser, end) for end in after)
    return after if is_last and marks[match] - bodies else set()
