"""Shortened texts."""


def shortened(text: str, most: int) -> str:
    """Return the text, or its beginning with three dots, of at most so many characters."""
    return text if len(text) <= most else f"{text[: most - 3].rstrip()}..."


def one_line(text: str) -> str:
    """Return the printable characters, with single spaces between the words."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())
