"""What is removed goes out of pages by rows, items and sentences."""

from pathlib import Path

import pytest

from scaffold.remove.prose import cleaned
from scaffold.remove.words import Words

WORDS = Words(
    texts=frozenset({"weeds", "weed"}), paths=frozenset({"/weeds"}), prefixes=frozenset({"weeds:"})
)
PAGE = Path("docs/use/garden.md")
GONE = {"docs/use/weeds.md", "backend/models/garden/weeds.py"}


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
