"""The application and its OpenAPI document, made once for all that look at them."""

from typing import Any

from fastapi import FastAPI

from backend.main import create_app
from tests.fixtures.application import make_settings

APP: FastAPI = create_app(make_settings("postgresql:///unused"))
DOCUMENT: dict[str, Any] = APP.openapi()
