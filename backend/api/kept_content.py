"""Content that does not change while the process runs: made once, compressed once."""

import asyncio
import gzip
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

from anyio.to_thread import run_sync
from fastapi import Request
from fastapi.responses import Response

from backend.api.accept import takes_gzip
from backend.api.etags import seen_tags

_FOR_EVER = "public, max-age=31536000, immutable"


class _Made(NamedTuple):
    compressed: bytes
    version: str


class KeptContent:
    """Answers requests with the result of `make`, which is called at the first request.

    Only the compressed form is kept in memory: hardly any client requests another.
    """

    def __init__(self, make: Callable[[], bytes], media_type: str) -> None:
        self._make = make
        self._media_type = media_type
        self._made: _Made | None = None
        self._making = asyncio.Lock()

    async def version(self) -> str:
        """Changes with the content. URLs ending in `?v=` and this may be cached for ever."""
        return (await self._get()).version

    async def answer(self, request: Request) -> Response:
        made = await self._get()
        is_compressed = takes_gzip(request)
        tag = f'"{made.version}"'
        headers = {
            "Cache-Control": _FOR_EVER if request.url.query == f"v={made.version}" else "no-cache",
            # Caches must distinguish the two forms.
            "ETag": f'"{made.version}-gzip"' if is_compressed else tag,
            "Vary": "Accept-Encoding",
        }
        seen = await seen_tags(request.headers.get("If-None-Match"))
        if seen is None or tag in seen:
            return Response(status_code=304, headers=headers)
        if is_compressed:
            headers["Content-Encoding"] = "gzip"
            return Response(made.compressed, headers=headers, media_type=self._media_type)
        content = await run_sync(gzip.decompress, made.compressed)
        return Response(content, headers=headers, media_type=self._media_type)

    async def _get(self) -> _Made:
        async with self._making:
            if self._made is None:
                self._made = await run_sync(self._make_and_compress)
        return self._made

    def _make_and_compress(self) -> _Made:
        content = self._make()
        return _Made(gzip.compress(content, mtime=0), sha256(content).hexdigest()[:16])
