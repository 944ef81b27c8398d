"""Waiting for what other processes tell."""

import asyncio

from backend.services.notices import Subscription


async def heard_unless(stopped: asyncio.Event, heard: Subscription, seconds: float) -> list[str]:
    """As `heard.next`, and return at once, with nothing, when the process stops."""
    hearing = asyncio.ensure_future(heard.next(seconds))
    stopping = asyncio.ensure_future(stopped.wait())
    try:
        await asyncio.wait([hearing, stopping], return_when=asyncio.FIRST_COMPLETED)
        return hearing.result() if hearing.done() else []
    finally:
        for each in (hearing, stopping):
            each.cancel()
        await asyncio.gather(hearing, stopping, return_exceptions=True)
