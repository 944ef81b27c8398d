"""Content negotiation: `Accept` and `Accept-Encoding`."""

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache

from fastapi import Request
from mimeparse import parse_media_range, parse_mime_type, quality_and_fitness_parsed

_FITNESS_OF_TYPE = 100
"""From here on a media range has named at least the type, as `text/*` does and `*/*` does not."""

_MediaRange = tuple[str, str, dict[str, str]]


def prefers(request: Request, media_type: str) -> bool:
    """Whether the caller wants this media type rather than JSON."""
    return _prefers(request.headers.get("accept", "").lower(), media_type)


# Clients send the same few headers again and again, with every request for a list.
@lru_cache(maxsize=64)
def _prefers(accept: str, media_type: str) -> bool:
    ranges = list(_media_ranges(accept))
    wanted, default = (_wish(kind, ranges) for kind in (media_type, "application/json"))
    # Where both are wanted alike, the default is JSON.
    return wanted > default


def _media_ranges(accept: str) -> Iterator[_MediaRange]:
    """Skips malformed ranges. The library would take a malformed quality for 1."""
    for part in accept.split(","):
        with suppress(ValueError):
            float(parse_mime_type(part)[2].get("q", "1"))
            yield parse_media_range(part)


def _wish(media_type: str, ranges: list[_MediaRange]) -> tuple[bool, float]:
    """How much a type is wanted. One that is named counts more than one that `*/*` covers."""
    quality, fitness = quality_and_fitness_parsed(media_type, ranges)
    return quality > 0 and fitness >= _FITNESS_OF_TYPE, quality


def takes_gzip(request: Request) -> bool:
    """Whether the caller accepts a compressed answer.

    Read here, because no small library does: Starlette looks for the letters `gzip` alone, and
    so would compress for `gzip;q=0`; Werkzeug and WebOb take a fifth of a second to import.
    """
    codings = request.headers.get("accept-encoding", "").split(",")
    quality = dict(_coding(part) for part in codings)
    return quality.get("gzip", quality.get("*", 0)) > 0


def _coding(part: str) -> tuple[str, float]:
    """A content coding and its quality, 0 to 1."""
    name, *parameters = (text.strip().lower() for text in part.split(";"))
    quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
    try:
        return name, float(quality)
    except ValueError:
        return name, 0
