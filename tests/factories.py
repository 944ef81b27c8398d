"""Rows for tests: valid as they are, and every field can be given."""

from decimal import Decimal
from itertools import count
from typing import Any
from uuid import uuid4

from backend.core.permissions import Principal, Role
from backend.models.customers import Customer, CustomerStatus
from backend.models.files import File
from backend.models.leads import Lead
from backend.models.modules import Module
from backend.models.products import Product
from backend.models.tasks import Task, TaskPriority
from backend.models.users import User

PASSWORD = "correct horse battery staple"
PASSWORD_HASH = (
    "$argon2id$v=19$m=1024,t=1,p=1$b/AwaW/JSDwOPcRy9Xplyg$"
    "qpLx9c+ttyYExUl7LU5togkTqIc7Ob/ZmsEY/knSwGk"
)
"""The hash of PASSWORD, made to be compared with in a moment, unlike those that are in use."""

_number = count(1)


def make_user(**fields: Any) -> User:
    number = next(_number)
    defaults = {
        "email": f"person{number}@example.com",
        "full_name": f"Person {number}",
        "role": Role.MEMBER,
        "password_hash": PASSWORD_HASH,
    }
    return User(**(defaults | fields))


def make_customer(**fields: Any) -> Customer:
    defaults = {"name": f"Customer {next(_number)}", "status": CustomerStatus.PROSPECT}
    return Customer(**(defaults | fields))


def make_lead(**fields: Any) -> Lead:
    return Lead(**({"name": f"Lead {next(_number)}"} | fields))


def make_product(**fields: Any) -> Product:
    number = next(_number)
    defaults: dict[str, Any] = {
        "sku": f"SKU-{number}",
        "name": f"Product {number}",
        "price_amount": Decimal("19.90"),
        "price_currency": "EUR",
    }
    return Product(**(defaults | fields))


def make_module(**fields: Any) -> Module:
    number = next(_number)
    defaults: dict[str, Any] = {"title": f"Module {number}", "position": number}
    return Module(**(defaults | fields))


def make_file(**fields: Any) -> File:
    """A row without content in the storage."""
    defaults: dict[str, Any] = {
        "name": f"file {next(_number)}.txt",
        "media_type": "text/plain",
        "size": 3,
        "sha256": "0" * 64,
    }
    return File(**(defaults | fields))


def make_task(**fields: Any) -> Task:
    defaults = {"title": f"Task {next(_number)}", "priority": TaskPriority.NORMAL}
    return Task(**(defaults | fields))


def make_principal(role: Role = Role.MEMBER, **fields: Any) -> Principal:
    ids: dict[str, Any] = {"user_id": uuid4(), "session_id": uuid4()}
    return Principal(role=role, **(ids | fields))
