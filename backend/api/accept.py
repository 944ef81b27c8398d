"""What a caller wants an answer to be, where a route has several forms of it."""

from fastapi import Request


def prefers(request: Request, media_type: str) -> bool:
    """Whether it is wanted rather than JSON."""
    accepted = [_accepted(each) for each in request.headers.get("accept", "").split(",")]
    # What is named counts more than `*/*`, and where both are wanted alike, JSON is the default.
    quality = dict(accepted)
    return quality.get(media_type, 0) > quality.get("application/json", 0)


def takes_gzip(request: Request) -> bool:
    """Whether an answer may be compressed."""
    codings = request.headers.get("accept-encoding", "").split(",")
    quality = dict(_accepted(each) for each in codings)
    return quality.get("gzip", quality.get("*", 0)) > 0


def _accepted(part: str) -> tuple[str, float]:
    """What is named, and how much it is wanted."""
    kind, *parameters = (each.strip().lower() for each in part.split(";"))
    quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
    try:
        return kind, float(quality)
    except ValueError:
        return kind, 0
