"""The steps of one run: stored when done, and named when they fail."""

import asyncio
from collections.abc import Awaitable, Callable

from backend.core.errors import (
    DomainError,
    LimitReachedError,
    ModelBrokenOffError,
    ModelTimeoutError,
    ModelUnavailableError,
    UnavailableError,
    in_words,
)
from backend.models.workflows.workflow_runs import StepTrace
from backend.services.background.kinds import ExecutionContext, TryAgainError
from backend.services.workflows.runs.ordering import MAX_PARALLEL
from backend.services.workflows.runs.progress import RunProgress

_TEMPORARY = (
    ModelBrokenOffError,
    ModelTimeoutError,
    ModelUnavailableError,
    UnavailableError,
)


class RunSteps:
    """
    Attributes:
        kept: the traces of all finished steps, by name.
    """

    def __init__(self, run: ExecutionContext, total: int) -> None:
        self.run = run
        self.progress = RunProgress(run.progress, total)
        self.kept: dict[str, StepTrace] = {}
        # For the whole run: crews within a flow share them.
        self._slots = asyncio.Semaphore(MAX_PARALLEL)

    async def do(self, name: str, work: Callable[[], Awaitable[StepTrace]]) -> StepTrace:
        """Return the trace of the step, from now or from an earlier attempt.

        Raises:
            TryAgainError: the model, or something that a tool needs, is not available now.
            DomainError: it failed for another reason, which the owner sees.
        """

        async def done() -> dict[str, object]:
            return (await work()).model_dump(mode="json")

        async with self._slots, self.progress.at(name):
            try:
                kept = await self.run.step(name, done)
            except DomainError as error:
                kind = TryAgainError if _is_temporary(error) else DomainError
                raise kind(_failed(name, error)) from error
        self.kept[name] = trace = StepTrace.model_validate(kept)
        return trace


def _is_temporary(error: DomainError) -> bool:
    if isinstance(error, LimitReachedError):
        return error.is_soon_over
    return isinstance(error, _TEMPORARY)


def _failed(name: str, error: DomainError) -> str:
    return f"The step {name} has failed: {in_words(error)}"
