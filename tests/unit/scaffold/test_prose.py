"""What is removed goes out of pages by rows, items and sentences."""

from pathlib import Path

import pytest

from scaffold.remove.prose import cleaned, without_marked
from scaffold.remove.words import Words

WORDS = Words(
    texts=frozenset({"weeds", "weed"}), paths=frozenset({"/weeds"}), prefixes=frozenset({"weeds:"})
)
PAGE = Path("docs/use/garden.md")
GONE = {"docs/use/weeds.md", "backend/models/garden/weeds.py", "WEEDS_DAYS", "WEEDS_MAX"}


ROW = """\
| Plant | Grows |
|---|---|
| <!-- needs: weeds -->**Weed** | everywhere, in `/weeds`<!-- /needs --> |
| **Oak** | slowly<!-- needs: weeds -->, unlike weeds<!-- /needs --> |
| <!-- needs: oaks -->**Acorn**<!-- /needs --> | below<!-- needs: weeds --> weeds<!-- /needs --> |
"""


def test_a_row_that_is_marked_as_a_whole_goes_as_a_whole() -> None:
    assert without_marked(ROW, {"weeds"}) == """\
| Plant | Grows |
|---|---|
| **Oak** | slowly |
| <!-- needs: oaks -->**Acorn**<!-- /needs --> | below |
"""
    assert without_marked(ROW, {"roses"}) == ROW


def without_weeds(text: str) -> str:
    return cleaned(text, WORDS, GONE.__contains__, PAGE)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Roses, weeds and oaks grow.", "Roses and oaks grow."),
        ("| `weeds:read` | everybody |\n| `roses:read` | me |", "| `roses:read` | me |"),
        (
            "| [Weeds](weeds.md) | pulled |\n| [Roses](roses.md) | kept |",
            "| [Roses](roses.md) | kept |",
        ),
        ("| know weeds | [Weeds](weeds.md) |\n| know oaks | here |", "| know oaks | here |"),
        ("| `WEEDS_DAYS`, `WEEDS_MAX` | 1, 2 |\n| `OAKS` | 1 |", "| `OAKS` | 1 |"),
        ("Read on in [Weeds](weeds.md#roots).", "Read on in Weeds."),
        ("Roses are red. `backend/models/garden/weeds.py` has weeds.", "Roses are red."),
        ("| Paths | `/roses`, `/weeds` |", "| Paths | `/roses` |"),
        ("## Weeds\n\nThey grow.\n\n## Roses\n\nThey too.", "## Roses\n\nThey too."),
        ("```\nweeds, roses and oaks\n```", "```\nweeds, roses and oaks\n```"),
        ("A seaweed is none.", "A seaweed is none."),
    ],
)
def test_a_page_is_left_without_it(before: str, after: str) -> None:
    assert without_weeds(before) == after


MARKED = """\
Roses<!-- needs: weeds -->, and weeds<!-- /needs --> grow.

<!-- needs: weeds, spades -->

They are pulled.

<!-- /needs -->

The end.
"""


def test_what_is_marked_goes_with_what_it_needs() -> None:
    assert without_marked(MARKED, {"spades"}) == "\n".join(
        [*MARKED.splitlines()[:2], "The end.", ""]
    )
    assert without_marked(MARKED, {"weeds"}) == "Roses grow.\n\nThe end.\n"
    assert without_marked(MARKED, {"oaks"}) == MARKED


def test_marks_are_comments_in_a_makefile_too() -> None:
    assert without_marked("# needs: weeds\npull:\n\n# /needs\n\nwater:\n", {"weeds"}) == "water:\n"
