"""The services of sales."""

from backend.repositories.sales.unit import SalesUnits
from backend.services.sales.customers import CustomerService
from backend.services.sales.leads import LeadService
from backend.services.sales.products import ProductService


class SalesServices:
    def __init__(self, uow: SalesUnits) -> None:
        self.customers = CustomerService(uow)
        self.leads = LeadService(uow)
        self.products = ProductService(uow)
