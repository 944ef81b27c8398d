"""MVP Backend: a layered FastAPI and SQLModel backend. See docs/develop/road-of-a-request.md."""

from importlib.metadata import version

__version__ = version("mvp-backend")
