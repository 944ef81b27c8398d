"""The rows that a batch refers to, read with few statements."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from backend.core.errors import InvalidInputError
from backend.core.permissions import Permission, Principal
from backend.models.identity.users import User
from backend.repositories.exchange.unit import ExchangeReading
from backend.repositories.platform.base import Repository
from backend.services.exchange.imports.parsing import ParsedRow
from backend.services.exchange.imports.resources import Resource
from backend.services.identity.users import require_active
from backend.services.platform.ownership import is_own


class Known(NamedTuple):
    """
    Attributes:
        ids_by_email: of all users named in the batch; only the person's own if they may not read
            users.
        ids: the valid references, by field.
    """

    users: Mapping[UUID, User]
    ids_by_email: Mapping[str, UUID]
    may_read_users: bool
    ids: Mapping[str, Collection[UUID]]

    def user_with(self, email: str, field: str) -> UUID:
        """Raises InvalidInputError, the same for all other people if users may not be read."""
        if email not in self.ids_by_email:
            raise InvalidInputError(
                field,
                (
                    f"There is no user with the address {email}."
                    if self.may_read_users
                    else f"Only your own address can be used here: name others by `{field}`."
                ),
            )
        return self.ids_by_email[email]

    def check_active(self, field: str, user_id: UUID) -> None:
        """Raises InvalidInputError if the user does not exist or is deactivated."""
        require_active(field, self.users.get(user_id))

    def check_reference(self, field: str, kind: str, value: Any) -> None:
        """Raises InvalidInputError. `value` is an id, several or none."""
        for row_id in _ids_in(value):
            if row_id not in self.ids[field]:
                detail = f"There is no {kind} with the id {row_id}: correct it, or leave it out."
                raise InvalidInputError(field, detail, "unknown_reference")


async def read_known(
    uow: ExchangeReading, resource: Resource[Any], batch: Sequence[ParsedRow], by: Principal
) -> Known:
    users = await _users(uow, resource, batch, by)
    return Known(
        users={user.id: user for user in users},
        ids_by_email={user.email: user.id for user in users},
        may_read_users=by.may(Permission.USERS_READ),
        ids={
            field: await _existing(uow, kind, _named(batch, field), by)
            for field, kind in resource.references.items()
        },
    )


async def _users(
    uow: ExchangeReading, resource: Resource[Any], batch: Sequence[ParsedRow], by: Principal
) -> list[User]:
    if resource.person is None:
        return []
    emails = {row.email for row in batch if row.email}
    ids = _named(batch, resource.person)
    if emails and not by.may(Permission.USERS_READ):
        # Not everybody may find out which addresses have accounts.
        emails, ids = set(), {by.user_id}
    by_email = await uow.users.find_by_emails(emails) if emails else []
    return by_email + (await uow.users.find_many(ids) if ids else [])


async def _existing(
    uow: ExchangeReading, kind: str, ids: Collection[UUID], by: Principal
) -> Collection[UUID]:
    """Return the ids that the person may refer to."""
    if not ids:
        return ()
    if kind == "module":  # Other people's modules count as unknown.
        modules = await uow.modules.find_many(ids)
        return {module.id for module in modules if is_own(module, by)}
    repositories: dict[str, Repository[Any]] = {
        "customer": uow.customers,
        "lead": uow.leads,
        "product": uow.products,
    }
    return await repositories[kind].known(ids)


def _named(batch: Sequence[ParsedRow], field: str) -> set[UUID]:
    return {row_id for row in batch for row_id in _ids_in(getattr(row.data, field))}


def _ids_in(value: Any) -> Sequence[UUID]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)
