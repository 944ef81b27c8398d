"""Texts that are shown in part."""


def shortened(text: str, most: int) -> str:
    """The text; or its beginning, with three dots, in at most so many characters."""
    return text if len(text) <= most else f"{text[: most - 3].rstrip()}..."


def one_line(text: str) -> str:
    """What can be printed of it, with single spaces between the words."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())
