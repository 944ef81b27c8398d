from backend.core.permissions import Principal
from backend.models.customers import Customer, CustomerCreate, CustomerQuery, CustomerUpdate
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.crud import CrudService


class CustomerService(CrudService[Customer, CustomerQuery, CustomerUpdate]):
    def __init__(self, uow: UnitOfWorkFactory) -> None:
        super().__init__(uow, lambda unit: unit.customers)

    async def create(self, data: CustomerCreate, by: Principal) -> Customer:
        """The customer is the caller's own unless the data name another owner.

        Raises:
            InvalidInputError: the owner does not exist.
        """
        owner = {"owner_id": data.owner_id or by.user_id}
        return await self._add(Customer.model_validate(data, update=owner))
