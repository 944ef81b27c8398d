from collections.abc import AsyncIterator
from typing import BinaryIO
from uuid import UUID

from backend.core.attempts import retried
from backend.core.errors import DomainError
from backend.core.permissions import AsOfNow, Permission, Principal, SubjectKind
from backend.core.preconditions import Precondition
from backend.models.files.file_names import clean_file_name
from backend.models.files.files import File, FileQuery, FileSubject, FileUpdate
from backend.models.platform.domain_events import changes_between
from backend.models.platform.idempotency import Answered, IdempotencyKey, Outcome, Replay, Replayed
from backend.models.platform.paging import Page
from backend.repositories.files.unit import FilesUnits
from backend.services.files.contents import FileContents
from backend.services.files.quota import UNLIMITED, FileQuota
from backend.services.files.rights import (
    check_may_change,
    check_one,
    check_returns,
    check_visible,
    visible_file,
)
from backend.services.files.uploads import FileRules, inspected
from backend.services.platform.change_events import created, deleted, updated
from backend.services.platform.ownership import is_own
from backend.services.tasks.modules import check_own_module


class FileService:
    """Files of the team, by permission, and private ones, which only their owner sees."""

    def __init__(
        self,
        uow: FilesUnits,
        contents: FileContents,
        rules: FileRules,
        quota: FileQuota = UNLIMITED,
    ) -> None:
        self._uow = uow
        self._contents = contents
        self._rules = rules
        self._quota = quota

    async def upload(
        self,
        name: str | None,
        content: BinaryIO,
        subject: FileSubject,
        by: Principal,
        key: IdempotencyKey | None = None,
    ) -> Outcome[File]:
        """Store a file, attached to one object or to none.

        Raises:
            PermissionDeniedError: the caller may not add to the team's data.
            InvalidInputError: it is empty, or attached to two objects or to one that does not
                exist.
            TooLargeError, UnsupportedTypeError, QuotaReachedError: the settings do not allow it.
            UnavailableError: the storage does not answer.
        """
        check_one(subject)
        if subject.is_team_data:
            by.require(Permission.FILES_WRITE)
        found = await inspected(content, name or "")
        self._rules.check(found)
        row = File(
            name=clean_file_name(name), owner_id=by.user_id, **found._asdict(), **subject._asdict()
        )
        # A file that is stored already is not refused because of the quota.
        looks = self._quota.has_limits and key is None
        if subject.module_id is not None or looks:
            async with self._uow.reading(by) as uow:
                await check_own_module(uow, subject.module_id, by)
                if looks:
                    await self._quota.look(uow, row)
        await self._contents.put(row, content)
        return await self._add(row, by, key and _with_content(key, row))

    async def keep(
        self,
        file_id: UUID,
        name: str,
        content: BinaryIO,
        by: Principal,
        *,
        is_limited: bool = True,
    ) -> File:
        """Store a generated file as a private file under a given id.

        After an interruption, repeat it with the same id: nothing is left over.

        Raises:
            TooLargeError: it is larger than the settings allow, unless `is_limited` is False.
            UnavailableError: the storage does not answer.
        """
        found = await inspected(content, name)
        if is_limited:
            self._rules.check_size(found)
        row = File(id=file_id, name=clean_file_name(name), owner_id=by.user_id, **found._asdict())
        await self._contents.put(row, content)
        async with self._uow(by) as uow:
            if earlier := await uow.files.find(file_id):
                await uow.files.delete(earlier)
            await uow.files.save(row)
            uow.record(created(SubjectKind.FILE, row, by))
            await uow.commit()
        return row

    async def read(self, file_id: UUID, by: Principal) -> File:
        """Raises NotFoundError."""
        async with self._uow.reading(by) as uow:
            return await visible_file(uow, file_id, by)

    async def page(self, query: FileQuery, by: Principal) -> Page[File]:
        """Raises InvalidCursorError."""
        async with self._uow.reading(by) as uow:
            return await uow.files.page_visible_to(by, query)

    async def content(self, file: File, start: int, end: int) -> AsyncIterator[bytes]:
        """Return as, and raise what, `FileContents.read` does."""
        return await self._contents.read(file, start, end)

    async def download(self, file: File, start: int, end: int, by: AsOfNow) -> AsyncIterator[bytes]:
        """Like `content`, checking the person's rights before each chunk.

        The iterator raises what `by` does, or NotFoundError once they may not see the file.
        """
        return _while_visible(file, await self.content(file, start, end), by)

    @retried
    async def update(
        self, file_id: UUID, data: FileUpdate, by: Principal, match: Precondition
    ) -> File:
        """Rename or move a file.

        Raises:
            NotFoundError: there is no such file that the caller may see.
            PermissionDeniedError: the caller may not change the team's files, or may not take
                another person's file from the team.
            PreconditionFailedError: it is at another version.
            ConflictError: it would return to a person who is gone.
            InvalidInputError: the new place does not exist, or there are two.
        """
        changes = data.changes()
        async with self._uow(by) as uow:
            file = await visible_file(uow, file_id, by, for_update=True)
            subject = file.subject.moved(changes)
            check_one(subject)
            check_may_change(file, subject, by)
            match.check(file.version)
            await check_returns(uow, file, subject, by)
            if subject.module_id != file.module_id:
                await check_own_module(uow, subject.module_id, by)
            before, private = file.facts(), set(file.private_fields())
            name = clean_file_name(changes["name"]) if "name" in changes else file.name
            file.sqlmodel_update(subject._asdict() | {"name": name})
            await uow.files.save(file)
            private |= set(file.private_fields())
            if changed := changes_between(before, file.facts(), private):
                uow.record(updated(SubjectKind.FILE, file, changed, by))
            await uow.commit()
        return file

    async def delete(self, file_id: UUID, by: Principal, match: Precondition) -> None:
        """Delete one's own file, or any team file with `files:delete`.

        Raises:
            NotFoundError: there is no such file that the caller may see.
            PermissionDeniedError: it is a team file that somebody else uploaded.
            PreconditionFailedError: it is at another version.
        """
        async with self._uow(by) as uow:
            file = await visible_file(uow, file_id, by, for_update=True)
            if not is_own(file, by):
                by.require(Permission.FILES_DELETE)
            match.check(file.version)
            await uow.files.delete(file)
            uow.record(deleted(SubjectKind.FILE, file, by))
            await uow.commit()
        await self._contents.discard([file.id])

    async def _add(self, row: File, by: Principal, key: IdempotencyKey | None) -> Outcome[File]:
        try:
            outcome = await self._commit(row, by, key)
        except DomainError:
            # It was refused before the commit. After any other error the outcome is unknown.
            await self._contents.discard([row.id])
            raise
        if outcome is not row:
            await self._contents.discard([row.id])
        return outcome

    async def _commit(self, row: File, by: Principal, key: IdempotencyKey | None) -> Outcome[File]:
        async with self._uow(by) as uow:
            match await uow.idempotency.claim(key, row.id):
                case Replay(earlier):
                    return Replayed(await uow.files.get(earlier))
                case Answered() as answered:
                    return answered
            await self._quota.take(uow, row)
            await uow.files.add_new(row)
            uow.record(created(SubjectKind.FILE, row, by))
            await uow.commit()
        return row


async def _while_visible(
    file: File, pieces: AsyncIterator[bytes], by: AsOfNow
) -> AsyncIterator[bytes]:
    async for piece in pieces:
        check_visible(file, await by())
        yield piece


def _with_content(key: IdempotencyKey, row: File) -> IdempotencyKey:
    """Return the key with a fingerprint that includes the content of the file."""
    subject = ",".join(str(reference) for reference in row.subject)
    return key.with_content(row.sha256, row.name, subject)
