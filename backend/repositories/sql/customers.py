from collections.abc import Iterator

from sqlalchemy import ColumnElement
from sqlmodel import col

from backend.models.customers import Customer, CustomerQuery
from backend.repositories.sql.base import SqlList
from backend.repositories.sql.keyset import MOMENT, TEXT, by_column


class SqlCustomerRepository(SqlList[Customer, CustomerQuery]):
    model = Customer
    kind = "customer"
    sorts = {
        "created_at": by_column(Customer.created_at, MOMENT),
        "updated_at": by_column(Customer.updated_at, MOMENT),
        "name": by_column(Customer.name, TEXT),
    }

    def conditions(self, query: CustomerQuery) -> Iterator[ColumnElement[bool]]:
        if query.status:
            yield col(Customer.status).in_(query.status)
        if query.owner_id is not None:
            yield col(Customer.owner_id) == query.owner_id
