import pytest

from backend.core.errors import DomainError
from backend.services.workflows.runs.progress import RunProgress


async def test_a_step_that_failed_is_no_longer_named_and_not_counted() -> None:
    shown: list[tuple[int, int, str]] = []

    async def show(done: int, total: int, message: str) -> None:
        shown.append((done, total, message))

    progress = RunProgress(show, 2)
    with pytest.raises(DomainError):
        async with progress.at("gather"):
            raise DomainError("The model has not answered.")
    async with progress.at("write"):
        pass

    assert shown == [(0, 2, "gather"), (0, 2, "write"), (1, 2, "")]
