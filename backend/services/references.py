"""Checks of what a row refers to, before the database would refuse it less kindly."""

from collections.abc import Collection
from uuid import UUID

from backend.core.errors import InvalidInputError, unknown_reference
from backend.repositories.unit_of_work import UnitOfWork


async def check_active_user(uow: UnitOfWork, field: str, user_id: UUID) -> None:
    """Raises InvalidInputError if there is no such user, or if it is deactivated."""
    user = await uow.users.find(user_id)
    if user is None:
        raise unknown_reference(field, "user")
    if not user.is_active:
        raise InvalidInputError(field, "This user is deactivated; choose another.")


async def check_products(uow: UnitOfWork, product_ids: Collection[UUID]) -> None:
    """Raises InvalidInputError that names those that do not exist."""
    known = {product.id for product in await uow.products.find_many(product_ids)}
    unknown = [str(product_id) for product_id in product_ids if product_id not in known]
    if unknown:
        detail = f"There is no product with the id {' or '.join(unknown)}."
        raise InvalidInputError("product_ids", detail, "unknown_reference")
