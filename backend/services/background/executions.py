from typing import Any
from uuid import UUID

from backend.core.errors import ConflictError, InvalidInputError, NotFoundError
from backend.core.permissions import Principal, SubjectKind
from backend.core.preconditions import ANY_VERSION, Precondition
from backend.core.scopes import SYSTEM, Scope, Within
from backend.models.background.execution_steps import ExecutionStep, ExecutionStepQuery
from backend.models.background.executions import (
    Execution,
    ExecutionCreate,
    ExecutionDraft,
    ExecutionQuery,
    ExecutionStatus,
)
from backend.models.platform.domain_events import ResourceChanged, changes_between
from backend.models.platform.idempotency import (
    Answered,
    Claim,
    Fresh,
    IdempotencyKey,
    Outcome,
    Replay,
    Replayed,
)
from backend.models.platform.job_requests import JobRequest, Queue
from backend.models.platform.paging import Page
from backend.models.platform.shortening import shortened
from backend.repositories.background.unit import BackgroundReading, BackgroundUnit, BackgroundUnits
from backend.repositories.platform.unit import Channel
from backend.services.background.attempts import LEASE, finished
from backend.services.background.kinds import ExecutionKinds, NameSuggestions
from backend.services.background.runner import ExecutionRunner
from backend.services.platform.ownership import own

_MAX_NAME = 200

RUN_EXECUTION = "run_execution"
"""The task of the job; its argument is `execution_id`."""

_AT_ONCE = 100
_STOPPED = "An admin stopped its job."
_CRASHED = (
    "Its worker died several times, perhaps because of it: it may need too much memory. "
    "Retry it with less data, or ask an admin."
)
_ABANDONED = "Its job was stopped, or failed too often. Retry it, or ask an admin."


class ExecutionService:
    """A person's own executions. Other people's are not found, whatever the role.

    An API key that is narrowed finds those that run with its rights.
    """

    def __init__(
        self,
        uow: BackgroundUnits,
        kinds: ExecutionKinds,
        max_active: int,
        runner: ExecutionRunner,
        names: NameSuggestions | None = None,
    ) -> None:
        """`max_active` is how many one person may have pending or running at a time; `names` lets
        a model write names."""
        self._uow = uow
        self._kinds = kinds
        self._max_active = max_active
        self._names = names
        self._runner = runner

    async def create(
        self, data: ExecutionCreate, by: Principal, key: IdempotencyKey | None = None
    ) -> Outcome[Execution]:
        """Create an execution; a job will run it. No model is asked for its name.

        Raises:
            ConflictError: the person has too many unfinished ones.
            InvalidInputError, PermissionDeniedError: as the kind's `check` does.
        """
        if before := await self._made_before(key, by):
            return before
        found = await self._check(data, by)
        execution = Execution(
            kind=data.kind,
            name=data.name or await self._name(data, found, by),
            inputs=data.inputs.model_dump(mode="json"),
            owner_id=by.user_id,
            key_id=by.key_id,
            impersonator_id=by.impersonator_id,
        )
        async with self._uow(by) as uow:
            if key is not None:
                claim = await uow.idempotency.claim(key, execution.id)
                if before := await _of_claim(uow, claim, by):
                    return before
            await self._check_room(uow, by)
            execution.job_id = await _defer(uow, execution, by)
            _record(uow, "requested", execution, by)
            await _commit(uow, execution)
        return execution

    async def generate_name(self, data: ExecutionDraft, by: Principal) -> str:
        """Return a short descriptive name, from the model if one is configured.

        Raises as `create` does.
        """
        found = await self._check(data, by)
        if self._names and (name := await self._names.suggest(data.kind, data.inputs, by)):
            return name
        return await self._name(data, found, by)

    async def read(self, execution_id: UUID, by: Principal) -> Execution:
        """Raises NotFoundError."""
        async with self._uow.reading(by) as uow:
            return await _own(uow, execution_id, by)

    async def page(self, query: ExecutionQuery, by: Principal) -> Page[Execution]:
        """Raises InvalidCursorError."""
        async with self._uow.reading(by) as uow:
            key_id = None if by.reaches_own() else by.key_id
            return await uow.executions.page_of(by.user_id, query, key_id)

    async def steps(
        self, execution_id: UUID, query: ExecutionStepQuery, by: Principal
    ) -> Page[ExecutionStep]:
        """Raises NotFoundError or InvalidCursorError."""
        async with self._uow.reading(by) as uow:
            await _own(uow, execution_id, by)
            return await uow.execution_steps.page_of(execution_id, query)

    async def cancel(self, execution_id: UUID, by: Principal) -> Execution:
        """Cancel it: immediately if no attempt is running. Cancelling twice changes nothing.

        Raises:
            NotFoundError: the person has no such execution.
            ConflictError: it has completed or failed.
        """
        async with self._uow(by) as uow:
            execution = await _own(uow, execution_id, by, for_update=True)
            if execution.status is ExecutionStatus.CANCELLED:
                return execution
            is_new = execution.cancel_requested_at is None
            ended = finished(execution, ExecutionStatus.CANCELLED, by)
            is_leased = await uow.executions.is_leased(execution.id, LEASE)
            if execution.request_cancel(is_leased=is_leased):
                uow.record(ended)
            if is_new:
                _record(uow, "cancelled", execution, by)
            await _commit(uow, execution)
        return execution

    async def retry(self, execution_id: UUID, by: Principal, match: Precondition) -> Execution:
        """Run it again, with the rights of the caller; finished steps are not repeated.

        Raises:
            NotFoundError: the person has no such execution.
            PreconditionFailedError: it has changed since the caller read it.
            PermissionDeniedError: only its owner may retry it, in person.
            ConflictError: it neither failed nor was cancelled, or there are too many.
        """
        async with self._uow(by) as uow:
            await self._check_room(uow, by)
            execution = await _own(uow, execution_id, by, for_update=True)
            match.check(execution.version)
            self._check_in_person(execution, by)
            execution.restart()
            execution.key_id, execution.impersonator_id = by.key_id, by.impersonator_id
            execution.job_id = await _defer(uow, execution, by)
            _record(uow, "retried", execution, by)
            await _commit(uow, execution)
        return execution

    async def delete(
        self, execution_id: UUID, by: Principal, match: Precondition = ANY_VERSION
    ) -> None:
        """Raises NotFoundError, PreconditionFailedError, or ConflictError unless it has ended."""
        async with self._uow(by) as uow:
            execution = await _own(uow, execution_id, by, for_update=True)
            match.check(execution.version)
            if execution.is_active:
                raise ConflictError(f"It is {execution.status}: cancel it, then delete it.")
            await uow.executions.delete(execution)
            _record(uow, "deleted", execution, by)
            uow.notify(Channel.EXECUTIONS, str(execution_id))
            await uow.commit()

    async def run(
        self,
        execution_id: UUID,
        scope: Within,
        *,
        job_id: int | None = None,
        last_attempt: bool = False,
    ) -> None:
        """For jobs. See `ExecutionRunner.run`."""
        await self._runner.run(execution_id, scope, job_id=job_id, last_attempt=last_attempt)

    async def end_stopped(self, execution_id: UUID, scope: Scope, job_id: int) -> None:
        """For jobs: an admin has stopped its job. Its owner can retry it."""
        await self._end(execution_id, scope, job_id, ExecutionStatus.CANCELLED, _STOPPED)

    async def end_crashed(self, execution_id: UUID, scope: Scope, job_id: int) -> None:
        """For jobs: its job is dead, as its workers have died. Its owner can retry."""
        await self._end(execution_id, scope, job_id, ExecutionStatus.FAILED, _CRASHED)

    async def end_abandoned(self) -> None:
        """For jobs: end executions that no job will run any more. Their owners can retry them."""
        for _ in range(_AT_ONCE):
            if not await self._end_one_abandoned():
                return

    async def _end(
        self, execution_id: UUID, scope: Scope, job_id: int, status: ExecutionStatus, error: str
    ) -> None:
        """Does nothing if it has ended, is gone, or was retried: then another job runs it."""
        async with self._uow(scope) as uow:
            for execution in await uow.executions.find_many([execution_id], for_update=True):
                if execution.is_active and execution.job_id == job_id:
                    uow.record(finished(execution, status, None))
                    execution.finish(status, error=error)
                    await _commit(uow, execution)

    async def _end_one_abandoned(self) -> bool:
        """Each in a unit of its own, which is one of its organisation. Whether there was one."""
        async with self._uow(SYSTEM) as uow:
            for execution in await uow.executions.lock_abandoned(1):
                await uow.go_on_for(Execution, execution.id)
                uow.record(finished(execution, ExecutionStatus.FAILED, None))
                execution.finish(ExecutionStatus.FAILED, error=_ABANDONED)
                await _commit(uow, execution)
                return True
        return False

    async def _made_before(
        self, key: IdempotencyKey | None, by: Principal
    ) -> Replayed[Execution] | Answered | None:
        """Return the execution of a repeated request, even if it would be refused now."""
        if key is None:
            return None
        async with self._uow.reading(by) as uow:
            return await _of_claim(uow, await uow.idempotency.look_up(key), by)

    async def _check(self, data: ExecutionDraft, by: Principal) -> Any:
        """Returns what the kind found."""
        try:
            return await self._kinds[data.kind].kind.check(data.inputs, by)
        except InvalidInputError as error:
            # Its location in the body.
            error.field = f"inputs.{error.field}"
            raise

    async def _name(self, data: ExecutionDraft, found: Any, by: Principal) -> str:
        """Shorten it: file names, for example, may be too long."""
        name = await self._kinds[data.kind].name(data.inputs, found, by)
        return shortened(name, _MAX_NAME)

    def _check_in_person(self, execution: Execution, by: Principal) -> None:
        registered = self._kinds.get(execution.kind)
        if registered is not None and registered.in_person:
            by.require_in_person()

    async def _check_room(self, uow: BackgroundUnit, by: Principal) -> None:
        if await uow.executions.lock_active_of(by.user_id) >= self._max_active:
            raise ConflictError(
                f"You have {self._max_active} pending or running executions: "
                "wait until one of them has ended, or cancel one."
            )


async def _own(
    uow: BackgroundReading, execution_id: UUID, by: Principal, *, for_update: bool = False
) -> Execution:
    """Raises NotFoundError."""
    execution = await own(uow.executions, execution_id, by, for_update=for_update)
    if not execution.is_open_to(by):
        raise NotFoundError.of(uow.executions.kind, execution_id)
    return execution


async def _of_claim(
    uow: BackgroundReading, claim: Claim, by: Principal
) -> Replayed[Execution] | Answered | None:
    """Return the result of an earlier request with the same key; None if this is the first."""
    match claim:
        case Replay(earlier):
            return Replayed(await _own(uow, earlier, by))
        case Answered():
            return claim
        case Fresh():
            return None


async def _defer(uow: BackgroundUnit, execution: Execution, by: Principal) -> int:
    args = {"execution_id": str(execution.id)}
    return await uow.defer(JobRequest(RUN_EXECUTION, Queue.EXECUTIONS, args).within(by))


def _record(uow: BackgroundUnit, verb: str, execution: Execution, by: Principal) -> None:
    # Its name may contain names of private files.
    facts = {"kind": execution.kind, "status": execution.status}
    uow.record(
        ResourceChanged(
            kind=SubjectKind.EXECUTION,
            verb=verb,
            subject_id=execution.id,
            by=by,
            changes=changes_between({}, facts),
        )
    )


async def _commit(uow: BackgroundUnit, execution: Execution) -> None:
    await uow.executions.save(execution)
    uow.notify(Channel.EXECUTIONS, str(execution.id))
    await uow.commit()
