"""Tables and schemas. Importing this package registers every table in the metadata."""

from backend.models.customers import Customer
from backend.models.events import Event
from backend.models.files import File
from backend.models.idempotency import IdempotentRequest
from backend.models.leads import Lead, LeadProduct
from backend.models.modules import Module
from backend.models.products import Product
from backend.models.sessions import RefreshToken, UserSession
from backend.models.sign_ins import SignInFailure
from backend.models.tasks import Task
from backend.models.users import User

__all__ = [
    "Customer",
    "Event",
    "File",
    "IdempotentRequest",
    "Lead",
    "LeadProduct",
    "Module",
    "Product",
    "RefreshToken",
    "SignInFailure",
    "Task",
    "User",
    "UserSession",
]
