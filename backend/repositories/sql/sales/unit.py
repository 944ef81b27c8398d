"""The repositories of sales, for the units of work."""

from backend.repositories.sql.platform.provided import SqlRepositories, provided
from backend.repositories.sql.sales.customers import SqlCustomerRepository
from backend.repositories.sql.sales.leads import SqlLeadRepository
from backend.repositories.sql.sales.products import SqlProductRepository


class SqlSales(SqlRepositories):
    customers = provided(SqlCustomerRepository)
    leads = provided(SqlLeadRepository)
    products = provided(SqlProductRepository)
