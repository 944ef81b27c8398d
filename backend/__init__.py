"""MVP Backend: a layered FastAPI and SQLModel backend. See README.md for the road of a request."""

from importlib.metadata import version

__version__ = version("mvp-backend")
