from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

from backend.core.attempts import retried
from backend.core.errors import (
    DomainError,
    NotFoundError,
    UnavailableError,
)
from backend.core.logging import get_logger
from backend.core.permissions import AsOfNow, Permission, Principal, SubjectKind
from backend.core.preconditions import Precondition
from backend.core.scopes import SYSTEM
from backend.models.files.file_names import clean_file_name
from backend.models.files.files import File, FileQuery, FileSubject, FileUpdate
from backend.models.platform.domain_events import changes_between
from backend.models.platform.idempotency import Answered, IdempotencyKey, Outcome, Replay, Replayed
from backend.models.platform.mixins import now
from backend.models.platform.paging import Page
from backend.repositories.files.unit import FilesUnits
from backend.services.files.quota import UNLIMITED, FileQuota
from backend.services.files.rights import check_may_change, check_one, check_visible, visible_file
from backend.services.files.storage import (
    FileStorage,
    StorageUnavailableError,
    StoredFileMissingError,
)
from backend.services.files.uploads import FileRules, inspected
from backend.services.platform.change_events import created, deleted, updated
from backend.services.platform.ownership import is_own
from backend.services.tasks.modules import check_own_module

_log = get_logger(__name__)


class FileService:
    """Files of the team, by permission, and private ones, which only their owner sees.

    The content is stored before the row is committed, and deleted after the row: a failure in
    between leaves content without a row, which `remove_orphans` deletes.
    """

    def __init__(
        self,
        uow: FilesUnits,
        storage: FileStorage,
        rules: FileRules,
        quota: FileQuota = UNLIMITED,
    ) -> None:
        self._uow = uow
        self._storage = storage
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
        async with _storage_answers():
            await self._storage.put(row.storage_key, content)
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
        async with _storage_answers():
            await self._storage.put(row.storage_key, content)
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
        """Yield the bytes from `start` up to but excluding `end`.

        Raises:
            NotFoundError: the content is gone.
            UnavailableError: the storage does not answer.
        """
        try:
            async with _storage_answers():
                if (start, end) == (0, file.size):
                    return await self._storage.read(file.storage_key)
                return await self._storage.read(file.storage_key, start, end)
        except StoredFileMissingError:
            _log.error("file_content_missing", file_id=str(file.id))  # no trace
            raise NotFoundError("The content of this file is gone.") from None

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
            InvalidInputError: the new place does not exist, or there are two.
        """
        changes = data.changes()
        async with self._uow(by) as uow:
            file = await visible_file(uow, file_id, by, for_update=True)
            subject = file.subject.moved(changes)
            check_one(subject)
            check_may_change(file, subject, by)
            match.check(file.version)
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
        await self._discard(file)

    async def discard_contents(self, file_ids: Sequence[UUID]) -> None:
        """Delete the contents of files whose rows are gone.

        If the storage does not answer, `remove_orphans` does it later.
        """
        if not file_ids:
            return
        try:
            await self._storage.delete([str(file_id) for file_id in file_ids])
        except StorageUnavailableError as error:
            _log.warning("file_contents_left", count=len(file_ids), error=str(error.__cause__))

    async def remove_orphans(self, older_than: timedelta) -> int:
        """Delete contents without a row; returns how many.

        Younger ones may belong to an upload that is not committed yet. Files with other names are
        left alone: the folder may contain other things.
        """
        removed = 0
        async for keys in self._storage.older_than(now() - older_than):
            ours = {key: file_id for key in keys if (file_id := _id_of(key))}
            async with self._uow.reading(SYSTEM) as uow:
                known = await uow.files.known(set(ours.values()))
            orphans = [
                key for key, file_id in ours.items() if key != str(file_id) or file_id not in known
            ]
            await self._storage.delete(orphans)
            removed += len(orphans)
        return removed

    async def _add(self, row: File, by: Principal, key: IdempotencyKey | None) -> Outcome[File]:
        try:
            outcome = await self._commit(row, by, key)
        except DomainError:
            # It was refused before the commit. After any other error the outcome is unknown.
            await self._discard(row)
            raise
        if outcome is not row:
            await self._discard(row)
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

    async def _discard(self, file: File) -> None:
        try:
            await self._storage.delete([file.storage_key])
        except StorageUnavailableError as error:
            _log.warning("file_content_left", file_id=str(file.id), error=str(error.__cause__))


async def _while_visible(
    file: File, pieces: AsyncIterator[bytes], by: AsOfNow
) -> AsyncIterator[bytes]:
    async for piece in pieces:
        check_visible(file, await by())
        yield piece


def _id_of(key: str) -> UUID | None:
    """Return the id in a key, also of a broken write (`id#1`); None for other keys."""
    try:
        return UUID(key.partition("#")[0])
    except ValueError:
        return None


def _with_content(key: IdempotencyKey, row: File) -> IdempotencyKey:
    """Return the key with a fingerprint that includes the content of the file."""
    subject = ",".join(str(reference) for reference in row.subject)
    return key.with_content(row.sha256, row.name, subject)


@asynccontextmanager
async def _storage_answers() -> AsyncIterator[None]:
    try:
        yield
    except StorageUnavailableError as error:
        _log.error("storage_error", error=str(error.__cause__))  # no trace
        raise UnavailableError("The storage of files does not answer.") from error
