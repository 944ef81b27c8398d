"""Runs blocking work beside the event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, ParamSpec, TypeVar

from backend.services.platform.completion import completed

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def is_in_memory(content: BinaryIO) -> bool:
    """Whether to read it blocks nobody: an upload that is too short to have a file yet."""
    return isinstance(content, SpooledTemporaryFile) and not getattr(content, "_rolled", True)


async def in_thread(
    work: Callable[Given, Answer], *args: Given.args, **options: Given.kwargs
) -> Answer:
    """Like `asyncio.to_thread`, but a cancelled caller waits for the thread to end.

    So the files that it uses can be closed and removed. Keep the work short.
    """
    return await completed(asyncio.to_thread(work, *args, **options))


@asynccontextmanager
async def iterated(source: Generator[Answer, None, None]) -> AsyncIterator[AsyncIterator[Answer]]:
    """Iterate over a blocking generator, and close it at the end."""
    try:
        yield _each(source)
    finally:
        await in_thread(source.close)


async def _each(source: Generator[Answer, None, None]) -> AsyncIterator[Answer]:
    end = object()
    while (item := await in_thread(next, source, end)) is not end:
        yield item  # type: ignore[misc]  # it is not the end
