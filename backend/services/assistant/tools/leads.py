"""The assistant's tools for leads."""

from uuid import UUID

from pydantic import Field

from backend.core.permissions import Permission
from backend.models.platform.base import Input
from backend.models.sales.leads import LeadCreate, LeadPublic, LeadQuery, LeadStatus
from backend.services.assistant.tools.resources import FindArguments, creator, finder, reader


class FindLeads(FindArguments):
    status: list[LeadStatus] = Field(default=[], description="Any of these statuses.")


class OneLead(Input):
    lead_id: UUID


TOOLS = (
    finder(
        "leads",
        FindLeads,
        Permission.LEADS_READ,
        LeadQuery,
        lambda services: services.leads.page,
        LeadPublic,
    ),
    reader(
        "lead",
        OneLead,
        Permission.LEADS_READ,
        lambda services: services.leads.read,
        LeadPublic,
    ),
    creator(
        "lead",
        LeadCreate,
        Permission.LEADS_WRITE,
        lambda services: services.leads.create,
        LeadPublic,
    ),
)
