"""A layered FastAPI and SQLModel backend. See docs/develop/road-of-a-request.md."""

from importlib.metadata import version

from backend.core.product import PACKAGE

__version__ = version(PACKAGE)
