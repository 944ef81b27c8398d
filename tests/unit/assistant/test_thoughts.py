"""What is said and what is thought, however the text is cut into pieces."""

from collections.abc import Iterable, Iterator
from random import Random

import pytest

from backend.integrations.assistant.language_models.chat_stream.thoughts import (
    Said,
    Thoughts,
    Withdrawn,
)

TEXTS = {
    # At the beginning.
    "<think>\nHm.\n</think>\n\nFive.": "Five.",
    "\n <THINKING>Hm.</thinking>Five.": "Five.",
    "<thought>Hm.</thought>Five.": "Five.",
    "<seed:think>Hm.</seed:think>Five.": "Five.",
    "[THINK]Hm.[/THINK]Five.": "Five.",
    "◁think▷Hm.◁/think▷Five.": "Five.",
    "<think></think>\n\n<think>Hm.</think>Five.": "Five.",
    "<think>a < b </thin </think>Five.": "Five.",
    "<think>Hm.": "",
    "<think>Hm. </thi": "",
    "<think>İ</think>Five.": "Five.",
    # Later, as a block of its own.
    "Well.\n<think>\nHm.\n</think>\n\nFive.": "Well.\nFive.",
    "Well. <think>\nHm.\n</think>Five.": "Well. Five.",
    # The beginning is not seen.
    "Hm, a plan.\n</think>\n\nFive.": "Five.",
    "Hm, a plan.</think>Five.": "Five.",
    "</think>\n\nFive.": "Five.",
    "<think><think>Hm.</think>Hm.</think>Five.": "Five.",
    # Spoken of.
    "Write <think> and </think> around it.": "Write <think> and </think> around it.",
    'It ends with "</think>".': 'It ends with "</think>".',
    "It ends with </think>": "It ends with </think>",
    "`<think>` begins it.": "`<think>` begins it.",
    "A\n```xml\n<think>\nx\n</think>\n```\nB": "A\n```xml\n<think>\nx\n</think>\n```\nB",
    "A\n~~~~\n</think>\n~~~~\nB": "A\n~~~~\n</think>\n~~~~\nB",
    "A ``<think>`` B": "A ``<think>`` B",
    "A\n<think> B without an end": "A\n<think> B without an end",
    # Nothing of the kind.
    "": "",
    " \n ": "",
    "  Five.": "  Five.",
    "Five <": "Five <",
    "Five <thi": "Five <thi",
    "1 < 2 [a] ~5 `x` <b>": "1 < 2 [a] ~5 `x` <b>",
    "`" * 200 + "<think>": "`" * 200 + "<think>",
}


def said_of(pieces: Iterable[str]) -> str:
    thoughts = Thoughts()
    said = ""
    spoken = [each for piece in pieces for each in thoughts.feed(piece)]
    for each in [*spoken, *thoughts.end()]:
        if isinstance(each, Said):
            said += each.text
        elif isinstance(each, Withdrawn):
            said = ""
    return said


def cut(text: str, random: Random) -> Iterator[str]:
    at = 0
    while at < len(text):
        end = at + random.randint(1, 9)
        yield text[at:end]
        at = end


@pytest.mark.parametrize(("text", "said"), TEXTS.items())
def test_what_is_said_does_not_depend_on_the_pieces(text: str, said: str) -> None:
    random = Random(text)  # noqa: S311  # the same in each run

    assert said_of([text]) == said
    assert said_of(text) == said
    for _ in range(50):
        pieces = list(cut(text, random))
        assert said_of(pieces) == said, pieces


def test_plain_words_are_said_at_once() -> None:
    thoughts = Thoughts()

    assert thoughts.feed("Five") == [Said("Five")]
    assert thoughts.feed(" or\nsix") == [Said(" or\nsix")]
