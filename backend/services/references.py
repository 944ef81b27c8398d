"""Checks of what a row refers to, before the database would refuse it less kindly."""

from collections.abc import Collection
from uuid import UUID

from backend.core.errors import InvalidInputError, unknown_reference
from backend.core.permissions import Principal
from backend.models.work.modules import Module
from backend.repositories.unit_of_work import ReadingUnitOfWork, UnitOfWork


async def check_active_user(uow: UnitOfWork, field: str, user_id: UUID) -> None:
    """Raises InvalidInputError if there is no such user, or if it is deactivated."""
    user = await uow.users.find(user_id)
    if user is None:
        raise unknown_reference(field, "user")
    if not user.is_active:
        raise InvalidInputError(field, "This user is deactivated; choose another.")


async def check_own_module(
    uow: ReadingUnitOfWork, module_id: UUID | None, by: Principal
) -> Module | None:
    """The module, if one is named. Raises InvalidInputError.

    A module of somebody else is as unknown as one that does not exist.
    """
    if module_id is None:
        return None
    module = await uow.modules.find(module_id)
    if module is None or module.owner_id != by.user_id:
        raise unknown_reference("module_id", "module")
    return module


async def check_products(uow: UnitOfWork, product_ids: Collection[UUID]) -> None:
    """Raises InvalidInputError that names those that do not exist."""
    known = {product.id for product in await uow.products.find_many(product_ids)}
    unknown = [str(product_id) for product_id in product_ids if product_id not in known]
    if unknown:
        detail = f"There is no product with the id {' or '.join(unknown)}."
        raise InvalidInputError("product_ids", detail, "unknown_reference")
