"""The services of sales."""

from dataclasses import dataclass
from typing import Self

from backend.repositories.sales.unit import SalesUnits
from backend.services.sales.customers import CustomerService
from backend.services.sales.leads import LeadService
from backend.services.sales.products import ProductService


@dataclass(frozen=True)
class SalesServices:
    customers: CustomerService
    leads: LeadService
    products: ProductService

    @classmethod
    def wire(cls, uow: SalesUnits) -> Self:
        return cls(
            customers=CustomerService(uow), leads=LeadService(uow), products=ProductService(uow)
        )
