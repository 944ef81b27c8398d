"""ETags: the version of what an answer shows, and what callers ask about it."""

import re
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Request, Response, status
from fastapi.exceptions import RequestValidationError

from backend.core.errors import PreconditionRequiredError
from backend.core.preconditions import ANY_VERSION, Precondition
from backend.models.platform.mixins import Versioned

Row = TypeVar("Row", bound=Versioned)

_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS = re.compile(rf"\s*{_TAG}(?:\s*,\s*{_TAG})*\s*")
_EACH = re.compile(_TAG)
_VERSION = re.compile(r'"([1-9][0-9]{0,9})"')
REVALIDATED = "private, no-cache"
# What proxies that compress add to a tag: "3-gzip" (Apache, Caddy), "3--gzip" (Jetty), "3;br".
_CODING = re.compile(r'[-;:.]{1,3}(?:x-)?(?:gzip|gz|deflate|br|zstd)(?=")', re.IGNORECASE)
_WEAK = (
    "A weak ETag (W/) never matches: something on the way, such as a proxy that "
    'compresses, has changed it. Send it without the W/, such as "3".'
)
_FOREIGN = (
    "No answer had an ETag like that: something on the way, such as a proxy, may have changed it. "
    'Send the version in double quotes, such as "3".'
)
_GARBAGE = 'must be * or ETags in double quotes, as an answer had them, such as "3"'


class NotModified(Exception):  # noqa: N818  # an answer, not an error
    """What the caller has is what there is."""

    def __init__(self, etag: str) -> None:
        super().__init__()
        self.etag = etag


class Tag:
    """Gives an answer the ETag of the row that it shows."""

    def __init__(self, response: Response) -> None:
        self._response = response

    def __call__(self, row: Row) -> Row:
        self._response.headers["ETag"] = etag_of(row.version)
        return row

    def created(self, resource: str, row: Row) -> Row:
        """As well say where the new row can be read."""
        self._response.headers["Location"] = f"/api/v1/{resource}/{row.id}"
        return self(row)

    def existing(self, resource: str, row: Row) -> Row:
        """As `created`, for what was there before: 200 instead of 201."""
        self._response.status_code = status.HTTP_200_OK
        return self.created(resource, row)


class CachedTag(Tag):
    """As `Tag`, and spares the answer for a caller who has it."""

    def __init__(self, response: Response, seen: frozenset[str] | None) -> None:
        """`seen` are the ETags that the caller has; None stands for any."""
        super().__init__(response)
        self._seen = seen

    def __call__(self, row: Row) -> Row:
        etag = etag_of(row.version)
        if self._seen is None or etag in self._seen:
            raise NotModified(etag)
        # Unlike other answers, it may be kept, as it is asked about before it is used again.
        self._response.headers["Cache-Control"] = REVALIDATED
        return super().__call__(row)


def etag_of(version: int) -> str:
    return f'"{version}"'


def tags_of(header: str, name: str) -> frozenset[str] | None:
    """The tags in a header, as we gave them out; None for `*`.

    Raises:
        RequestValidationError: it is no list of tags.
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
                "The ETag of the version that you have seen: the request is refused with 412 if "
                "somebody has changed it since."
            ),
        ),
    ] = None,
) -> Precondition:
    if if_match is None:
        if request.app.state.settings.server.require_if_match:
            raise PreconditionRequiredError(
                "Send If-Match with the ETag of the version that you have seen, or with *."
            )
        return ANY_VERSION
    tags = tags_of(if_match, "If-Match")
    if tags is None:
        return ANY_VERSION
    # Weak tags never match: they do not tell one version from another.
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
            description="The ETag of what you have: 304 if it still holds.",
        ),
    ] = None,
) -> frozenset[str] | None:
    """The ETags that the caller has; None stands for any."""
    if if_none_match is None:
        return frozenset()
    tags = tags_of(if_none_match, "If-None-Match")
    # Here a weak tag is as good as a strong one.
    return tags and frozenset(tag.removeprefix("W/") for tag in tags)


async def tag(response: Response) -> Tag:
    return Tag(response)


SeenTagsDep = Annotated[frozenset[str] | None, Depends(seen_tags)]


async def cached_tag(response: Response, seen: SeenTagsDep) -> CachedTag:
    return CachedTag(response, seen)


MatchDep = Annotated[Precondition, Depends(_if_match)]
TagDep = Annotated[Tag, Depends(tag)]
CachedTagDep = Annotated[CachedTag, Depends(cached_tag)]
