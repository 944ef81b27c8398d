"""Ids of parametrised tests."""

MAX_ID_LENGTH = 1_000
_SHOWN = 60


def short_id(value: object) -> str:
    """The value as text, cut where it is long: `ids=short_id`."""
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… {len(text)} characters"
