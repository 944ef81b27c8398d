"""The services of background work."""

from backend.repositories.background.unit import BackgroundUnits
from backend.services.background.executions import ExecutionService
from backend.services.background.jobs import JobService
from backend.services.background.kinds import ExecutionKinds, NameSuggestions
from backend.services.background.runner import ExecutionRunner
from backend.services.background.stream import ExecutionWatch
from backend.services.identity.rights import PresentRights
from backend.services.platform.live_streams import LiveStreams


class BackgroundServices:
    def __init__(
        self,
        uow: BackgroundUnits,
        kinds: ExecutionKinds,
        max_active: int,
        rights: PresentRights,
        streams: LiveStreams,
        names: NameSuggestions | None = None,
    ) -> None:
        """`max_active` is how many executions one person may have pending or running at a time."""
        runner = ExecutionRunner(uow, kinds, rights)
        self.executions = ExecutionService(uow, kinds, max_active, runner, names)
        self.execution_watch = ExecutionWatch(uow, streams)
        self.jobs = JobService(uow)
