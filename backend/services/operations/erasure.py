from datetime import timedelta
from functools import partial
from uuid import UUID

from backend.core.errors import ConflictError
from backend.core.logging import get_logger
from backend.core.permissions import NO_SESSION, Principal, SubjectKind
from backend.core.scopes import SYSTEM, Within
from backend.models.background.executions import ACTIVE, Execution, ExecutionQuery
from backend.models.platform.domain_events import ResourceChanged, changes_between
from backend.models.platform.mixins import now
from backend.repositories.operations.unit import OperationsUnit, OperationsUnits
from backend.services.background.executions import ExecutionService
from backend.services.files.contents import FileContents
from backend.services.identity.account_closing import require_another_admin
from backend.services.identity.invitations import withdraw_invitations
from backend.services.identity.ways_in import end_ways_in
from backend.services.platform.each_alone import each_alone

_BATCH = 500
_LONGEST_REQUEST = timedelta(days=1)
_log = get_logger(__name__)


class AccountEraser:
    """Erases accounts: what is personal goes, what is the team's stays, and the trail forgets.

    The row of the user stays, without anything of the person, for what refers to it. Each part may
    be interrupted, and is done again.
    """

    def __init__(
        self, uow: OperationsUnits, executions: ExecutionService, contents: FileContents
    ) -> None:
        self._uow = uow
        self._executions = executions
        self._contents = contents

    async def erase_due(self) -> None:
        """Erase those whose time has come; what still runs for one puts it off to the next time.

        And what requests that were on their way, such as an upload, have added to erased ones.

        Raises ExceptionGroup: what went wrong with some, once the others are erased.
        """
        async with self._uow.reading(SYSTEM) as uow:
            due = await uow.users.due_for_erasure()
            erased = await uow.users.erased_since(now() - _LONGEST_REQUEST)
        work = [partial(self._erase_if_due, each) for each in due]
        work += [partial(self._erase_all, each) for each in erased]
        await each_alone(work, lambda erase: erase())

    async def erase(
        self, user_id: UUID, heir_id: UUID | None = None, *, if_due: bool = False
    ) -> None:
        """Erase an account now. `heir_id` gets what the team has from them; None: nobody.

        Raises:
            NotFoundError: there is no such user.
            ConflictError: it is the last active admin, or was erased; or the heir is they, can't
                sign in, or does not belong to each of their organisations; or an execution of
                theirs is still running: it was cancelled, so try again in a moment. With `if_due`
                also if its owner keeps it after all.
        """
        await self._shut(user_id, heir_id, if_due=if_due)
        await self._end_executions(user_id)
        await self._tell_organisations(user_id)
        async with self._uow(SYSTEM) as uow:
            await uow.personal_data.forget_changes(user_id)
            await uow.commit()
        while await self._hand_over_some(user_id, heir_id):
            pass
        await self._erase_all(user_id)
        await self._leave_nobody(user_id, heir_id)

    async def _erase_if_due(self, user_id: UUID) -> None:
        try:
            await self.erase(user_id, if_due=True)
        except ConflictError as error:
            _log.warning("erasure_put_off", user_id=str(user_id), reason=error.detail)

    async def _shut(self, user_id: UUID, heir_id: UUID | None, *, if_due: bool) -> None:
        """Nobody gets in any more, so that nothing is added."""
        async with self._uow(SYSTEM) as uow:
            await _check_heir(uow, user_id, heir_id)
            await require_another_admin(uow, user_id)
            user = await uow.users.get(user_id, for_update=True)
            if user.erased_at is not None:
                raise ConflictError("The account was erased already.")
            if if_due and not user.is_due_for_erasure:
                raise ConflictError("Its owner keeps the account after all.")
            user.is_active = False
            await uow.users.save(user)
            await end_ways_in(uow, user)
            await withdraw_invitations(uow, user, None)
            await uow.commit()

    async def _end_executions(self, user_id: UUID) -> None:
        for execution in await self._active(user_id):
            owner = await self._owner(user_id, execution)
            await self._executions.cancel(execution.id, owner)
        if await self._active(user_id):
            raise ConflictError(
                "An execution of theirs is still running. It was cancelled: try again in a moment."
            )

    async def _active(self, user_id: UUID) -> list[Execution]:
        query = ExecutionQuery(status=sorted(ACTIVE), limit=200)
        async with self._uow.reading(SYSTEM) as uow:
            return (await uow.executions.page_of(user_id, query)).items

    async def _owner(self, user_id: UUID, execution: Execution) -> Principal:
        async with self._uow(SYSTEM) as uow:
            user = await uow.users.get(user_id)
            organisation_id = await uow.go_on_for(Execution, execution.id)
        return Principal(user.id, user.role, NO_SESSION, organisation_id)

    async def _tell_organisations(self, user_id: UUID) -> None:
        """Where there are many, have the audit trail of each of theirs say that they are gone."""
        async with self._uow.reading(SYSTEM) as uow:
            theirs = await uow.places.of(user_id)
        for organisation_id in theirs:
            async with self._uow(Within(organisation_id)) as uow:
                uow.record(_event("member_erased", user_id, {}))
                await uow.commit()

    async def _hand_over_some(self, user_id: UUID, heir_id: UUID | None) -> bool:
        """Whether there was something. All at once would take long, and lock out others."""
        async with self._uow(SYSTEM) as uow:
            handed = await uow.personal_data.pass_some_on(user_id, heir_id, _BATCH)
            handed = handed or await uow.personal_data.let_some_go(user_id, _BATCH)
            await uow.commit()
        return handed > 0

    async def _erase_all(self, user_id: UUID) -> None:
        while await self._erase_some(user_id):
            pass

    async def _erase_some(self, user_id: UUID) -> bool:
        """Whether there was something."""
        async with self._uow(SYSTEM) as uow:
            erased = await uow.personal_data.erase_some(user_id, _BATCH)
            await uow.commit()
        await self._contents.discard(erased.file_ids)
        return erased.rows > 0

    async def _leave_nobody(self, user_id: UUID, heir_id: UUID | None) -> None:
        file_ids: list[UUID] = []
        async with self._uow(SYSTEM) as uow:
            user = await uow.users.get(user_id, for_update=True)
            # Files that others have taken from the team meanwhile. Now the lock keeps them from it.
            while (returned := await uow.personal_data.erase_some(user_id, _BATCH)).rows:
                file_ids += returned.file_ids
            user.erase()
            await uow.users.save(user)
            facts = {"heir_id": str(heir_id)} if heir_id else {}
            uow.record(_event("erased", user_id, facts))
            await uow.commit()
        await self._contents.discard(file_ids)


async def _check_heir(uow: OperationsUnit, user_id: UUID, heir_id: UUID | None) -> None:
    """Raises NotFoundError, or ConflictError if they can't have what is passed on."""
    if heir_id is None:
        return
    heir = await uow.users.get(heir_id)
    if heir_id == user_id or not heir.can_sign_in:
        raise ConflictError("Pass it on to somebody else, who can sign in.")
    if not set(await uow.places.of(user_id)) <= set(await uow.places.of(heir_id)):
        raise ConflictError("Pass it on to somebody who belongs to each of their organisations.")


def _event(verb: str, user_id: UUID, facts: dict[str, str]) -> ResourceChanged:
    return ResourceChanged(
        kind=SubjectKind.USER,
        verb=verb,
        subject_id=user_id,
        changes=changes_between({}, facts),
    )
