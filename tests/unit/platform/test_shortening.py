import pytest

from backend.models.platform.shortening import one_line, shortened


@pytest.mark.parametrize(
    ("text", "shown"),
    [("", ""), ("eight ch", "eight ch"), ("nine char", "nine..."), ("123456789", "12345...")],
)
def test_a_text_is_cut_to_so_many_characters_with_the_dots(text: str, shown: str) -> None:
    assert shortened(text, 8) == shown


def test_one_line_has_nothing_that_can_not_be_printed() -> None:
    assert one_line(" a\n\tb\x00c\u2028 d ") == "a b c d"
