"""The services of background work."""

from dataclasses import dataclass
from typing import Self

from backend.repositories.background.unit import BackgroundUnits
from backend.services.background.executions import ExecutionService
from backend.services.background.jobs import JobService
from backend.services.background.kinds import ExecutionKinds, NameSuggestions
from backend.services.background.runner import ExecutionRunner
from backend.services.background.stream import ExecutionWatch
from backend.services.identity.rights import PresentRights
from backend.services.platform.live_streams import LiveStreams


@dataclass(frozen=True)
class BackgroundServices:
    executions: ExecutionService
    execution_watch: ExecutionWatch
    jobs: JobService

    @classmethod
    def wire(
        cls,
        uow: BackgroundUnits,
        kinds: ExecutionKinds,
        max_active: int,
        rights: PresentRights,
        names: NameSuggestions,
        streams: LiveStreams,
    ) -> Self:
        """`max_active` is how many executions one person may have pending or running at a time."""
        runner = ExecutionRunner(uow, kinds, rights)
        return cls(
            executions=ExecutionService(uow, kinds, max_active, runner, names),
            execution_watch=ExecutionWatch(uow, streams),
            jobs=JobService(uow),
        )
