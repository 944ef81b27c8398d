"""The assistant's tools for customers."""

from uuid import UUID

from pydantic import Field

from backend.core.permissions import Permission
from backend.core.preconditions import ANY_VERSION
from backend.models.platform.base import Input
from backend.models.sales.customers import (
    CustomerCreate,
    CustomerPublic,
    CustomerQuery,
    CustomerStatus,
)
from backend.models.sales.timeline import TimelineQuery
from backend.services.assistant.tools.base import AssistantTool, Result, ToolContext, shown
from backend.services.assistant.tools.resources import FindArguments, creator, finder, reader


class FindCustomers(FindArguments):
    status: list[CustomerStatus] = Field(default=[], description="Any of these statuses.")


class OneCustomer(Input):
    customer_id: UUID


class CustomerTimeline(OneCustomer):
    limit: int = Field(default=30, ge=1, le=100)


async def _timeline(given: CustomerTimeline, context: ToolContext) -> Result:
    customers, by = context.services.customers, context.by
    customer = await customers.read(given.customer_id, by)
    page = await customers.timeline(given.customer_id, TimelineQuery(limit=given.limit), by)
    return {
        "customer": shown(CustomerPublic, customer),
        "entries": [entry.model_dump(mode="json") for entry in page.items],
        "has_more": page.next_cursor is not None,
    }


async def _archive(given: OneCustomer, context: ToolContext) -> Result:
    customers = context.services.customers
    customer = await customers.archive(given.customer_id, context.by, ANY_VERSION)
    return shown(CustomerPublic, customer)


async def _plan_to_archive(given: OneCustomer, context: ToolContext) -> str:
    customer = await context.services.customers.read(given.customer_id, context.by)
    return f"Archive the customer {customer.name}: lists will leave it out."


TOOLS = (
    finder(
        "customers",
        FindCustomers,
        Permission.CUSTOMERS_READ,
        CustomerQuery,
        lambda services: services.customers.page,
        CustomerPublic,
    ),
    reader(
        "customer",
        OneCustomer,
        Permission.CUSTOMERS_READ,
        lambda services: services.customers.read,
        CustomerPublic,
    ),
    creator(
        "customer",
        CustomerCreate,
        Permission.CUSTOMERS_WRITE,
        lambda services: services.customers.create,
        CustomerPublic,
    ),
    AssistantTool(
        "customer_timeline",
        "The leads, tasks and files of a customer, newest first, to summarise what happened.",
        CustomerTimeline,
        Permission.CUSTOMERS_READ,
        _timeline,
    ),
    AssistantTool(
        "archive_customer",
        "Put a customer aside. The person has to confirm it.",
        OneCustomer,
        Permission.CUSTOMERS_WRITE,
        _archive,
        _plan_to_archive,
    ),
)
