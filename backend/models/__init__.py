"""Tables and schemas. Importing this package registers every table in the metadata."""

from backend.models.customers import Customer
from backend.models.sessions import RefreshToken, UserSession
from backend.models.sign_ins import SignInFailure
from backend.models.tasks import Task
from backend.models.users import User

__all__ = ["Customer", "RefreshToken", "SignInFailure", "Task", "User", "UserSession"]
