"""Who may see a file, and who may attach it."""

from uuid import UUID

from backend.core.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
)
from backend.core.permissions import Permission, Principal
from backend.models.files.files import File, FileSubject
from backend.repositories.files.unit import FilesReading, FilesUnit
from backend.services.platform.ownership import is_own


def check_one(subject: FileSubject) -> None:
    if len(named := subject.named) > 1:
        detail = f"Attach the file to one object or to none, not to {' and '.join(named)}."
        raise InvalidInputError(named[-1], detail)


def check_may_change(file: File, subject: FileSubject, by: Principal) -> None:
    """Check the rights for both places: taking a file from the team counts as deleting it there."""
    if file.subject.is_team_data or subject.is_team_data:
        by.require(Permission.FILES_WRITE)
    if not is_own(file, by) and not subject.is_team_data:
        if subject.module_id is not None:
            raise PermissionDeniedError(
                "Only the person who uploaded a file can put it into a module."
            )
        by.require(Permission.FILES_DELETE)


async def check_returns(uow: FilesUnit, file: File, subject: FileSubject, by: Principal) -> None:
    """Check that a file that is taken from the team returns to somebody.

    Raises:
        ConflictError: its owner is gone, or does not belong here any more: nobody would find the
            file, nor delete it.
    """
    if is_own(file, by) or subject.is_team_data:
        return
    # Locked, so that none is erased at the same time.
    owners = await uow.users.find_many([file.owner_id], for_update=True)
    if all(owner.is_gone for owner in owners):
        raise ConflictError(
            "Nobody is left who would get the file back: delete it, or attach it to something else."
        )


def check_visible(file: File, by: Principal) -> None:
    """Raises NotFoundError unless it is their own, or a team file that they may read."""
    is_visible = by.may(Permission.FILES_READ) if file.subject.is_team_data else False
    if not is_own(file, by) and not is_visible:
        raise NotFoundError.of("file", file.id)


async def visible_file(
    uow: FilesReading, file_id: UUID, by: Principal, *, for_update: bool = False
) -> File:
    file = await uow.files.get(file_id, for_update=for_update)
    check_visible(file, by)
    return file
