"""What pages say of areas that can be removed is marked, or taken out by its words."""

import re
from pathlib import Path

import pytest

from scaffold.declarations import read_areas
from scaffold.remove.prose import cleaned, pages, without_marked
from scaffold.remove.words import Words

ROOT = Path(__file__).parents[3]
GOING = ("assistant", "workflows")
OWN = {page for name, area in read_areas(ROOT).items() if name in GOING for page in area.pages}
WORDS = Words(
    texts=frozenset({"chats", "crews", "flows", "workflows"}), prefixes=frozenset({"assistant:"})
)
MENTION = re.compile(
    r"\b(?:(?<!coding )assistants?|chats?|crews?|planned actions?)\b", re.IGNORECASE
)
FOR_USERS = [
    page
    for page in pages(ROOT)
    if str(page).startswith(("docs/use/", "docs/operate/", "docs/glossary", "README", "SECURITY"))
    and str(page) not in OWN
    and page.parent.name != "providers"
]


def is_gone(name: str) -> bool:
    return name in OWN or "ASSISTANT_" in name


@pytest.mark.parametrize("page", FOR_USERS, ids=str)
def test_a_page_says_nothing_of_the_assistant_without_it(page: Path) -> None:
    marked = without_marked((ROOT / page).read_text(), GOING)
    left = cleaned(marked, WORDS, is_gone, page)

    assert [line for line in left.splitlines() if MENTION.search(line)] == []
