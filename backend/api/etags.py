"""ETags: the version of the row in a response, and conditional requests."""

import re
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Request, Response, status
from fastapi.exceptions import RequestValidationError

from backend.api.idempotency import KeptAnswer, mark_replayed
from backend.core.errors import PreconditionRequiredError
from backend.core.preconditions import ANY_VERSION, Precondition
from backend.models.platform.idempotency import Answered, Made, Outcome, Replayed
from backend.models.platform.mixins import Versioned

Row = TypeVar("Row", bound=Versioned)

_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS = re.compile(rf"\s*{_TAG}(?:\s*,\s*{_TAG})*\s*")
_EACH = re.compile(_TAG)
_VERSION = re.compile(r'"([1-9][0-9]{0,9})"')
REVALIDATED = "private, no-cache"
# Suffixes that compressing proxies add to a tag: "3-gzip" (Apache, Caddy), "3--gzip" (Jetty),
# "3;br".
_CODING = re.compile(r'[-;:.]{1,3}(?:x-)?(?:gzip|gz|deflate|br|zstd)(?=")', re.IGNORECASE)
_WEAK = (
    "A weak ETag (W/) never matches: something in between, such as a proxy that "
    'compresses, has weakened it. Send it without the W/, such as "3".'
)
_FOREIGN = (
    "No response had such an ETag: something in between, such as a proxy, may have changed it. "
    'Send the version in double quotes, such as "3".'
)
_GARBAGE = 'must be * or ETags in double quotes as in a response, such as "3"'


class NotModified(Exception):  # noqa: N818  # an answer, not an error
    """The caller's copy is current (304)."""

    def __init__(self, etag: str) -> None:
        super().__init__()
        self.etag = etag


class Tag:
    """Sets the ETag of the row that the response shows."""

    def __init__(self, response: Response) -> None:
        self._response = response

    def __call__(self, row: Row) -> Row:
        self._response.headers["ETag"] = etag_of(row.version)
        return row

    def created(self, resource: str, outcome: Outcome[Row]) -> Row | KeptAnswer:
        """Also set `Location` to the new row."""
        row = self.unless_answered(outcome)
        if isinstance(row, KeptAnswer):
            return row
        self._response.headers["Location"] = f"/api/v1/{resource}/{row.id}"
        return self(row)

    def unless_answered(self, outcome: Outcome[Made]) -> Made | KeptAnswer:
        """Return what was made, for the route to present, or the stored response, to be sent as is.

        If an earlier request has made it, a header says so.
        """
        match outcome:
            case Answered(answer):
                return KeptAnswer(answer)
            case Replayed(value):
                mark_replayed(self._response)
                return value
            case value:
                return value

    def existing(self, resource: str, row: Row) -> Row | KeptAnswer:
        """Like `created`, for a row that existed before: 200 instead of 201."""
        self._response.status_code = status.HTTP_200_OK
        return self.created(resource, row)


class CachedTag(Tag):
    """Like `Tag`, but answers 304 if the caller has this version.

    Only where the URL names the row, and all that is shown is of that row: at `/users/me` everybody
    sees another one, and caches would show one person's to the next.
    """

    def __init__(self, response: Response, seen: frozenset[str] | None) -> None:
        """`seen` are the ETags of the caller's copies; None stands for any."""
        super().__init__(response)
        self._seen = seen

    def __call__(self, row: Row) -> Row:
        etag = etag_of(row.version)
        if self._seen is None or etag in self._seen:
            raise NotModified(etag)
        # Unlike other responses, it may be cached, as it is revalidated before each use.
        self._response.headers["Cache-Control"] = REVALIDATED
        return super().__call__(row)


def etag_of(version: int) -> str:
    return f'"{version}"'


def tags_of(header: str, name: str) -> frozenset[str] | None:
    """Return the tags in a header as we issued them; None for `*`.

    Raises:
        RequestValidationError: the header is not a list of ETags.
    """
    if header.strip() == "*":
        return None
    if not _TAGS.fullmatch(header):
        error = {"loc": ("header", name), "msg": _GARBAGE, "type": "etag_syntax"}
        raise RequestValidationError([error])
    return frozenset(_EACH.findall(_CODING.sub("", header)))


async def _if_match(
    request: Request,
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            max_length=2_000,
            description=(
                "The ETag of the version that you have read: the request is refused with 412 if "
                "somebody has changed it since."
            ),
        ),
    ] = None,
) -> Precondition:
    if if_match is None:
        if request.app.state.settings.server.require_if_match:
            raise PreconditionRequiredError(
                "Send If-Match with the ETag of the version that you have read, or with *."
            )
        return ANY_VERSION
    tags = tags_of(if_match, "If-Match")
    if tags is None:
        return ANY_VERSION
    # Weak tags never match: they do not identify one version.
    found = (_VERSION.fullmatch(tag) for tag in tags)
    versions = frozenset(int(version[1]) for version in found if version)
    if versions:
        return Precondition(versions)
    is_weak = any(tag.startswith("W/") for tag in tags)
    return Precondition(versions, never_matches=_WEAK if is_weak else _FOREIGN)


async def seen_tags(
    if_none_match: Annotated[
        str | None,
        Header(
            alias="If-None-Match",
            max_length=2_000,
            description="The ETag of your copy: 304 if it is current.",
        ),
    ] = None,
) -> frozenset[str] | None:
    """Return the ETags of the caller's copies; None stands for any."""
    if if_none_match is None:
        return frozenset()
    tags = tags_of(if_none_match, "If-None-Match")
    # Here weak tags count like strong ones.
    return tags and frozenset(tag.removeprefix("W/") for tag in tags)


async def tag(response: Response) -> Tag:
    return Tag(response)


SeenTagsDep = Annotated[frozenset[str] | None, Depends(seen_tags)]


async def cached_tag(response: Response, seen: SeenTagsDep) -> CachedTag:
    return CachedTag(response, seen)


MatchDep = Annotated[Precondition, Depends(_if_match)]
TagDep = Annotated[Tag, Depends(tag)]
CachedTagDep = Annotated[CachedTag, Depends(cached_tag)]
