"""Runs executions. Called by jobs at least once per run."""

import asyncio
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ValidationError

from backend.core.errors import DomainError, InvalidInputError, PermissionDeniedError, in_words
from backend.core.logging import get_logger
from backend.core.permissions import NO_RIGHTS, NO_SESSION, Means, Principal
from backend.core.scopes import Within
from backend.models.background.executions import Execution, ExecutionStatus
from backend.models.identity.users import User
from backend.repositories.background.unit import BackgroundUnit, BackgroundUnits
from backend.repositories.platform.unit import Channel
from backend.services.background.attempts import (
    LEASE,
    Attempt,
    CancelRequestedError,
    LeaseLostError,
    finished,
)
from backend.services.background.kinds import ExecutionKinds, RegisteredKind, TryAgainError
from backend.services.identity.rights import PresentRights

POLL_SECONDS = 1.0

_SOON = "It will be tried again."
_AGAIN = f"An error occurred in the server. {_SOON}"
_NOT_AGAIN = "Errors occurred in the server, repeatedly. The log has the details."
_OTHER_VERSION = "This version of the program does not know such an execution. Start a new one."
_OWNERLESS = "Its owner does not belong to the organisation any more."
_log = get_logger(__name__)


class Taken(NamedTuple):
    execution: Execution
    owner: User
    attempt: Attempt


class ExecutionRunner:
    def __init__(self, uow: BackgroundUnits, kinds: ExecutionKinds, rights: PresentRights) -> None:
        self._uow = uow
        self._kinds = kinds
        self._rights = rights

    async def run(
        self,
        execution_id: UUID,
        scope: Within,
        *,
        job_id: int | None = None,
        last_attempt: bool = False,
    ) -> None:
        """Run the execution to completion. While another attempt is running, wait for it.

        Errors that the owner can act on end it as failed, and are not raised. A job whose id is
        given leaves an execution alone that was retried since, as it has another job now.

        Raises:
            Exception: any other error. It can be run again, unless `last_attempt`.
            CancelledError: this process is stopping. It can be run again immediately.
        """
        while taken := await self._take(execution_id, scope, job_id):
            try:
                await self._attempt(taken, last_attempt=last_attempt)
            except LeaseLostError:
                _log.warning("execution_lost", execution=str(execution_id))
            else:
                return

    async def _take(self, execution_id: UUID, scope: Within, job_id: int | None) -> Taken | None:
        """None once it has ended. Returning earlier would lose it if the holder crashes."""
        while True:
            async with self._uow(scope) as uow:
                if execution := await uow.executions.take(execution_id, LEASE, job_id):
                    owner = await uow.users.find(execution.owner_id)
                    if owner is None:
                        await _end_ownerless(uow, execution)
                        return None
                    steps = await uow.execution_steps.all_of(execution_id)
                    uow.notify(Channel.EXECUTIONS, str(execution_id))
                    await uow.commit()
                    by = _principal(execution, owner, scope)
                    attempt = Attempt(self._uow, execution, by, steps, self._rights)
                    return Taken(execution, owner, attempt)
                found = await uow.executions.find(execution_id)
            if found is None or not found.is_active or not found.is_of_job(job_id):
                return None
            await asyncio.sleep(POLL_SECONDS)

    async def _attempt(self, taken: Taken, *, last_attempt: bool) -> None:
        attempt = taken.attempt
        try:
            await self._bring_to_an_end(taken)
        except asyncio.CancelledError:
            # Without the lease there is nothing to hand back, and this process stops all the same.
            with suppress(LeaseLostError):
                await attempt.hand_back()
            raise
        except LeaseLostError:
            raise
        except Exception as error:
            _log.exception("execution_failed", execution=str(attempt.id))
            is_known = isinstance(error, TryAgainError)
            if last_attempt:
                detail = str(error) if is_known else _NOT_AGAIN
                await attempt.finish(ExecutionStatus.FAILED, error=detail)
            else:
                await attempt.hand_back(f"{error} {_SOON}" if is_known else _AGAIN)
            raise

    async def _bring_to_an_end(self, taken: Taken) -> None:
        """Do the work and write its outcome. Either may fail."""
        attempt = taken.attempt
        try:
            result = await self._work(taken)
        except CancelRequestedError:
            await attempt.finish(ExecutionStatus.CANCELLED)
        except DomainError as error:
            await attempt.finish(ExecutionStatus.FAILED, error=in_words(error))
        else:
            await attempt.finish(ExecutionStatus.COMPLETED, result=result)

    async def _work(self, taken: Taken) -> dict[str, Any]:
        """Return the result. Ends early if the attempt must."""
        holding = asyncio.ensure_future(taken.attempt.hold())
        working = asyncio.ensure_future(self._run_kind(taken))
        try:
            await asyncio.wait({holding, working}, return_when=asyncio.FIRST_COMPLETED)
            # A finished result counts, even if it was cancelled at the same moment.
            return working.result() if working.done() else holding.result()
        finally:
            holding.cancel()
            working.cancel()
            await asyncio.gather(holding, working, return_exceptions=True)

    async def _run_kind(self, taken: Taken) -> dict[str, Any]:
        if taken.execution.cancel_requested_at is not None:
            raise CancelRequestedError
        if not taken.owner.is_active:
            raise PermissionDeniedError("The account is deactivated.")
        registered, inputs = self._known(taken.execution)
        found = await taken.attempt.admit(partial(registered.kind.check, inputs))
        result: BaseModel = await registered.kind.run(inputs, taken.attempt, found)
        return result.model_dump(mode="json")

    def _known(self, execution: Execution) -> tuple[RegisteredKind, BaseModel]:
        registered = self._kinds.get(execution.kind)
        if registered is None:
            raise InvalidInputError("kind", _OTHER_VERSION)
        try:
            return registered, registered.inputs.model_validate(execution.inputs)
        except ValidationError:
            raise InvalidInputError("inputs", _OTHER_VERSION) from None


async def _end_ownerless(uow: BackgroundUnit, execution: Execution) -> None:
    """Of somebody who has left the organisation meanwhile."""
    uow.record(finished(execution, ExecutionStatus.FAILED, None))
    execution.finish(ExecutionStatus.FAILED, error=_OWNERLESS)
    await uow.executions.save(execution)
    uow.notify(Channel.EXECUTIONS, str(execution.id))
    await uow.commit()


def _principal(execution: Execution, owner: User, scope: Within) -> Principal:
    """Return its owner. With an API key they have no rights until these were looked up."""
    return Principal(
        owner.id,
        owner.role,
        execution.key_id or NO_SESSION,
        scope.organisation_id,
        Means.JOB,
        None if execution.key_id is None else NO_RIGHTS,
        execution.impersonator_id,
    )
