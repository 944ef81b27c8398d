import asyncio

from backend.services.operations.health import HealthService


async def fine() -> str | None:
    return None


async def ill() -> str | None:
    return "half of it is missing"


async def broken() -> str | None:
    raise ConnectionError("a detail that nobody outside should see")


async def stuck() -> str | None:
    await asyncio.sleep(60)
    return None


async def test_each_check_reports_for_itself() -> None:
    problems = await HealthService({"a": fine, "b": ill, "c": broken}).problems()

    assert problems == {"a": None, "b": "half of it is missing", "c": "unavailable"}


async def test_a_check_that_hangs_counts_as_failed() -> None:
    problems = await HealthService({"stuck": stuck}, patience_seconds=0.05).problems()

    assert problems == {"stuck": "unavailable"}
