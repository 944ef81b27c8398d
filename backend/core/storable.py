"""Text that others have written, in a form that the database takes."""


def storable(text: str) -> str:
    """PostgreSQL stores neither NUL nor half a surrogate pair; both are replaced."""
    return text.replace("\0", "�").encode("utf-8", "replace").decode()
