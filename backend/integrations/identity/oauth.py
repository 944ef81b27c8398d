"""What OpenID Connect and plain OAuth 2.0 have in common."""

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel, ValidationError

from backend.services.identity.providers import ProviderRefusedError, ProviderUnavailableError

Answer = TypeVar("Answer", bound=BaseModel)


def parsed(answer: Any, expected: type[Answer], url: str) -> Answer:
    """Raises ProviderUnavailableError, without what it was: it may contain tokens."""
    try:
        return expected.model_validate(answer)
    except ValidationError as error:
        places = [".".join(map(str, each["loc"])) for each in error.errors()]
        raise ProviderUnavailableError(f"{url} does not say: {', '.join(places)}") from None


def exchanged(answer: Any, expected: type[Answer], url: str) -> Answer:
    """Return the answer to a code.

    Raises:
        ProviderRefusedError: it is an error (RFC 6749, section 5.2).
        ProviderUnavailableError: it is something else.
    """
    if isinstance(answer, dict) and "error" in answer:
        raise ProviderRefusedError(f"{answer['error']}: {answer.get('error_description')}")
    return parsed(answer, expected, url)


def with_query(url: str, values: Mapping[str, str]) -> str:
    """Add parameters to a URL, which may have some."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(values)}"
